"""When a connection falls due, and who starts what then."""

from datetime import datetime

from django.db import transaction
from django.db.models import Q

from common.types import RecordType
from integrations.models import Connection
from jobs import pull_slots, runs
from jobs.models import Run, Schedule
from jobs.states import Interval, Trigger
from mapping.models import Mapping


def ensure(
    connection: Connection, *, now: datetime, interval: str = Interval.MINUTES_5
) -> Schedule:
    """The connection's schedule; if it has none yet, one that is due one interval from now."""
    due = now + Interval(interval).length
    schedule, _ = Schedule.objects.get_or_create(
        connection=connection, defaults={"interval": interval, "next_due_at": due}
    )
    return schedule


def set_interval(schedule: Schedule, *, interval: str, now: datetime) -> None:
    """Let the schedule fall due one new interval from now, then by the new grid.

    The same interval again changes nothing, so that saving a form does not postpone a slot.
    """
    if schedule.interval == interval:
        return
    schedule.interval = interval
    schedule.next_due_at = now + Interval(interval).length
    schedule.save(update_fields=["interval", "next_due_at"])


def slot_after(due: datetime, *, interval: str, now: datetime) -> datetime:
    """The first moment after `now` on the grid that runs through `due`: missed slots are skipped.

    >>> slot_after(noon, interval="5m", now=noon + timedelta(minutes=12))  # noon + 15 minutes
    """
    length = Interval(interval).length
    slots: int = (now - due) // length + 1
    return due + slots * length


def claim_due(*, now: datetime) -> list[Run]:
    """Queue what has fallen due and return it; of several callers at once, one gets each slot.

    A mapping that is still at work on an earlier slot, or held, gets none: it takes the changes
    along. The runs are not rung: parents go first (`jobs.runs.ready_runs`).
    """
    queued: list[Run] = []
    for schedule in Schedule.objects.filter(_due(now)).order_by("next_due_at", "id"):
        queued += _claim(schedule, now=now)
    return queued


def _due(now: datetime) -> Q:
    """Due, or further away than any slot can be: then the clock was ahead, and was put right."""
    due = Q(next_due_at__lte=now)
    for interval in Interval:
        due |= Q(interval=interval, next_due_at__gt=now + interval.length)
    return due


@transaction.atomic
def _claim(schedule: Schedule, *, now: datetime) -> list[Run]:
    """The runs of the slot; none if another caller was first."""
    slot = min(schedule.next_due_at, now)
    following = slot_after(schedule.next_due_at, interval=schedule.interval, now=now)
    unclaimed = Schedule.objects.filter(
        pk=schedule.pk, next_due_at=schedule.next_due_at, interval=schedule.interval
    )
    # Compare-and-set: of two ticks that see the same row, one updates it, one updates none.
    if unclaimed.update(next_due_at=following) != 1:
        return []
    enabled = Mapping.objects.filter(connection=schedule.connection_id, enabled=True)
    # First the newest data, then the push of it (`jobs.pull_slots`).
    pull_slots.begin(now=now)
    parents_first = sorted(enabled, key=lambda one: (RecordType(one.record_type).rank, one.pk))
    queued = []
    for mapping in parents_first:
        try:
            queued.append(runs.start(mapping, trigger=Trigger.SCHEDULE, now=now, slot=slot))
        except runs.AlreadyActive:
            continue
    return queued
