"""Lists for データ処理状況一覧 and the page of one run, each in a fixed number of queries."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Exists, Max, OuterRef, Q, QuerySet

from common.problems import Problem
from jobs.exchanges import kept_for
from jobs.ledger import failed_entries
from jobs.models import LedgerEntry, Outcome, PreviewItem, Run
from jobs.states import ACTIVE_STATUSES, RecordOutcome, RunStatus
from mapping.models import Mapping
from mapping.naming import FieldNames

PAGE_SIZE = 50
FAILED_OUTCOMES = (RecordOutcome.INVALID, RecordOutcome.REJECTED)
#: What moves while somebody looks; a held run rests until midnight.
MOVING = (RunStatus.QUEUED, RunStatus.RUNNING)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunQuery:
    """What the list is narrowed to; "" and None for everything."""

    record_type: str = ""
    app: int | None = None
    status: str = ""
    since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPage:
    """Some runs, newest first."""

    runs: Sequence[Run]
    older_than: int | None
    """Older ones follow: the next page shows ids below this one."""
    newer: int
    """Runs that came after this page was first shown, up to 100."""

    @property
    def newest(self) -> int:
        """The highest id on the page, 0 for none."""
        return self.runs[0].pk if self.runs else 0

    @property
    def moves(self) -> bool:
        """Whether something on the page may be different in a moment."""
        return any(run.status in MOVING for run in self.runs)


def runs_page(query: RunQuery, *, below: int | None = None, up_to: int | None = None) -> RunPage:
    """The runs with ids below `below`; of a page that refreshes, not above `up_to`."""
    found = matching(query)
    shown = found.select_related("mapping__connection")
    if below is not None:
        shown = shown.filter(pk__lt=below)
    if up_to is not None:
        shown = shown.filter(pk__lte=up_to)
    runs = list(shown.order_by("-pk")[: PAGE_SIZE + 1])
    newer = found.filter(pk__gt=up_to).order_by()[:100].count() if up_to else 0
    more, runs = len(runs) > PAGE_SIZE, runs[:PAGE_SIZE]
    return RunPage(runs=runs, older_than=runs[-1].pk if more else None, newer=newer)


def matching(query: RunQuery) -> QuerySet[Run]:
    """All runs that the list is narrowed to."""
    found = Run.objects.all()
    if query.record_type:
        found = found.filter(mapping__record_type=query.record_type)
    if query.app is not None:
        found = found.filter(mapping__app=query.app)
    if query.status:
        found = found.filter(status=query.status)
    if query.since:
        found = found.filter(queued_at__gte=query.since)
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """One reason with the number of records of a run that it stopped."""

    code: str
    """The problem's; of a refusal with kintone's own code behind it."""
    field: str
    count: int
    problem: Problem
    """Of the newest of those records."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TroubledRecord:
    """A record that was not sent or was refused, and what becomes of it."""

    source_id: int
    label: str
    problems: tuple[Problem, ...]
    still_failed: bool
    """Whether it is still so; False: it has arrived since."""
    due_at: datetime | None
    """When it is tried again by itself."""
    has_exchange: bool
    """Whether it is kept what went to kintone and what came back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TroubledPage:
    """Some troubled records of a run."""

    records: Sequence[TroubledRecord]
    after: int | None
    """More follow: the next page begins after this one."""


def causes(run: Run) -> list[Cause]:
    """Why records of the run failed, the most frequent first; two queries."""
    return causes_among(failed_of(run), run.mapping)


def failure_causes(mapping: Mapping) -> list[Cause]:
    """Why records of the mapping cannot be sent at present, the most frequent first."""
    return causes_among(failed_entries(mapping), mapping)


def causes_among(
    failed: "QuerySet[Outcome] | QuerySet[LedgerEntry] | QuerySet[PreviewItem]", mapping: Mapping
) -> list[Cause]:
    """The first problems of these rows, the most frequent first; two queries."""
    # What an index that counts them has in it, besides the cause.
    last = "pk" if failed.model is Outcome else "source_id"
    groups = list(
        failed.order_by()
        .values("cause", "cause_field")
        .annotate(count=Count(last), newest=Max(last))
        .order_by("-count", "cause", "cause_field")
    )
    rows = failed.filter(**{f"{last}__in": [group["newest"] for group in groups]})
    newest = {getattr(row, last): row for row in rows}
    names = FieldNames(mapping)
    return [
        Cause(
            code=group["cause"],
            field=group["cause_field"],
            count=group["count"],
            problem=_problems(newest[group["newest"]], names)[0],
        )
        for group in groups
        if group["newest"] in newest and newest[group["newest"]].problems
    ]


def of_cause(code: str, field: str) -> Q:
    """Rows of the cause that `Cause.code` and `Cause.field` name."""
    return Q(cause=code, cause_field=field)


def failed_of(run: Run) -> QuerySet[Outcome]:
    """Records of the run that failed, before or at kintone."""
    return run.outcomes.filter(cause__gt="")


def troubled_records(
    run: Run, found: QuerySet[Outcome], *, code: str = "", field: str = "", after: int = 0
) -> TroubledPage:
    """Some of these records of the run, of one cause if `code` is given; three queries."""
    found = found.filter(pk__gt=after)
    if code:
        found = found.filter(of_cause(code, field))
    rows = list(found.order_by("pk")[: PAGE_SIZE + 1])
    more, rows = len(rows) > PAGE_SIZE, rows[:PAGE_SIZE]
    source_ids = [row.source_id for row in rows]
    entries = _failed_now(run, source_ids)
    kept = kept_for(run.mapping, source_ids)
    names = FieldNames(run.mapping)
    return TroubledPage(
        records=[
            TroubledRecord(
                source_id=row.source_id,
                label=row.label,
                problems=_problems(row, names),
                still_failed=row.source_id in entries,
                due_at=entries[row.source_id].due_at if row.source_id in entries else None,
                has_exchange=row.source_id in kept,
            )
            for row in rows
        ],
        after=rows[-1].pk if more else None,
    )


def failures_page(
    mapping: Mapping, *, code: str = "", field: str = "", after: int = 0
) -> TroubledPage:
    """The records of the mapping that cannot be sent at present, of one cause if `code` is given;
    two queries."""
    found = failed_entries(mapping).filter(source_id__gt=after)
    if code:
        found = found.filter(of_cause(code, field))
    rows = list(found.order_by("source_id")[: PAGE_SIZE + 1])
    more, rows = len(rows) > PAGE_SIZE, rows[:PAGE_SIZE]
    kept = kept_for(mapping, [row.source_id for row in rows])
    names = FieldNames(mapping)
    return TroubledPage(
        records=[
            TroubledRecord(
                source_id=row.source_id,
                label=row.label,
                problems=_problems(row, names),
                still_failed=True,
                due_at=row.due_at,
                has_exchange=row.source_id in kept,
            )
            for row in rows
        ],
        after=rows[-1].source_id if more else None,
    )


def exchange_that_stopped(run: Run) -> int | None:
    """The source row with whose exchange it is kept why the run failed as a whole, if it did."""
    if run.status != RunStatus.FAILED:
        return None
    settled = Outcome.objects.filter(source_id=OuterRef("source_id"), run=run)
    kept = run.kept_exchanges.filter(~Exists(settled)).order_by("pk")
    return kept.values_list("source_id", flat=True).first()


def _failed_now(run: Run, source_ids: Sequence[int]) -> dict[int, LedgerEntry]:
    entries = failed_entries(run.mapping).filter(source_id__in=source_ids)
    return {entry.source_id: entry for entry in entries}


def _problems(row: Outcome | LedgerEntry | PreviewItem, names: FieldNames) -> tuple[Problem, ...]:
    return names.named(Problem.from_json(stored) for stored in row.problems)


def since(period: str, *, now: datetime) -> datetime | None:
    """The beginning of a period of days, `"7"`; None for all times."""
    return now - timedelta(days=int(period)) if period else None


def is_active(run: Run) -> bool:
    """Whether the run can still be canceled."""
    return run.status in ACTIVE_STATUSES
