"""Which values of an item occur in the data, and how often."""

from collections import Counter
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, Final

from django.db.models import Count, QuerySet

from common.types import ItemValue, Kind, RecordType
from crm import changes
from crm.catalogue import Item
from crm.visibility import visible_to

#: Values that are not one column are read row by row: of no more than the newest of these.
MOST_ROWS: Final = 100_000
#: More different values than these are no list that a person could go through.
MOST_VALUES: Final = 5_000
_ROWS_AT_ONCE: Final = 5_000

#: Kinds whose column holds the value itself.
_AS_STORED: Final = frozenset(
    {Kind.TEXT, Kind.LONG_TEXT, Kind.CHOICE, Kind.URL, Kind.EMAIL, Kind.PHONE, Kind.FLAG}
)
_NOT_ONE_VALUE: Final = frozenset({"custom", "tags", "interest_products"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Occurrences:
    """Values with the number of rows that have them, the most frequent first.

    Of an item with several values each counts by itself. Empty values are left out.
    """

    counts: Mapping[ItemValue, int]
    complete: bool
    """Every row was looked at, and every value is in it."""


def occurrences(record_type: RecordType, item: Item, *, viewer_id: int | None) -> Occurrences:
    """What occurs of the item in all rows; of leads in those that the member sees, if one is given.

    Takes one query where the value is a column, else some for every 5,000 rows.
    """
    rows: QuerySet[Any] = changes.model_of(record_type)._default_manager.all()
    if record_type is RecordType.LEAD and viewer_id is not None:
        rows = rows.filter(visible_to(viewer_id))
    if item.kind in _AS_STORED and item.reads and not _NOT_ONE_VALUE.intersection(item.reads):
        return _by_column(rows, item, column=item.reads[0])
    return _by_row(rows, record_type, item)


def _by_column(rows: QuerySet[Any], item: Item, *, column: str) -> Occurrences:
    counted = rows.order_by().values_list(column).annotate(rows=Count("pk"))
    found = list(counted.order_by("-rows", column)[: MOST_VALUES + 1])
    values = {
        item.getter(_row_with(column, stored)): count
        for stored, count in found
        if stored not in (None, "")
    }
    return Occurrences(
        counts=dict(list(values.items())[:MOST_VALUES]), complete=len(found) <= MOST_VALUES
    )


def _row_with(column: str, stored: object) -> SimpleNamespace:
    """A row that holds nothing but this, for getters: what is stored may read otherwise."""
    first, *others = reversed(column.split("__"))
    row = SimpleNamespace(**{first: stored})
    for name in others:
        row = SimpleNamespace(**{name: row})
    return row


def _by_row(rows: QuerySet[Any], record_type: RecordType, item: Item) -> Occurrences:
    counts: Counter[Hashable] = Counter()
    looked_at = 0
    for ids in _newest(rows):
        looked_at += len(ids)
        for record in changes.load(record_type, ids, item_keys=[item.key], viewer_id=None):
            counts.update(_elements(record.values[item.key]))
    most = counts.most_common(MOST_VALUES)
    return Occurrences(
        counts=dict(most),  # type: ignore[arg-type]  # they are item values
        complete=looked_at < MOST_ROWS and len(most) == len(counts),
    )


def _newest(rows: QuerySet[Any]) -> Iterator[list[int]]:
    newest = rows.order_by("-pk").values_list("pk", flat=True)
    last, looked_at = None, 0
    while looked_at < MOST_ROWS:
        ids = list((newest if last is None else newest.filter(pk__lt=last))[:_ROWS_AT_ONCE])
        if not ids:
            return
        yield ids
        last, looked_at = ids[-1], looked_at + len(ids)


def _elements(value: ItemValue) -> set[Hashable]:
    elements = value if isinstance(value, tuple) else (value,)
    return {one for one in elements if one not in (None, "")}
