"""Where one record stands in each kintone app that its type goes to."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db.models import OuterRef, Subquery, TextChoices
from django.utils.translation import gettext_lazy as _

from common.problems import Problem
from common.types import RecordType
from crm.models import SourceRow
from integrations import connections
from jobs.models import KeptExchange, LedgerEntry, Outcome, Run
from jobs.states import EntryState, RecordOutcome, RunStatus
from mapping.drift import Effect
from mapping.drift_texts import summary
from mapping.mappings import drift_of, is_impaired
from mapping.models import Mapping
from mapping.naming import FieldNames


class Verdict(TextChoices):
    """What is to be said first about a record in a kintone app."""

    ARRIVED = "arrived", _("連携済み")
    CHANGED = "changed", _("変更を連携待ち")
    WAITS = "waits", _("連携待ち")
    FAILED = "failed", _("連携できていません")
    SKIPPED = "skipped", _("連携の対象外")
    BASELINE = "baseline", _("連携の開始前のデータ")
    DOUBT = "doubt", _("確認待ち")
    OFF = "off", _("連携が無効")

    @property
    def tone(self) -> str:
        """Which colour token the badge takes (ux.md §3)."""
        return {"arrived": "plain", "changed": "info", "waits": "info", "failed": "err"}.get(
            self.value, "neutral"
        )

    @property
    def icon(self) -> str:
        """The icon beside the words."""
        return {
            "arrived": "check",
            "failed": "cross",
            "skipped": "skip",
            "off": "circle",
        }.get(self.value, "dots")


_WAITING: Final = frozenset({Verdict.WAITS, Verdict.CHANGED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One record in one kintone app."""

    mapping: Mapping
    verdict: Verdict
    entry: LedgerEntry | None
    problems: tuple[Problem, ...]
    kintone_url: str
    """Where the record is in kintone; "" if it is not there."""
    next_at: datetime | None
    """When it is looked at again by itself."""
    drift: str
    """What is not sent for a change of kintone's form; "" if all is."""
    is_stopped: bool
    """Nothing of the mapping is sent until a person acts."""
    obstacle: Run | None
    """The run that is held, or failed as a whole, before it came to what waits; None if none."""
    has_exchange: bool
    """Whether it is kept what went to kintone and what came back in vain."""
    same_since: datetime | None
    """When a change was looked at that changed no value that is sent, since the last push."""


#: Pushes of one record that its page lists.
PUSHES: Final = 20
_PUSHED: Final = (RecordOutcome.CREATED, RecordOutcome.UPDATED)


def pushes(record_type: RecordType, record: SourceRow) -> Sequence[Outcome]:
    """What became of the record in the newest runs that had something to say of it."""
    outcomes = Outcome.objects.filter(
        source_id=record.pk, run__mapping__record_type=record_type
    ).select_related("run__mapping__connection")
    return list(outcomes.order_by("-id")[:PUSHES])


def standings(record_type: RecordType, record: SourceRow) -> Sequence[Standing]:
    """One per mapping of the type, in the order of the mappings."""
    mappings = list(
        Mapping.objects.filter(record_type=record_type).select_related("connection__schedule")
    )
    last_runs = _last_runs(mappings)
    pushed_at = _pushed_at(mappings, record)
    entries = LedgerEntry.objects.filter(
        ledger__mapping__in=mappings, source_id=record.pk
    ).select_related("ledger")
    kept = KeptExchange.objects.filter(mapping__in=mappings, source_id=record.pk)
    with_exchange = set(kept.values_list("mapping_id", flat=True))
    by_target = {_target(entry): entry for entry in entries}
    return [
        _standing(
            mapping,
            record=record,
            entry=by_target.get(
                (mapping.pk, mapping.connection.host, mapping.app, mapping.update_key)
            ),
            has_exchange=mapping.pk in with_exchange,
            last_run=last_runs.get(mapping.pk),
            pushed_at=pushed_at.get(mapping.pk),
        )
        for mapping in mappings
    ]


def _last_runs(mappings: Sequence[Mapping]) -> dict[int, Run]:
    """The newest run of each mapping that was not about one record alone, by one query."""
    newest = Run.objects.filter(mapping=OuterRef("pk"), only__isnull=True).order_by("-id")
    chosen = Mapping.objects.filter(pk__in=[one.pk for one in mappings])
    ids = chosen.annotate(newest=Subquery(newest.values("pk")[:1])).values("newest")
    return {run.mapping_id: run for run in Run.objects.filter(pk__in=ids)}


def _pushed_at(mappings: Sequence[Mapping], record: SourceRow) -> dict[int, datetime | None]:
    """When each mapping pushed this record last; None: never."""
    pushed = Outcome.objects.filter(
        source_id=record.pk, run__mapping=OuterRef("pk"), outcome__in=_PUSHED
    ).order_by("-id")
    chosen = Mapping.objects.filter(pk__in=[one.pk for one in mappings])
    times = chosen.annotate(pushed_at=Subquery(pushed.values("at")[:1]))
    return dict(times.values_list("pk", "pushed_at"))


def _target(entry: LedgerEntry) -> tuple[int, str, int, str]:
    ledger = entry.ledger
    return (ledger.mapping_id, ledger.host, ledger.app, ledger.key_field)


def _standing(
    mapping: Mapping,
    *,
    record: SourceRow,
    entry: LedgerEntry | None,
    has_exchange: bool,
    last_run: Run | None,
    pushed_at: datetime | None,
) -> Standing:
    verdict = _verdict(mapping, record=record, entry=entry)
    drift = drift_of(mapping) if mapping.enabled and is_impaired(mapping) else ()
    return Standing(
        mapping=mapping,
        verdict=verdict,
        entry=entry,
        problems=_problems(mapping, entry),
        kintone_url=_kintone_url(mapping, entry),
        next_at=_next_at(mapping, entry=entry, verdict=verdict),
        drift=summary(drift) if drift else "",
        is_stopped=any(one.effect is Effect.STOPS for one in drift),
        obstacle=_obstacle(last_run) if mapping.enabled and verdict in _WAITING else None,
        has_exchange=has_exchange,
        same_since=_same_since(entry, pushed_at) if verdict is Verdict.ARRIVED else None,
    )


def _obstacle(last: Run | None) -> Run | None:
    stopped = last is not None and last.status in (RunStatus.HELD, RunStatus.FAILED)
    return last if stopped else None


def _same_since(entry: LedgerEntry | None, pushed_at: datetime | None) -> datetime | None:
    if entry is None or pushed_at is None:
        return None
    return entry.touched_at if entry.touched_at > pushed_at else None


def _problems(mapping: Mapping, entry: LedgerEntry | None) -> tuple[Problem, ...]:
    stored = entry.problems if entry else []
    return FieldNames(mapping).named(Problem.from_json(one) for one in stored)


def _verdict(mapping: Mapping, *, record: SourceRow, entry: LedgerEntry | None) -> Verdict:
    if not mapping.enabled and not (entry and entry.record_id):
        return Verdict.OFF
    if entry is None:
        return Verdict.WAITS
    if entry.state == EntryState.FAILED:
        return Verdict.FAILED
    if entry.doubt_until is not None or entry.state == EntryState.PENDING:
        return Verdict.DOUBT
    if entry.version != record.version:
        return Verdict.CHANGED if entry.record_id else Verdict.WAITS
    return {EntryState.SYNCED: Verdict.ARRIVED, EntryState.SKIPPED: Verdict.SKIPPED}.get(
        EntryState(entry.state), Verdict.BASELINE
    )


def _kintone_url(mapping: Mapping, entry: LedgerEntry | None) -> str:
    if entry is None or entry.record_id is None:
        return ""
    return connections.app_url(
        mapping.connection, mapping.app, mapping.guest_space, entry.record_id
    )


def _next_at(mapping: Mapping, *, entry: LedgerEntry | None, verdict: Verdict) -> datetime | None:
    if not mapping.enabled:
        return None
    if entry and entry.due_at:
        return entry.due_at
    schedule = getattr(mapping.connection, "schedule", None)
    return schedule.next_due_at if schedule and verdict in _WAITING else None
