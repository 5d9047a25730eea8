"""The doorbell: wakes a worker for a run, a preview or a pull that is queued.

The row is the truth, the message only wakes somebody: a broker that is down is written to the log,
and the sweep rings again (`jobs.sweep`).
"""

import logging

from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from common import clock
from jobs.models import Run
from jobs.states import RunStatus
from pulls.models import Pull

logger = logging.getLogger(__name__)

#: The name under which `jobs.tasks` registers the execution of a run.
RUN_TASK = "jobs.run"
#: The same for the making of a preview.
PREVIEW_TASK = "jobs.preview"

#: The same for a pull from the tenant that data comes from.
PULL_TASK = "jobs.pull"

#: The caller may be a page that somebody waits for: a broker that is down is given up at once.
NO_WAITING = {"max_retries": 1, "interval_start": 0, "interval_step": 0}


def ring(run_id: int) -> None:
    """Wake a worker for the run as soon as this transaction is committed."""
    transaction.on_commit(lambda: ring_now(run_id))


def ring_for_preview(preview_id: int) -> None:
    """Wake a worker for the preview as soon as this transaction is committed."""
    transaction.on_commit(lambda: ring_for_preview_now(preview_id))


def ring_for_pull(pull_id: int) -> None:
    """Wake a worker for the pull as soon as this transaction is committed."""
    transaction.on_commit(lambda: ring_for_pull_now(pull_id))


def ring_now(run_id: int) -> None:
    """Send the message and write down when; a broker that is down breaks nothing.

    Tests replace this function.
    """
    if _send(RUN_TASK, run_id):
        Run.objects.filter(pk=run_id, status=RunStatus.QUEUED).update(rung_at=clock.now())


def ring_for_preview_now(preview_id: int) -> None:
    """Send the message; a broker that is down breaks nothing. Tests replace this function."""
    _send(PREVIEW_TASK, preview_id)


def ring_for_pull_now(pull_id: int) -> None:
    """Send the message and write down when. Tests replace this function."""
    if _send(PULL_TASK, pull_id):
        Pull.objects.filter(pk=pull_id, status=Pull.Status.QUEUED).update(rung_at=clock.now())


def _send(task: str, pk: int) -> bool:
    """Whether the broker took the message."""
    try:
        with current_app.connection_for_write() as broker:
            broker.transport_options = {**(broker.transport_options or {}), **NO_WAITING}
            current_app.send_task(
                task, args=[pk], connection=broker, retry=False, ignore_result=True
            )
    except (OperationalError, RedisError, OSError) as error:
        logger.warning("%s %s: the broker cannot be reached, ringing later: %s", task, pk, error)
        return False
    return True
