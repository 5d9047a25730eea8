"""What the page of a 事前チェック shows, each list in a fixed number of queries."""

from collections.abc import Sequence
from dataclasses import dataclass

from common.problems import Problem
from integrations.kintone.values import JsonValue
from jobs.models import Preview, PreviewItem
from jobs.pages.select_runs import FAILED_OUTCOMES, PAGE_SIZE, Cause, causes_among, of_cause
from jobs.states import PreviewStatus, RecordOutcome
from mapping.mappings import form_of
from mapping.models import Mapping
from mapping.naming import FieldNames

#: What moves while somebody looks.
MOVING = (PreviewStatus.QUEUED, PreviewStatus.RUNNING)
#: The lists of the page, by the word in its address.
LISTS = {
    "created": (RecordOutcome.CREATED,),
    "updated": (RecordOutcome.UPDATED,),
    "failed": FAILED_OUTCOMES,
    "skipped": (RecordOutcome.SKIPPED,),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tab:
    """One list with its number of records."""

    name: str
    label: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownCell:
    """One field that would change."""

    label: str
    kintone: JsonValue
    ours: JsonValue


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownItem:
    """One record of a preview, for people."""

    source_id: int
    label: str
    key: str
    record_id: int | None
    found: bool
    """Whether kintone's record was read: then `cells` are all that would change."""
    cells: tuple[ShownCell, ...]
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemPage:
    """Some records of one list."""

    records: Sequence[ShownItem]
    after: int | None
    """More follow: the next page begins after this one."""


def tabs(preview: Preview) -> list[Tab]:
    """The lists that have records; what would be sent goes first."""
    counts = {
        "created": (RecordOutcome.CREATED.label, preview.created),
        "updated": (RecordOutcome.UPDATED.label, preview.updated),
        "failed": (PreviewStatus.FAILED.label, preview.invalid + preview.rejected),
        "skipped": (RecordOutcome.SKIPPED.label, preview.skipped),
    }
    return [
        Tab(name=name, label=str(label), count=count)
        for name, (label, count) in counts.items()
        if count
    ]


def causes(preview: Preview) -> list[Cause]:
    """Why records would not be sent, or be refused, the most frequent first; two queries."""
    return causes_among(preview.items.filter(cause__gt=""), preview.mapping)


def items_page(
    preview: Preview, *, chosen: str, code: str = "", field: str = "", after: int = 0
) -> ItemPage:
    """The records of one list (`LISTS`), of one cause if `code` is given; one query."""
    found = preview.items.filter(outcome__in=LISTS[chosen], source_id__gt=after)
    if code:
        found = found.filter(of_cause(code, field))
    rows = list(found.order_by("source_id")[: PAGE_SIZE + 1])
    more, rows = len(rows) > PAGE_SIZE, rows[:PAGE_SIZE]
    names, labels = FieldNames(preview.mapping), _labels(preview.mapping)
    return ItemPage(
        records=[_shown(row, names=names, labels=labels) for row in rows],
        after=rows[-1].source_id if more else None,
    )


def _shown(row: PreviewItem, *, names: FieldNames, labels: dict[str, str]) -> ShownItem:
    return ShownItem(
        source_id=row.source_id,
        label=row.label,
        key=row.key,
        record_id=row.record_id,
        found=row.found,
        cells=tuple(
            ShownCell(
                label=labels.get(cell["field"]) or cell["field"],
                kintone=cell["kintone"],
                ours=cell["ours"],
            )
            for cell in row.cells
        ),
        problems=names.named(Problem.from_json(stored) for stored in row.problems),
    )


def _labels(mapping: Mapping) -> dict[str, str]:
    return {code: field.label for code, field in form_of(mapping).fields.items()}
