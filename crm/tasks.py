"""Celery's doors into `crm`."""

from celery import shared_task

from crm.importing import uploads


@shared_task(name=uploads.TASK)
def import_file(run_id: int) -> None:
    """Import the file of that import."""
    uploads.execute(run_id)
