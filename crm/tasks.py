"""Celery's doors into `crm`."""

from celery import shared_task

from crm import imports


@shared_task(name=imports.TASK)
def import_file(run_id: int) -> None:
    """Import the file of that import."""
    imports.execute(run_id)
