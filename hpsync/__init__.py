"""Composition: settings, tasks, routes, the access gate, health. Owns no rule of the product."""

from hpsync.celery import app as celery_app

__all__ = ["celery_app"]
