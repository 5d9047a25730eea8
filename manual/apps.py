"""Django's entry for this package."""

from django.apps import AppConfig


class ManualConfig(AppConfig):
    name = "manual"
