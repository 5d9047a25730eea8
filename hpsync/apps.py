"""Django's entry for this package."""

from django.apps import AppConfig


class HpsyncConfig(AppConfig):
    name = "hpsync"
    default_auto_field = "django.db.models.BigAutoField"
