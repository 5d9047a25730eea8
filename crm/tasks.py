"""Celery's doors into `crm`."""

from celery import shared_task

from crm.importing import forecasts, uploads


@shared_task(name=uploads.TASK)
def import_file(run_id: int) -> None:
    """Import the file of that import."""
    uploads.execute(run_id)


@shared_task(name=forecasts.TASK)
def forecast_import(run_id: int) -> None:
    """Foresee what that import would change."""
    forecasts.execute(run_id)
