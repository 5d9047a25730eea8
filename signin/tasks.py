"""Celery's doors into `signin`."""

from celery import shared_task

from common import clock
from signin import history, sessions, tellings


@shared_task(name="signin.forget", ignore_result=True)
def forget_old() -> None:
    """Remove sessions that are over and history that is old. Beat sends it every hour."""
    now = clock.now()
    sessions.forget_expired(now=now)
    history.forget_old(now=now)


@shared_task(name=tellings.TASK, ignore_result=True)
def tell(entry_id: int, language: str) -> None:
    """Mail the owner of an account that somebody signed in from a browser that was not known."""
    tellings.deliver(entry_id, language=language)
