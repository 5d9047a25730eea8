"""Which values of an item occur in the data, and how often."""

from collections import Counter
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, Final

from django.db.models import Count, Min, QuerySet

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
    in_order: tuple[ItemValue, ...]
    """The same values as people came to use them: by the oldest row that has them."""
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
    counted = rows.order_by().values_list(column).annotate(rows=Count("pk"), oldest=Min("pk"))
    found = list(counted.order_by("-rows", column)[: MOST_VALUES + 1])
    counts: dict[ItemValue, int] = {}
    oldest: dict[ItemValue, int] = {}
    for stored, count, pk in found[:MOST_VALUES]:
        if stored not in (None, ""):
            value = item.getter(_row_with(column, stored))
            counts[value], oldest[value] = count, pk
    return Occurrences(
        counts=counts,
        in_order=tuple(sorted(counts, key=oldest.__getitem__)),
        complete=len(found) <= MOST_VALUES,
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
    oldest: dict[Hashable, tuple[int, int]] = {}
    looked_at = 0
    for ids in _newest(rows):
        looked_at += len(ids)
        for record in changes.load(record_type, ids, item_keys=[item.key], viewer_id=None):
            elements = _elements(record.values[item.key])
            counts.update(elements)
            for place, one in enumerate(elements):
                oldest[one] = min((record.id, place), oldest.get(one, (record.id, place)))
    most = counts.most_common(MOST_VALUES)
    return Occurrences(
        counts=dict(most),  # type: ignore[arg-type]  # they are item values
        in_order=tuple(sorted(dict(most), key=oldest.__getitem__)),  # type: ignore[arg-type]
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


def _elements(value: ItemValue) -> tuple[Hashable, ...]:
    """The values of one row, each once, in their order."""
    elements = value if isinstance(value, tuple) else (value,)
    return tuple(dict.fromkeys(one for one in elements if one not in (None, "")))
