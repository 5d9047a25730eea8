"""Celery's doors into `crm`."""

from pathlib import Path

from celery import shared_task
from django.conf import settings

from common import clock
from common.types import RecordType
from crm import duplicate_searches
from crm.importing import feed, forecasts, uploads


@shared_task(name=uploads.TASK)
def import_file(run_id: int) -> None:
    """Import the file of that import."""
    uploads.execute(run_id)


@shared_task(name=forecasts.TASK)
def forecast_import(run_id: int) -> None:
    """Foresee what that import would change."""
    forecasts.execute(run_id)


@shared_task(name=duplicate_searches.TASK)
def find_duplicates(record_type: str) -> None:
    """Look for likely duplicates among the rows of that type."""
    duplicate_searches.execute(RecordType(record_type))


@shared_task(name="crm.feed", ignore_result=True)
def take_feed() -> None:
    """Import what lies in the watched folder. Beat sends it every minute where there is one."""
    if settings.FEED_DIR:
        feed.take_all(Path(settings.FEED_DIR), now=clock.now())
