"""Rows with only what is asked for, at a fraction of what instances of models cost.

A million rows are read to be compared: the columns that nobody maps are left where they are.
"""

from collections import defaultdict, namedtuple
from collections.abc import Collection, Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final

from django.db.models import QuerySet

from common.types import UserRef

#: Kinds of rows are made of what is asked for, so no type can say what is in them.
_kind: Final[Any] = namedtuple  # noqa: PYI024

_NOBODY: Final[Mapping[str, UserRef]] = MappingProxyType({})


class Shape:
    """Which columns of a row, and of the rows that it points to, are read.

    Args:
        lookups: `name`, `owner__name`. Read off a row as `row.name`, `row.owner.name`; a row that
            points nowhere has None for `row.owner`.
    """

    def __init__(self, lookups: Collection[str]) -> None:
        own = sorted(lookup for lookup in lookups if "__" not in lookup)
        others: dict[str, list[str]] = defaultdict(lambda: ["id"])
        for lookup in sorted(lookups):
            relation, _, name = lookup.rpartition("__")
            if relation:
                others[relation] += [name] if name != "id" else []
        self._columns = own + [
            f"{relation}__{name}" for relation, names in others.items() for name in names
        ]
        self._own = len(own)
        self._row = _kind("Row", [*own, *others, "known_members"])
        self._others = [(_kind(relation, names), len(names)) for relation, names in others.items()]

    def read(self, rows: QuerySet[Any]) -> list[tuple[Any, ...]]:
        """The cells of these rows, by one statement."""
        return list(rows.values_list(*self._columns))

    def custom_of(self, cells: tuple[Any, ...]) -> Mapping[str, Any]:
        """The custom items in these cells; `custom` must be among the columns."""
        custom: Mapping[str, Any] = cells[self._columns.index("custom")]
        return custom

    def row(self, cells: tuple[Any, ...], *, known_members: Mapping[str, UserRef] = _NOBODY) -> Any:
        """The cells as a row that getters of the catalogue can read."""
        if not self._others:
            return self._row(*cells, known_members)
        return self._row(*cells[: self._own], *self._pointed_to(cells), known_members)

    def _pointed_to(self, cells: tuple[Any, ...]) -> Iterator[Any]:
        start = self._own
        for kind, width in self._others:
            yield None if cells[start] is None else kind(*cells[start : start + width])
            start += width
