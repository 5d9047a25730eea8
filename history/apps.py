from django.apps import AppConfig


class HistoryConfig(AppConfig):
    """操作履歴, as it is shown and put back."""

    name = "history"
