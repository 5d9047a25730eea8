"""Django's entry for this package."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class CrmConfig(AppConfig):
    name = "crm"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Let the indexes for searching be made after the tables."""
        # Models can be imported from here on only.
        from crm.searching.index import prepare
        from crm.writing.searching import fill_missing

        post_migrate.connect(prepare, sender=self)
        post_migrate.connect(fill_missing, sender=self)
