"""Celery's doors: the clock's tick, and the execution of one run.

Both may happen twice or at the same time: the rows say what is still to be done.
"""

from celery import shared_task

from common import clock
from jobs import execute, liveness, mails, queue, schedules, sweep
from jobs.models import Heartbeat


@shared_task(name="jobs.tick", ignore_result=True)
def tick() -> None:
    """Put right what died, start what is due, tell people. Beat sends it every minute."""
    now = clock.now()
    Heartbeat.objects.update_or_create(name="tick", defaults={"at": now})
    schedules.claim_due(now=now)
    sweep.sweep(now=now)
    mails.deliver_pending(now=now)


# Acknowledged when it is done: the message of a worker that dies is delivered again.
@shared_task(name=queue.RUN_TASK, ignore_result=True, acks_late=True)
def run(run_id: int) -> None:
    """Execute the run, unless somebody else has taken it."""
    execute.execute(run_id, owner=liveness.owner_here())
