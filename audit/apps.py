from django.apps import AppConfig


class AuditConfig(AppConfig):
    """操作履歴, as it is stored."""

    name = "audit"
