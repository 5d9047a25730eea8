"""Every state that runs, entries and alerts can be in, with its label and tone in one place."""

from datetime import timedelta

from django.db import models
from django.utils.translation import gettext_lazy as _

from jobs.engine.values import OutcomeKind


class Interval(models.TextChoices):
    """The original's seven intervals; values as in the settings file."""

    MINUTES_5 = "5m", _("5分")
    MINUTES_30 = "30m", _("30分")
    HOUR_1 = "1h", _("1時間")
    HOURS_3 = "3h", _("3時間")
    HOURS_6 = "6h", _("6時間")
    HOURS_12 = "12h", _("12時間")
    HOURS_24 = "24h", _("24時間")

    @property
    def length(self) -> timedelta:
        """How long from one slot to the next."""
        amount, unit = int(self.value[:-1]), self.value[-1]
        return timedelta(minutes=amount) if unit == "m" else timedelta(hours=amount)


class Trigger(models.TextChoices):
    SCHEDULE = "schedule", _("スケジュール")
    MANUAL = "manual", _("手動")
    TEST = "test", _("テスト")
    RETRY = "retry", _("再実行")
    FIRST_LOAD = "first_load", _("全件連携")
    PLAN = "plan", _("事前チェック後の連携")


class RunStatus(models.TextChoices):
    QUEUED = "queued", _("待機中")
    RUNNING = "running", _("処理中")
    HELD = "held", _("保留")
    SUCCEEDED = "succeeded", _("完了")
    PARTIAL = "partial", _("完了（一部エラー）")
    FAILED = "failed", _("エラー")
    CANCELED = "canceled", _("中止")

    @property
    def tone(self) -> str:
        """Which colour token the badge takes (ux.md §3)."""
        return {
            "queued": "neutral",
            "running": "info",
            "held": "warn",
            "succeeded": "plain",
            "partial": "warn",
            "failed": "err",
            "canceled": "neutral",
        }[self.value]


ACTIVE_STATUSES = (RunStatus.QUEUED, RunStatus.RUNNING, RunStatus.HELD)
#: The run looked at everything that was owed, whatever kintone refused of it.
WELL_ENDED = (RunStatus.SUCCEEDED, RunStatus.PARTIAL)


class PreviewStatus(models.TextChoices):
    """How far a 事前チェック is."""

    QUEUED = "queued", _("待機中")
    RUNNING = "running", _("確認中")
    READY = "ready", _("完了")
    FAILED = "failed", _("エラー")
    CANCELED = "canceled", _("中止")

    @property
    def tone(self) -> str:
        """Which colour token the badge takes (ux.md §3)."""
        return {
            "queued": "neutral",
            "running": "info",
            "ready": "plain",
            "failed": "err",
            "canceled": "neutral",
        }[self.value]


class RecordOutcome(models.TextChoices):
    CREATED = OutcomeKind.CREATED.value, _("新規")
    UPDATED = OutcomeKind.UPDATED.value, _("更新")
    UNCHANGED = OutcomeKind.UNCHANGED.value, _("変更なし")
    SKIPPED = OutcomeKind.SKIPPED.value, _("スキップ")
    INVALID = OutcomeKind.INVALID.value, _("エラー（送信前）")
    REJECTED = OutcomeKind.REJECTED.value, _("エラー（kintone）")
    UNSENT = OutcomeKind.UNSENT.value, _("未送信")


class EntryState(models.TextChoices):
    """What is known of one source row in one target."""

    BASELINE = "baseline", _("連携の開始前")  # there when enabled, never sent by us
    SYNCED = "synced", _("連携済み")
    FAILED = "failed", _("エラー")
    SKIPPED = "skipped", _("スキップ")
    PENDING = "pending", _("確認待ち")  # claimed for its first sending, which is not recorded yet


class FailureKind(models.TextChoices):
    CONFIGURATION = "configuration", _("設定")
    TRANSIENT = "transient", _("一時的")
    INTERNAL = "internal", _("内部")
    LOST = "lost", _("中断")


class AlertKind(models.TextChoices):
    BUDGET = "budget", _("1日の上限")
    SYNC_USER = "sync_user", _("連携ユーザー")
    UNREACHABLE = "unreachable", _("接続")
    CONFIGURATION = "configuration", _("設定")
    DRIFT = "drift", _("kintoneのフォームの変更")
    SIGHT = "sight", _("参照できるリード")
    RECORDS_FAILED = "records_failed", _("エラーのデータ")
    INTERNAL = "internal", _("内部エラー")
