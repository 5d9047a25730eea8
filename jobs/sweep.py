"""Puts right what died: runs without a process, messages that woke nobody, holds that are over."""

import logging
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from audit import contents
from common.problems import Problem
from integrations import budget, governor
from integrations.kintone.client import REQUEST_LIFE
from jobs import (
    alerts,
    courier,
    exchanges,
    ledger,
    liveness,
    previews,
    pull_slots,
    queue,
    run_history,
    runs,
)
from jobs.models import Run
from jobs.states import FailureKind, RunStatus, Trigger

logger = logging.getLogger(__name__)

#: A run whose heartbeat is older is given up, whatever its process may think (design.md §5).
LOST_AFTER = timedelta(minutes=5)
#: A message that woke nobody in this time is taken for lost.
RING_AGAIN_AFTER = timedelta(minutes=2)
#: No hold is longer: it ends at the next midnight in Japan.
LONGEST_HOLD = timedelta(days=1)


def sweep(*, now: datetime) -> None:
    """Give up dead runs, resume holds that are over, ring for what is ready, close what is moot."""
    give_up_dead(now=now)
    forget_tests(now=now)
    resume_held(now=now)
    pull_slots.mind(now=now)
    ring_ready(now=now)
    mind_previews(now=now)
    alerts.close_moot(now=now)
    contents.forget_old(now=now)
    exchanges.forget_old(now=now)
    run_history.forget_old(now=now)


def give_up_dead(*, now: datetime) -> list[Run]:
    """Mark runs without a living process as failed, "lost", and return them.

    What a dead run had in doubt is owed again as soon as its last request must be over.
    """
    running = Run.objects.filter(status=RunStatus.RUNNING)
    # A heartbeat that is ahead of the clock was written before the clock was put right.
    running.filter(heartbeat_at__gt=now + LOST_AFTER).update(heartbeat_at=now)
    lost = [
        run
        for run in running.select_related("mapping__connection")
        if _seems_dead(run, now=now) and _give_up(run, now=now)
    ]
    for run in lost:
        logger.warning("Run %s was lost: %s no longer works on it", run.pk, run.owner)
    return lost


def forget_tests(*, now: datetime) -> None:
    """Cancel tests that nobody executed: the page that asked for them is gone."""
    asked = Run.objects.filter(status=RunStatus.QUEUED, trigger=Trigger.TEST)
    for run in asked.filter(queued_at__lt=now - LOST_AFTER):
        runs.cancel(run, now=now)


def resume_held(*, now: datetime) -> int:
    """Queue the runs whose hold is over, or whose app may be asked again; return how many."""
    held = Run.objects.filter(status=RunStatus.HELD, paused=False)
    is_over = Q(resume_at__lte=now) | Q(resume_at__gt=now + LONGEST_HOLD) | Q(resume_at=None)
    over = set(held.filter(is_over).values_list("pk", flat=True))
    for run in held.select_related("mapping__connection").exclude(pk__in=over):
        # Somebody raised the limit.
        left = budget.left_for_first_load if run.full else budget.left
        if left(run.mapping.connection.host, run.mapping.app, now=now) > 0:
            over.add(run.pk)
    return sum(_resumes(run, now=now) for run in held.filter(pk__in=over))


def ring_ready(*, now: datetime) -> None:
    """Ring for every queued run whose parents have ended and for which nobody rang lately."""
    long_ago = now - RING_AGAIN_AFTER
    unheard = Q(rung_at=None) | Q(rung_at__lt=long_ago) | Q(rung_at__gt=now + RING_AGAIN_AFTER)
    queued = Run.objects.filter(unheard, status=RunStatus.QUEUED)
    waiting = set(queued.values_list("pk", flat=True))
    slots = queued.order_by().values_list("mapping__connection_id", "slot").distinct()
    for connection_id, slot in slots:
        for run in runs.ready_runs(connection_id, slot):
            if run.pk in waiting:
                queue.ring(run.pk)
    # Runs of one record wait for no parents; a test is executed by the page that asks for it.
    for run in queued.filter(only__isnull=False).exclude(trigger=Trigger.TEST):
        queue.ring(run.pk)


def mind_previews(*, now: datetime) -> None:
    """Have previews made anew whose process died, ring for those unheard, forget the old."""
    previews.requeue_dead(now=now)
    for preview in previews.unheard(now=now, patience=RING_AGAIN_AFTER):
        queue.ring_for_preview(preview.pk)
    previews.forget_old(now=now)


def _resumes(run: Run, *, now: datetime) -> bool:
    try:
        return runs.resume(run, now=now)
    except runs.AlreadyActive:
        return False  # a first load waits for the run of a slot, a minute or so


def _seems_dead(run: Run, *, now: datetime) -> bool:
    last_sign = run.heartbeat_at or run.started_at or run.queued_at
    return last_sign < now - LOST_AFTER or liveness.is_dead(run.owner)


@transaction.atomic
def _give_up(run: Run, *, now: datetime) -> bool:
    """Whether the run was still what we saw, and is now failed, with its alert."""
    unchanged = Run.objects.filter(
        pk=run.pk, status=RunStatus.RUNNING, owner=run.owner, heartbeat_at=run.heartbeat_at
    )
    given_up = unchanged.update(
        status=RunStatus.FAILED,
        failure_kind=FailureKind.LOST,
        finished_at=now,
        message=Problem(code="lost").as_json(),
    )
    if given_up:
        # What it left in doubt is owed again once its last request must be over.
        last_sign = run.heartbeat_at or now
        ledger.end_doubt(run, until=last_sign + REQUEST_LIFE)
        governor.forget(courier.holder_of(run.pk))
        alerts.review_run(Run.objects.select_related("mapping__connection").get(pk=run.pk))
    return bool(given_up)
