"""Celery's door into `api`."""

from celery import shared_task

from api import once
from common import clock


@shared_task(name="api.forget", ignore_result=True)
def forget_old_answers() -> None:
    """Remove the answers that are no longer given. Beat sends it every hour."""
    once.forget_old(now=clock.now())
