"""Source rows as the sync sees them."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Any, Final

from django.db.models import BooleanField, Case, Prefetch, QuerySet, Value, When
from django.db.models.expressions import Combinable

from common.among import among
from common.types import ItemValues, Kind, RecordType, UserRef
from crm.catalogue import Item, UnknownItemError, items_by_key
from crm.catalogue.company import DEPARTMENTS
from crm.labels import LABEL_COLUMNS, row_label
from crm.models import Company, Department, Lead, Member, SourceRow
from crm.rows import Shape
from crm.visibility import visible_to

#: Rows held in memory at a time.
CHUNK: Final = 500

_MODELS: Final[Mapping[RecordType, type[SourceRow]]] = {
    RecordType.COMPANY: Company,
    RecordType.DEPARTMENT: Department,
    RecordType.LEAD: Lead,
}

#: What is read of every row, whatever is mapped.
_ALWAYS: Final = ("id", "version", "external_id", "is_visible")

#: Relations that are read along with the row itself, by the first part of an item's key.
_JOINED: Final = frozenset({"company", "department", "parent", "owner"})


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRecord:
    """One row: its items' values, and whether the sync user may see it."""

    id: int
    version: int
    label: str
    """What a person calls it: a company's name, a lead's name with its company."""
    external_id: str
    visible: bool
    values: ItemValues

    @property
    def full_label(self) -> str:
        """What a person calls it, with its external ID where it has one."""
        return f"{self.label}（{self.external_id}）" if self.external_id else self.label


def model_of(record_type: RecordType) -> type[SourceRow]:
    """The model whose rows are of that type: for SQL over ids, versions, times; not for writing."""
    return _MODELS[record_type]


def load(
    record_type: RecordType,
    ids: Collection[int],
    *,
    item_keys: Sequence[str],
    viewer_id: int | None,
) -> Iterator[SourceRecord]:
    """The rows of these ids (any that are gone are left out), in the order of their id.

    Args:
        item_keys: Which items' values to read; related rows are loaded in a fixed number of queries
            per `CHUNK` rows.
        viewer_id: The sync user's member id; decides `visible` of leads. None: no lead is visible.
            Companies and departments are visible to everyone.

    Raises:
        UnknownItemError: one of the items is not there (a custom item was deleted).
    """
    catalogue = items_by_key(record_type)
    missing = [key for key in item_keys if key not in catalogue]
    if missing:
        raise UnknownItemError(record_type, missing[0])
    items = [catalogue[key] for key in dict.fromkeys(item_keys)]
    return _records(record_type, sorted(set(ids)), items=items, viewer_id=viewer_id)


def _records(
    record_type: RecordType, ids: Sequence[int], *, items: Sequence[Item], viewer_id: int | None
) -> Iterator[SourceRecord]:
    read = _reading(record_type, items=items, viewer_id=viewer_id)
    getters = [(item.key, item.getter) for item in items]
    for start in range(0, len(ids), CHUNK):
        for row in read(ids[start : start + CHUNK]):
            yield SourceRecord(
                id=row.id,
                version=row.version,
                label=row_label(record_type, row),
                external_id=row.external_id or "",
                visible=row.is_visible,
                values={key: getter(row) for key, getter in getters},
            )


def _reading(
    record_type: RecordType, *, items: Sequence[Item], viewer_id: int | None
) -> Callable[[Sequence[int]], Iterable[Any]]:
    """How rows of some ids are read: with only the columns that these items and the label read.

    The row itself and what is joined to it are one statement, so that a version never stands beside
    values that are older than it. What is read after it can only be newer: harmless, since the
    version that came with it will differ.
    """
    rows: QuerySet[Any] = model_of(record_type)._default_manager.annotate(
        is_visible=_visible(record_type, viewer_id=viewer_id)
    )
    if any(item.reads is None for item in items):
        return partial(_models, _joined(rows, record_type, items=items), items=items)
    reads = {column for item in items for column in item.reads or ()}
    shape = Shape({*_ALWAYS, *LABEL_COLUMNS[record_type], *reads})
    return partial(_plain_rows, rows, shape=shape, items=items)


def _plain_rows(
    rows: QuerySet[Any], ids: Sequence[int], *, shape: Shape, items: Sequence[Item]
) -> Iterator[Any]:
    found = shape.read(rows.filter(among("pk", ids)).order_by("pk"))
    keys = _user_keys(items)
    known = _members_in([shape.custom_of(cells) for cells in found], keys) if keys else {}
    for cells in found:
        yield shape.row(cells, known_members=known)


def _models(rows: QuerySet[Any], ids: Sequence[int], *, items: Sequence[Item]) -> list[Any]:
    found = list(rows.filter(among("pk", ids)).order_by("pk"))
    if keys := _user_keys(items):
        known = _members_in([row.custom for row in found], keys)
        for row in found:
            row.known_members = known
    return found


def _joined(
    rows: QuerySet[Any], record_type: RecordType, *, items: Sequence[Item]
) -> QuerySet[Any]:
    """The rows as models, with everything that these items read of others."""
    relations = {item.key.split(".")[0] for item in items if not item.key.startswith("custom.")}
    joined = relations & _JOINED
    if record_type is not RecordType.COMPANY:
        joined |= {"company"}
    if joined:
        rows = rows.select_related(*sorted(joined))
    if "departments" in relations:
        in_order = Department.objects.order_by("path", "pk")
        rows = rows.prefetch_related(
            Prefetch("departments", queryset=in_order, to_attr=DEPARTMENTS)
        )
    if "groups" in relations:
        rows = rows.prefetch_related("groups")
    return rows


def _visible(record_type: RecordType, *, viewer_id: int | None) -> Combinable:
    if record_type is not RecordType.LEAD:
        return Value(value=True, output_field=BooleanField())
    if viewer_id is None:
        return Value(value=False, output_field=BooleanField())
    # Not the bare condition: a comparison with NULL (no owner) is neither true nor false in SQL.
    seen = When(visible_to(viewer_id), then=Value(value=True))
    return Case(seen, default=Value(value=False), output_field=BooleanField())


def _user_keys(items: Sequence[Item]) -> list[str]:
    """The custom items of users among these, as they are called in `SourceRow.custom`."""
    return [
        item.key.removeprefix("custom.")
        for item in items
        if item.key.startswith("custom.") and item.kind in (Kind.USER, Kind.USERS)
    ]


def _members_in(customs: Iterable[Mapping[str, Any]], keys: Sequence[str]) -> Mapping[str, UserRef]:
    """The members that these custom items name, by e-mail, by one query."""
    emails: set[str] = set()
    for custom in customs:
        for key in keys:
            stored = custom.get(key) or []
            emails.update(stored if isinstance(stored, list) else [stored])
    members = Member.objects.filter(email__in=emails)
    return MappingProxyType(
        {
            member.email: UserRef(name=member.name, email=member.email, login=member.login)
            for member in members
        }
    )
