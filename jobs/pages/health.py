"""How each mapping is, in one word: what the dashboard shows first."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, F, OuterRef, Q, Subquery, TextChoices
from django.utils.translation import gettext_lazy as _

from common.problems import Problem
from common.types import RecordType
from jobs.alerts import is_of_drift
from jobs.ledger import owed_rows
from jobs.models import Alert, Ledger, LedgerEntry, Run
from jobs.states import AlertKind, EntryState, FailureKind, Interval, RunStatus
from mapping.models import Mapping, OffFor

#: Waiting records are counted up to here: beyond it the exact number helps nobody.
COUNT_LIMIT = 10_000
#: How long a change may wait beyond its slot before the mapping counts as delayed.
PATIENCE = timedelta(minutes=10)
#: What a person must mend; the others heal by themselves.
ACTION_KINDS = {
    AlertKind.SYNC_USER,
    AlertKind.CONFIGURATION,
    AlertKind.INTERNAL,
    AlertKind.SIGHT,
}


class Health(TextChoices):
    """The state of a mapping; the members stand in the order of urgency."""

    ACTION = "action", _("要対応")
    HELD = "held", _("保留")
    DELAYED = "delayed", _("遅延")
    CLEANSING = "cleansing", _("クレンジング中")
    HEALTHY = "healthy", _("正常")
    OFF = "off", _("無効")
    UNSET = "unset", _("未設定")

    @property
    def tone(self) -> str:
        """Which colour token the badge takes (ux.md §3)."""
        return {
            "action": "err",
            "held": "warn",
            "delayed": "warn",
            "cleansing": "warn",
            "healthy": "plain",
        }.get(self.value, "neutral")

    @property
    def icon(self) -> str:
        """The icon beside the word."""
        return {
            "action": "cross",
            "held": "pause",
            "delayed": "clock",
            "cleansing": "pause",
            "healthy": "check",
            "off": "circle",
            "unset": "dashed",
        }[self.value]

    @property
    def urgency(self) -> int:
        """0 for what a person must mend first."""
        return list(Health).index(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """Changes that have not arrived yet."""

    count: int
    since: datetime | None
    """When the oldest of them was made; None if there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MappingLine:
    """One line of the dashboard."""

    mapping: Mapping
    health: Health
    waiting: Waiting
    behind: timedelta
    failed: int
    last: Run | None
    next_at: datetime | None
    problem: Problem | None
    """Why it is not well; None where it is, or where counts say it."""
    problem_needs_a_person: bool
    """Whether the problem heals only by what a person does."""
    failed_for_a_person: int
    """How many of the failed records no pause brings back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Failed:
    all: int = 0
    for_a_person: int = 0


def mapping_lines(*, now: datetime) -> list[MappingLine]:
    """Every mapping, the worst first."""
    mappings = list(Mapping.objects.select_related("connection__schedule"))
    last, alerts, failed = _last_runs(), _open_alerts(), _failed_counts()
    ledgers = _ledgers()
    lines = [
        _line(
            mapping,
            last=last.get(mapping.pk),
            alert=_worst(alerts, mapping),
            failed=failed.get(mapping.pk, _Failed()),
            ledger=ledgers.get(mapping.pk),
            now=now,
        )
        for mapping in mappings
    ]
    return sorted(lines, key=lambda line: (line.health.urgency, line.mapping.pk))


def _line(
    mapping: Mapping,
    *,
    last: Run | None,
    alert: Alert | None,
    failed: _Failed,
    ledger: Ledger | None,
    now: datetime,
) -> MappingLine:
    waiting = Waiting(count=0, since=None)
    if mapping.enabled and ledger:
        waiting = waiting_changes(mapping, ledger)
    behind = max(now - waiting.since, timedelta()) if waiting.since else timedelta()
    return MappingLine(
        mapping=mapping,
        health=_health(mapping, last=last, alert=alert, failed=failed, behind=behind),
        waiting=waiting,
        behind=behind,
        failed=failed.all,
        last=last,
        next_at=_next_at(mapping, last),
        problem=_problem(mapping, last=last, alert=alert) if mapping.enabled else None,
        problem_needs_a_person=_is_for_a_person(alert) or _must_mend(last, mapping),
        failed_for_a_person=failed.for_a_person,
    )


def _health(
    mapping: Mapping,
    *,
    last: Run | None,
    alert: Alert | None,
    failed: _Failed,
    behind: timedelta,
) -> Health:
    if mapping.off_for == OffFor.CLEANSING:
        return Health.CLEANSING
    if not mapping.enabled:
        return Health.OFF if mapping.update_key else Health.UNSET
    if mapping.drift or failed.for_a_person or _is_for_a_person(alert):
        return Health.ACTION
    if _must_mend(last, mapping):
        return Health.ACTION
    if last and last.status == RunStatus.HELD:
        return Health.HELD
    if alert or (last and last.status == RunStatus.FAILED) or behind > _allowed(mapping):
        return Health.DELAYED
    return Health.HEALTHY


def _is_for_a_person(alert: Alert | None) -> bool:
    return alert is not None and alert.kind in ACTION_KINDS


def _must_mend(last: Run | None, mapping: Mapping) -> bool:
    """Whether the last run ended for what a person must mend; a drift says that for itself."""
    if last is None or last.status != RunStatus.FAILED or is_of_drift(last, mapping):
        return False
    return last.failure_kind in {FailureKind.CONFIGURATION, FailureKind.INTERNAL}


def _allowed(mapping: Mapping) -> timedelta:
    schedule = getattr(mapping.connection, "schedule", None)
    return (Interval(schedule.interval).length if schedule else timedelta()) + PATIENCE


def _next_at(mapping: Mapping, last: Run | None) -> datetime | None:
    if not mapping.enabled:
        return None
    if last and last.status == RunStatus.HELD:
        return last.resume_at
    schedule = getattr(mapping.connection, "schedule", None)
    return schedule.next_due_at if schedule else None


def _problem(mapping: Mapping, *, last: Run | None, alert: Alert | None) -> Problem | None:
    if alert and alert.kind != AlertKind.RECORDS_FAILED:
        return Problem.from_json(alert.problem)
    if last is None or is_of_drift(last, mapping):
        return None  # a drift is told beside
    if last.message and last.status in {RunStatus.FAILED, RunStatus.HELD}:
        return Problem.from_json(last.message)
    return None


def _last_runs() -> dict[int, Run]:
    """Mapping → its newest run that went through what is owed, not a test."""
    # One look into the index for each mapping; a maximum by group would go through all runs.
    own = Run.objects.filter(mapping=OuterRef("pk"), only__isnull=True).order_by("-id")
    ids = Mapping.objects.order_by().values_list(Subquery(own.values("pk")[:1]), flat=True)
    return {run.mapping_id: run for run in Run.objects.filter(pk__in=[*filter(None, ids)])}


def _open_alerts() -> list[Alert]:
    return list(Alert.objects.filter(ended_at__isnull=True).order_by("id"))


def _worst(alerts: list[Alert], mapping: Mapping) -> Alert | None:
    """The open alert that stops this mapping; one that a person must mend goes first."""
    own = [alert for alert in alerts if _concerns(alert, mapping)]
    return min(own, key=lambda alert: alert.kind not in ACTION_KINDS, default=None)


def _concerns(alert: Alert, mapping: Mapping) -> bool:
    if alert.kind in {AlertKind.RECORDS_FAILED, AlertKind.DRIFT}:
        return False  # counted record by record, or told by the mapping itself
    if alert.mapping_id is not None:
        return alert.mapping_id == mapping.pk
    if alert.kind == AlertKind.SYNC_USER and mapping.record_type != RecordType.LEAD:
        return False
    return alert.connection_id == mapping.connection_id


def _of_present_target(prefix: str = "") -> Q:
    """Ledgers of the app and key that their mapping has now."""
    return Q(
        **{f"{prefix}app": F(f"{prefix}mapping__app")},
        **{f"{prefix}key_field": F(f"{prefix}mapping__update_key")},
    )


def _ledgers() -> dict[int, Ledger]:
    """Mapping → the ledger of its present target."""
    present = Ledger.objects.filter(_of_present_target()).select_related("mapping__connection")
    return {one.mapping_id: one for one in present if one.host == one.mapping.connection.host}


def _failed_counts() -> dict[int, _Failed]:
    """Mapping → its failed records; those that no pause brings back wait for a person."""
    mappings = {ledger.pk: mapping for mapping, ledger in _ledgers().items()}
    counted = (
        LedgerEntry.objects.filter(ledger__in=mappings, state=EntryState.FAILED)
        .order_by()
        .values("ledger")
        .annotate(
            # `ledger_entry_cause` has both columns in it.
            all=Count("source_id"),
            for_a_person=Count("source_id", filter=Q(due_at__isnull=True)),
        )
    )
    return {
        mappings[row["ledger"]]: _Failed(all=row["all"], for_a_person=row["for_a_person"])
        for row in counted
    }


def waiting_changes(mapping: Mapping, ledger: Ledger) -> Waiting:
    """The rows that changed since the watermark and are not accounted for in the ledger."""
    changed = owed_rows(ledger, RecordType(mapping.record_type))
    if ledger.watermark:
        changed = changed.filter(changed_at__gte=ledger.watermark)
    times = list(changed.order_by("changed_at").values_list("changed_at", flat=True)[:COUNT_LIMIT])
    return Waiting(count=len(times), since=times[0] if times else None)
