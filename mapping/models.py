"""A `Mapping` sends one record type into one kintone app; its `Rule`s say what fills a field.

A `SettingsDraft` is what was saved of a connection and its mappings while they are at work, and is
not registered yet.
"""

from dataclasses import dataclass

from django.db import models
from django.utils.translation import gettext_lazy as _

from common.encrypted import EncryptedTextField
from integrations.models import Connection
from mapping.rulespec import RuleSpec


class OffFor(models.TextChoices):
    """Why a mapping rests for a while."""

    CLEANSING = "cleansing", _("クレンジング中")


@dataclass(frozen=True, slots=True, kw_only=True)
class Drafted:
    """What an instance of `Mapping` that stands for a draft says beside its columns."""

    specs: tuple[RuleSpec, ...]
    sync_user: str | None
    """E-mail address; None: the registered one."""


class Mapping(models.Model):
    """One record type into one kintone app.

    `version` rises with every registered change of rules, app or update key (`mapping.rules`); what
    was sent under an older version may look different in kintone. `form` is kintone's answer to
    app/form/fields.json as of `form_read_at`; {} before the first 「読み込み」. How the rules stand
    to it say `made_on`, `drift` and `left_out`, written when either changes (`mapping.standing`).
    """

    connection = models.ForeignKey(Connection, models.CASCADE, related_name="mappings")
    record_type = models.CharField(_("対象データ"), max_length=20)
    app = models.PositiveBigIntegerField(_("アプリID"))
    guest_space = models.PositiveBigIntegerField(_("ゲストスペースID"), null=True, blank=True)
    update_key = models.CharField(_("更新キー"), max_length=128, blank=True)
    enabled = models.BooleanField(_("有効"), default=False)
    enabled_at = models.DateTimeField(null=True)
    off_for = models.CharField(max_length=20, choices=OffFor, blank=True)
    """Why it rests, where it is to be switched on again; "" where a person just switched it off."""
    off_since = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=1)
    app_name = models.CharField(_("アプリ名"), max_length=255, blank=True)
    form = models.JSONField(default=dict)
    form_read_at = models.DateTimeField(null=True)
    made_on = models.JSONField(default=dict)
    """What fields with a drift were when the rules were made: code → kintone's description, None
    where there was none. All other fields are as in `form`."""
    drift = models.JSONField(default=list)
    """What is not as it was then: `mapping.drift.Drift.as_json` each."""
    left_out = models.JSONField(default=list)
    """Origins of rules that were left out and of which records may lack a value."""
    access = models.JSONField(default=dict)
    """What the connection's login may do with the app: `integrations.kintone.access.Access`, as of
    the last 「読み込み」; {} before."""
    drafted: Drafted | None = None
    """Only of instances made by `mapping.settings_drafts.as_drafted`; they are never saved."""

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "record_type", "app"], name="mapping_of_type_into_app"
            )
        ]
        ordering = ["connection", "id"]

    def __str__(self) -> str:
        return f"{self.connection.name}/{self.record_type}/{self.app}"


class SettingsDraft(models.Model):
    """What was saved of a connection and its mappings, and waits for 「登録」; no run knows of it.

    One for the whole installation, whoever saves. `changes` says each value that is to be another
    one, with what was registered when it was changed first (`mapping.settings_drafts`).
    """

    connection = models.OneToOneField(Connection, models.CASCADE, related_name="draft")
    changes = models.JSONField(default=list)
    secrets = EncryptedTextField(blank=True, default="")
    """JSON: name of the connection's column → registered before, wanted."""
    forms = models.JSONField(default=dict)
    """Primary key of a mapping → what was read of the app for the draft: columns of `Mapping`."""
    version = models.PositiveIntegerField(default=0)
    """Rises with each saving."""
    begun_at = models.DateTimeField()
    saved_at = models.DateTimeField()
    saved_by = models.CharField(max_length=200, blank=True)
    at_mapping = models.BigIntegerField(null=True)
    """Primary key of the mapping whose page saved last; null: step 1 did."""

    def __str__(self) -> str:
        return f"{self.connection_id} {self.version}"


class KintoneUser(models.Model):
    """Somebody who has a login name in a kintone, as it was read last."""

    connection = models.ForeignKey(Connection, models.CASCADE, related_name="kintone_users")
    code = models.CharField(_("kintoneのログイン名"), max_length=128)
    name = models.CharField(max_length=255, blank=True)
    email = models.CharField(max_length=255, blank=True)
    active = models.BooleanField(default=True)
    read_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["connection", "code"], name="kintone_user_of_code")
        ]

    def __str__(self) -> str:
        return self.code


class UserTie(models.Model):
    """Which kintone user somebody of the CRM is, as a person chose."""

    connection = models.ForeignKey(Connection, models.CASCADE, related_name="user_ties")
    email = models.CharField(_("メールアドレス"), max_length=200)
    """Of the CRM's member, in small letters."""
    code = models.CharField(_("kintoneのログイン名"), max_length=128, blank=True)
    """"": nothing is sent for this member."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["connection", "email"], name="user_tie_of_email")
        ]

    def __str__(self) -> str:
        return f"{self.email} = {self.code}"


class Rule(models.Model):
    """What fills one kintone field. Exactly one of source, template, fixed is given."""

    class Empty(models.TextChoices):
        CLEAR = "clear", _("フィールドを空にする")
        KEEP = "keep", _("フィールドを変更しない")
        FIXED = "fixed", _("固定値を入れる")

    mapping = models.ForeignKey(Mapping, models.CASCADE, related_name="rules")
    field = models.CharField(_("フィールドコード"), max_length=128)
    table = models.CharField(_("テーブル"), max_length=128, blank=True)
    """Field code of the table that `field` is a column of; "" outside tables."""
    source = models.CharField(_("項目"), max_length=128, blank=True)
    template = models.CharField(max_length=500, blank=True)
    fixed = models.CharField(_("固定値"), max_length=3000, blank=True)
    values = models.JSONField(_("値の変換表"), default=dict)
    empty = models.CharField(max_length=10, choices=Empty, default=Empty.CLEAR)
    empty_value = models.CharField(max_length=3000, blank=True)
    keep_rows = models.BooleanField(default=False)
    """See `mapping.rulespec.RuleSpec`."""

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["mapping", "table", "field"], name="one_rule_per_kintone_field"
            ),
            models.CheckConstraint(
                condition=(
                    (~models.Q(source="") & models.Q(template="", fixed=""))
                    | (~models.Q(template="") & models.Q(source="", fixed=""))
                    | models.Q(source="", template="")
                ),
                name="rule_has_one_origin",
            ),
        ]
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.field} ← {self.source or self.template or self.fixed!r}"
