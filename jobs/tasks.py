"""Celery's doors: the clock's tick, the execution of one run, preview or pull.

Both may happen twice or at the same time: the rows say what is still to be done.
"""

import logging

from celery import shared_task

from common import clock
from jobs import (
    alerts,
    execute,
    liveness,
    previewing,
    queue,
    schedules,
    sight,
    sweep,
)
from jobs.models import Heartbeat, Preview, Run
from jobs.notices import sending, telling
from pulls import reading
from pulls.models import Pull

logger = logging.getLogger(__name__)


@shared_task(name="jobs.tick", ignore_result=True)
def tick() -> None:
    """Put right what died, start what is due, tell people. Beat sends it every minute."""
    now = clock.now()
    Heartbeat.objects.update_or_create(name="tick", defaults={"at": now})
    # A run whose process died first: it must not keep its mapping out of the slot that is due.
    steps = (
        sweep.give_up_dead,
        schedules.claim_due,
        sweep.sweep,
        alerts.review_drifts,
        sight.watch,
        telling.tell,
        sending.forget_old,
    )
    for step in steps:
        try:
            step(now=now)
        except Exception:
            # What fails in one step must not keep the others from their work for a minute.
            logger.exception("The tick's step %s failed", step.__name__)


# Acknowledged when it is done: the message of a worker that dies is delivered again.
@shared_task(name=queue.RUN_TASK, ignore_result=True, acks_late=True)
def run(run_id: int) -> None:
    """Execute the run, unless somebody else has taken it."""
    try:
        execute.execute(run_id, owner=liveness.owner_here())
    except Run.DoesNotExist:
        # Canceled, then deleted with its mapping, while its message was on the way or it worked.
        logger.info("Run %s is gone", run_id)


@shared_task(name=queue.PREVIEW_TASK, ignore_result=True, acks_late=True)
def preview(preview_id: int) -> None:
    """Make the preview, unless somebody else has taken it."""
    try:
        previewing.make(preview_id, owner=liveness.owner_here())
    except Preview.DoesNotExist:
        # Another one took its place, or its mapping was deleted, while its message was on the way.
        logger.info("Preview %s is gone", preview_id)


@shared_task(name=queue.PULL_TASK, ignore_result=True, acks_late=True)
def pull(pull_id: int) -> None:
    """Carry out the pull, unless somebody else has taken it; then the pushes of its slot begin."""
    try:
        reading.execute(pull_id, owner=liveness.owner_here())
    except Pull.DoesNotExist:
        logger.info("Pull %s is gone", pull_id)
    sweep.ring_ready(now=clock.now())
