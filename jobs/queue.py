"""The doorbell: wakes a worker for a run that is queued.

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

logger = logging.getLogger(__name__)

#: The name under which `jobs.tasks` registers the execution of a run.
RUN_TASK = "jobs.run"

#: The caller may be a page that somebody waits for: a broker that is down is given up at once.
NO_WAITING = {"max_retries": 1, "interval_start": 0, "interval_step": 0}


def ring(run_id: int) -> None:
    """Wake a worker for the run as soon as this transaction is committed."""
    transaction.on_commit(lambda: ring_now(run_id))


def ring_now(run_id: int) -> None:
    """Send the message and write down when; a broker that is down breaks nothing.

    Tests replace this function.
    """
    try:
        with current_app.connection_for_write() as broker:
            broker.transport_options = {**(broker.transport_options or {}), **NO_WAITING}
            current_app.send_task(
                RUN_TASK, args=[run_id], connection=broker, retry=False, ignore_result=True
            )
    except (OperationalError, RedisError, OSError) as error:
        logger.warning("Run %s: the broker cannot be reached, ringing later: %s", run_id, error)
        return
    Run.objects.filter(pk=run_id, status=RunStatus.QUEUED).update(rung_at=clock.now())
