"""The Celery application: a clock (beat) and a doorbell (tasks by name)."""

import logging.config
import os

from celery import Celery
from celery.signals import beat_init, setup_logging, worker_init

from common import garbage

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hpsync.settings")
app = Celery("hpsync")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def log_as_django_does(**_: object) -> None:
    """Worker and beat write their logs through our handlers, which mask secrets."""
    from django.conf import settings

    logging.config.dictConfig(settings.LOGGING)


@worker_init.connect
def collect_garbage_seldom(**_: object) -> None:
    """A worker has everything loaded by now, and many records before it."""
    garbage.collect_seldom()


@beat_init.connect
def tick_at_once(**_: object) -> None:
    """A clock that was just started strikes, instead of waiting a minute for its first time."""
    entry = app.conf.beat_schedule["tick"]
    app.send_task(entry["task"], **entry["options"])
