"""A slot means pull, then push: what the schedule does with the tenant that data comes from.

When a connection falls due, a pull is queued with its runs, and they wait until it has ended,
however it ended: what is there already is pushed all the same.
"""

from collections.abc import Collection
from datetime import datetime, timedelta

from common import clock
from jobs import liveness, queue
from jobs.models import Run
from jobs.states import Trigger
from pulls import pulling
from pulls.models import Pull

#: A pull that takes longer, as the first one of a large tenant does, holds up nobody any further.
PATIENCE = timedelta(minutes=30)
#: A message that woke nobody in this time is taken for lost.
RING_AGAIN_AFTER = timedelta(minutes=2)


def begin(*, now: datetime) -> None:
    """Queue the pulls of a slot that is claimed in this transaction, and ring for them."""
    for pull in pulling.start_for_slot(now=now):
        queue.ring_for_pull(pull.pk)


def without_waiting(runs: Collection[Run]) -> list[Run]:
    """Those of the runs that wait for no pull of their slot any more."""
    scheduled = [run for run in runs if run.trigger == Trigger.SCHEDULE]
    if not scheduled:
        return list(runs)
    asked = Pull.objects.filter(status__in=Pull.ACTIVE).order_by("queued_at")
    first = asked.values_list("queued_at", flat=True).first()
    if first is None:
        return list(runs)
    patient_until = clock.now() - PATIENCE
    return [run for run in runs if not _waits(run, first=first, patient_until=patient_until)]


def _waits(run: Run, *, first: datetime, patient_until: datetime) -> bool:
    is_of_slot = run.trigger == Trigger.SCHEDULE and run.queued_at >= first
    return is_of_slot and run.queued_at >= patient_until


def mind(*, now: datetime) -> None:
    """Have pulls taken up again whose process died, and ring for those that nobody heard."""
    pulling.mind(now=now, is_dead=liveness.is_dead)
    for pull in pulling.unheard(now=now, patience=RING_AGAIN_AFTER):
        queue.ring_for_pull(pull.pk)
