"""The Celery application: a clock (one beat entry) and a doorbell (tasks by name)."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hpsync.settings")
app = Celery("hpsync")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
