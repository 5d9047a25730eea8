"""Real values of the newest rows, before and after conversion."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from common.types import ItemValue, ItemValues, Kind, RecordType
from crm import changes
from mapping.columns import Column
from mapping.converters import ValueRefusedError, is_empty, text_of_item
from mapping.plan import is_refused, show_column
from mapping.problem_texts import ProblemText, describe
from mapping.shown import sent_text

#: How many of the newest rows are looked at, and how many values are shown of each item.
ROWS: Final = 30
SHOWN: Final = 2
_LONGEST: Final = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One value, and what would be sent for it."""

    before: str
    after: str = ""
    """"" where nothing is mapped, or where it goes as it is."""
    problem: ProblemText | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Samples:
    """Some values of an item, and how many of the rows that were looked at would be refused."""

    shown: tuple[Sample, ...]
    looked_at: int
    refused: int


def newest_values(record_type: RecordType, *, item_keys: Sequence[str]) -> list[ItemValues]:
    """The items' values of the newest rows, newest first; a fixed number of queries."""
    rows = changes.model_of(record_type)._default_manager.order_by("-pk")
    ids = list(rows.values_list("pk", flat=True)[:ROWS])
    loaded = changes.load(record_type, ids, item_keys=item_keys, viewer_id=None)
    return [record.values for record in loaded][::-1]


def samples_of(
    item: str, *, kind: Kind, column: Column | None, values: Iterable[ItemValues]
) -> Samples:
    """The newest different values of an item, refused ones first, as its column sends them."""
    found: dict[ItemValue, tuple[ItemValues, bool]] = {}
    looked_at = refused = 0
    for record in values:
        raw = record.get(item)
        looked_at += 1
        if is_empty(raw):
            continue
        if raw not in found:
            if column is None and len(found) == SHOWN:
                break  # nothing of the others is asked
            found[raw] = (record, column is not None and is_refused(column, record))
        refused += found[raw][1]
    ordered = sorted(found.items(), key=lambda one: not one[1][1])[:SHOWN]
    shown = (_sample(_text(kind, raw), column=column, values=of) for raw, (of, _) in ordered)
    return Samples(shown=tuple(shown), looked_at=looked_at, refused=refused)


def first_samples(
    item: str, *, kind: Kind, column: Column, values: Iterable[ItemValues]
) -> tuple[Sample, ...]:
    """The newest different values of an item as its column sends them; no other is looked at."""
    found: dict[ItemValue, ItemValues] = {}
    for record in values:
        raw = record.get(item)
        if not is_empty(raw):
            found.setdefault(raw, record)
        if len(found) == SHOWN:
            break
    return tuple(_sample(_text(kind, raw), column=column, values=of) for raw, of in found.items())


def template_samples(column: Column, *, values: Iterable[ItemValues]) -> Samples:
    """The newest different values that a template makes, refused ones first."""
    found: dict[str, Sample] = {}
    looked_at = refused = 0
    for record in values:
        result = show_column(column, record)
        looked_at += 1
        refused += bool(result.problems)
        if result.before and result.before not in found:
            found[result.before] = _sample(result.before, column=column, values=record)
    ordered = sorted(found.values(), key=lambda sample: sample.problem is None)
    return Samples(shown=tuple(ordered[:SHOWN]), looked_at=looked_at, refused=refused)


def _sample(before: str, *, column: Column | None, values: ItemValues) -> Sample:
    short = _cut(before)
    if column is None:
        return Sample(before=short)
    result = show_column(column, values)
    if result.problems:
        return Sample(before=short, problem=describe(result.problems[0]))
    after = _cut(sent_text(result.sent, column.target.type))
    return Sample(before=short, after="" if after == short else after)


def _text(kind: Kind, raw: ItemValue) -> str:
    try:
        return text_of_item(kind, raw)
    except ValueRefusedError:
        return str(raw)


def _cut(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= _LONGEST else flat[: _LONGEST - 1] + "…"
