"""Kinds of channels, ways of gathering, and what a notice says."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class ChannelKind(models.TextChoices):
    """Where notices can go beside mail; values as in the settings file."""

    SLACK = "slack", "Slack"
    TEAMS = "teams", "Microsoft Teams"
    CHATWORK = "chatwork", "Chatwork"
    LINE_WORKS = "line_works", "LINE WORKS"
    WEBHOOK = "webhook", _("Webhook（JSON）")


class Digest(models.TextChoices):
    """Whether notices are gathered; values as in the settings file."""

    IMMEDIATE = "immediate", _("すぐに1件ずつ送る")
    HOURLY = "hourly", _("1時間ごとにまとめて送る")
    DAILY = "daily", _("1日1回、9:00にまとめて送る")


class Stage(models.TextChoices):
    """What of an alert is told."""

    BEGAN = "began", _("発生")
    ENDED = "ended", _("復旧")
