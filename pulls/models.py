"""Where customer data is pulled from, and what came of it.

A `Tenant` is a Hot Profile with its API key, and how far it was read: a *cycle* reads companies,
then leads, by rising id, and may take several `Pull`s, when one is stopped or dies. A `Pull` is one
go at it, with its counts. An `Arrival` is a row that came from there; a `Refusal` one that did not
fit and is tried again; a `LabelledItem` ties a label of theirs to a custom item of ours. A
`Trouble` is a state of ill health that people were, or are to be, told about.
"""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from common.encrypted import EncryptedTextField


class Stage(models.TextChoices):
    """What a cycle is reading; "" between two cycles."""

    COMPANIES = "company", _("会社")
    LEADS = "lead", _("リード")


class Tenant(models.Model):
    """A Hot Profile, and how far its data is accounted for."""

    host = models.CharField(_("ホスト名"), max_length=255)
    """As in its address; with a port only where the operator allows it."""
    api_key = EncryptedTextField(_("APIキー"))
    api_key_variable = models.CharField(max_length=128, blank=True)
    """The environment variable that a settings file took the key from; "" if none did."""
    enabled = models.BooleanField(_("自動で取り込む"), default=True)
    notify = models.JSONField(_("通知先メールアドレス"), default=list)
    """E-mail addresses."""
    watermark = models.DateTimeField(null=True)
    """Every change before it has come in, by their clock; null before the first cycle's end."""
    stage = models.CharField(max_length=10, choices=Stage.choices, blank=True)
    """What the cycle under way has come to; "" if none is."""
    next_id = models.PositiveBigIntegerField(default=1)
    """Ids below it are done in this stage."""
    since = models.DateTimeField(null=True)
    """The cycle reads what changed from then on; null: everything."""
    began = models.DateTimeField(null=True)
    """When the cycle began, by their clock: the watermark when it has ended."""
    reading = models.PositiveIntegerField(default=1)
    """Number of the reading of everything that is under way, or was last."""
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.host


class Pull(models.Model):
    """One go at a tenant's data (取り込み). `owner` holds the lease, as with runs."""

    class Trigger(models.TextChoices):
        SCHEDULE = "schedule", _("スケジュール")
        MANUAL = "manual", _("手動")

    class Status(models.TextChoices):
        QUEUED = "queued", _("待機中")
        RUNNING = "running", _("処理中")
        SUCCEEDED = "succeeded", _("完了")
        PARTIAL = "partial", _("完了（一部エラー）")
        FAILED = "failed", _("エラー")
        CANCELED = "canceled", _("中止")

        @property
        def tone(self) -> str:
            """Which colour token the badge takes (ux.md §3)."""
            tones = {"running": "info", "succeeded": "plain", "partial": "warn", "failed": "err"}
            return tones.get(self.value, "neutral")

        @property
        def icon(self) -> str:
            """Which icon stands beside the word."""
            return {
                "queued": "dots",
                "running": "play",
                "succeeded": "check",
                "partial": "triangle",
                "failed": "cross",
                "canceled": "square",
            }[self.value]

    ACTIVE = (Status.QUEUED, Status.RUNNING)

    tenant = models.ForeignKey(Tenant, models.CASCADE, related_name="pulls")
    trigger = models.CharField(_("種別"), max_length=12, choices=Trigger.choices)
    status = models.CharField(
        _("ステータス"), max_length=10, choices=Status.choices, default=Status.QUEUED
    )
    full = models.BooleanField(default=False)
    """Begins a reading of everything."""
    queued_at = models.DateTimeField()
    rung_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(_("開始"), null=True)
    finished_at = models.DateTimeField(_("終了"), null=True)
    heartbeat_at = models.DateTimeField(null=True)
    owner = models.CharField(max_length=200, blank=True)
    deaths = models.PositiveSmallIntegerField(default=0)
    """How many processes died over it."""
    stage = models.CharField(max_length=10, choices=Stage.choices, blank=True)
    total = models.PositiveIntegerField(default=0)
    """Records of the stage that it takes up in this pull."""
    done = models.PositiveIntegerField(default=0)
    companies = models.PositiveIntegerField(_("会社"), default=0)
    """Read; the same for `leads`."""
    leads = models.PositiveIntegerField(_("リード"), default=0)
    created = models.PositiveIntegerField(_("新規"), default=0)
    """Companies and leads; the same for the three below."""
    updated = models.PositiveIntegerField(_("更新"), default=0)
    unchanged = models.PositiveIntegerField(_("変更なし"), default=0)
    refused = models.PositiveIntegerField(_("エラー"), default=0)
    calls = models.PositiveIntegerField(_("API呼び出し"), default=0)
    gone = models.PositiveIntegerField(null=True)
    """Rows that a reading of everything did not find any more; null where there was none."""
    message = models.JSONField(default=dict)
    """A `Problem` (`as_json`), {} if none."""
    traceback = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant"],
                condition=Q(status__in=["queued", "running"]),
                name="one_active_pull_per_tenant",
            )
        ]
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.pk} {self.tenant_id} {self.status}"

    @property
    def read(self) -> int:
        """How many records were read."""
        return self.companies + self.leads

    @property
    def badge(self) -> "Pull.Status":
        """The status as that, for its tone and icon."""
        return Pull.Status(self.status)


class Arrival(models.Model):
    """A company or lead that came from the tenant."""

    record_type = models.CharField(max_length=20)
    external_id = models.CharField(max_length=128)
    reading = models.PositiveIntegerField()
    """The number of the reading of everything during which it was last seen."""
    gone = models.BooleanField(default=False)
    """A whole reading did not find it: deleted there, merged, or no longer visible to the key."""
    owner_code = models.CharField(max_length=255, blank=True)
    owner_name = models.CharField(max_length=255, blank=True)
    owner_unknown = models.BooleanField(default=False)
    """Nobody of ours is that owner yet; given as soon as there is one."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["record_type", "external_id"], name="arrival_of_row")
        ]
        indexes = [
            models.Index(
                fields=["owner_name", "owner_code"],
                name="arrival_owner_unknown",
                condition=Q(owner_unknown=True),
            ),
            models.Index(fields=["id"], name="arrival_gone", condition=Q(gone=True)),
        ]

    def __str__(self) -> str:
        return f"{self.record_type} {self.external_id}"


class Refusal(models.Model):
    """A record that did not fit, as it came; tried again with every pull."""

    record_type = models.CharField(max_length=20)
    external_id = models.CharField(max_length=128)
    label = models.CharField(max_length=255)
    record = models.JSONField()
    reason = models.TextField()
    reading = models.PositiveIntegerField()
    """The number of the reading of everything during which it came last."""
    refused_at = models.DateTimeField()
    """When it was tried last."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["record_type", "external_id"], name="refusal_of_row")
        ]
        indexes = [models.Index(fields=["record_type", "refused_at", "id"], name="refusal_oldest")]

    def __str__(self) -> str:
        return f"{self.record_type} {self.external_id}"


class LabelledItem(models.Model):
    """The custom item that takes the values of one label; without one they are left out.

    A person may rename the item, or delete it: it does not come back.
    """

    record_type = models.CharField(max_length=20)
    label = models.CharField(max_length=255)
    key = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["record_type", "label"], name="item_of_label")
        ]

    def __str__(self) -> str:
        return f"{self.record_type} {self.label}"


class Trouble(models.Model):
    """What keeps data from coming in, from its beginning to its end; people are told of each."""

    tenant = models.ForeignKey(Tenant, models.CASCADE, related_name="troubles")
    problem = models.JSONField()
    began_at = models.DateTimeField()
    began_told_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    ended_told_at = models.DateTimeField(null=True)
    pull = models.ForeignKey(Pull, models.SET_NULL, null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant"], condition=Q(ended_at__isnull=True), name="one_open_trouble"
            )
        ]

    def __str__(self) -> str:
        return f"{self.tenant_id} {self.problem.get('code')}"
