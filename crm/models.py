"""The customer data, and who may look at it.

`Account` signs in. `Member` is a user of the CRM that the data comes from: owns companies and
leads, belongs to `Group`s. `Department`s form a tree under a `Company`; a `Lead` belongs to a
company and perhaps to a department. The three of them are *source rows*: each has a version and
two times, kept by `crm.writing` alone (never by `save`): write source rows through it.
"""

from collections.abc import Mapping
from types import MappingProxyType

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from common.types import UserRef


class Account(AbstractUser):
    """Somebody who signs in to hpsync. Only administrators see anything."""

    class Role(models.TextChoices):
        ADMINISTRATOR = "administrator", _("管理者")
        GENERAL = "general", _("一般")

    role = models.CharField(_("システム権限"), max_length=20, choices=Role, default=Role.GENERAL)

    @property
    def is_administrator(self) -> bool:
        """Whether the settings and the data are open to this account."""
        return self.is_active and self.role == self.Role.ADMINISTRATOR


class Group(models.Model):
    """A group of members, by which leads are made visible."""

    name = models.CharField(_("グループ名"), max_length=255, unique=True)

    def __str__(self) -> str:
        return self.name


class Member(models.Model):
    """A user of the CRM (社員): owner of companies and leads; tied to no account."""

    name = models.CharField(_("氏名"), max_length=255)
    email = models.EmailField(_("メールアドレス"), max_length=200, unique=True)
    login = models.CharField(_("kintoneのログイン名"), max_length=128, blank=True)
    active = models.BooleanField(_("有効"), default=True)
    groups = models.ManyToManyField(Group, blank=True, related_name="members")
    section = models.CharField(_("所属部署"), max_length=1000, blank=True)
    """Where in its own company the member is: names from the top down, joined by "＞"."""

    def __str__(self) -> str:
        return self.name


class AccessMode(models.TextChoices):
    """By what a lead whose 公開範囲 is 「グループ」 is open to others than its owner."""

    GROUPS = "groups", _("権限グループモード")
    SECTIONS = "sections", _("部署権限モード")


class AccessSettings(models.Model):
    """One row at most: the access mode, where it was ever chosen (`crm.access`)."""

    mode = models.CharField(
        _("アクセス権限のモード"), max_length=20, choices=AccessMode, default=AccessMode.GROUPS
    )

    def __str__(self) -> str:
        return self.get_mode_display()


class CustomItem(models.Model):
    """The definition of a カスタム項目: its values stand in `SourceRow.custom` under `key`."""

    record_type = models.CharField(_("対象データ"), max_length=20)
    key = models.CharField(_("キー"), max_length=64)
    label = models.CharField(_("項目名"), max_length=128)
    kind = models.CharField(_("種類"), max_length=20)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["record_type", "key"], name="custom_item_key")
        ]
        ordering = ["id"]

    def __str__(self) -> str:
        return self.label


class SourceRow(models.Model):
    """What the three record types share.

    `version` rises, and `changed_at` moves, with every change of the row's own content *or* of a
    related value that can be mapped (a lead's company is renamed); `updated_at` moves with the
    row's own content only and is itself an item (更新日時). The change scan reads by
    `(changed_at, id)`.

    Numbers (緯度, 経度, custom ones) are stored as plain decimal text: SQLite has no decimals, and
    a value that comes back with other digits than it went in would count as a change.
    """

    known_members: Mapping[str, UserRef] = MappingProxyType({})
    """E-mail → member, for the custom items that hold users; given by `crm.changes`."""

    external_id = models.CharField(_("外部ID"), max_length=128, unique=True, null=True)
    custom = models.JSONField(_("カスタム項目"), default=dict)
    version = models.PositiveBigIntegerField(default=1)
    created_at = models.DateTimeField(_("登録日時"))
    updated_at = models.DateTimeField(_("更新日時"))
    changed_at = models.DateTimeField()

    class Meta:
        abstract = True
        indexes = [models.Index(fields=["changed_at", "id"], name="%(class)s_changed")]


class Company(SourceRow):
    """会社."""

    name = models.CharField(_("会社名"), max_length=255, db_index=True)
    name_kana = models.CharField(_("会社名カナ"), max_length=255, blank=True)
    name_disp = models.CharField(_("会社名略称"), max_length=255, blank=True)
    zip = models.CharField(_("郵便番号"), max_length=100, blank=True)
    pref = models.CharField(_("都道府県"), max_length=100, blank=True)
    address = models.CharField(_("住所"), max_length=255, blank=True)
    latitude = models.CharField(_("緯度"), max_length=19, blank=True)
    longitude = models.CharField(_("経度"), max_length=19, blank=True)
    main_tel = models.CharField(_("代表電話番号"), max_length=255, blank=True)
    url = models.CharField(_("URL"), max_length=255, blank=True)
    mail_domain = models.CharField(_("メールドメイン"), max_length=255, blank=True)
    business_category_kbn = models.CharField(_("業種"), max_length=255, blank=True)
    worker_number_kbn = models.CharField(_("従業員数"), max_length=255, blank=True)
    capital_kbn = models.CharField(_("資本金"), max_length=255, blank=True)
    ipo_kbn = models.CharField(_("上場区分"), max_length=255, blank=True)
    sales_last_year = models.CharField(_("前年売上"), max_length=255, blank=True)
    corporate_number = models.CharField(_("法人番号"), max_length=13, blank=True, db_index=True)
    note = models.CharField(_("メモ"), max_length=3000, blank=True)
    tags = models.JSONField(_("タグ"), default=list)
    owner = models.ForeignKey(
        Member, models.SET_NULL, null=True, blank=True, related_name="companies"
    )
    match_name = models.CharField(max_length=255, blank=True)
    match_tel = models.CharField(max_length=255, blank=True)
    match_zip = models.CharField(max_length=100, blank=True)
    match_address = models.CharField(max_length=400, blank=True)
    """What duplicates are told by, these four; kept by `crm.writing` (`crm.writing.likeness`)."""

    class Meta(SourceRow.Meta):
        pass

    def __str__(self) -> str:
        return self.name


class Department(SourceRow):
    """部署, a node of its company's tree."""

    company = models.ForeignKey(Company, models.CASCADE, related_name="departments")
    parent = models.ForeignKey(
        "self", models.CASCADE, null=True, blank=True, related_name="children"
    )
    name = models.CharField(_("部署名"), max_length=255)
    path = models.TextField(_("部署階層"))
    """Names from the root to this one, joined by "＞"; kept by `crm.writing`."""

    class Meta(SourceRow.Meta):
        pass

    def __str__(self) -> str:
        return self.path


class Lead(SourceRow):
    """リード: the newest information about a person."""

    class Visibility(models.TextChoices):
        EVERYONE = "everyone", _("全体")
        GROUPS = "groups", _("グループ")
        OWNER = "owner", _("営業担当者のみ")

    company = models.ForeignKey(Company, models.CASCADE, related_name="leads")
    department = models.ForeignKey(
        Department, models.SET_NULL, null=True, blank=True, related_name="leads"
    )
    family_name = models.CharField(_("姓"), max_length=100)
    first_name = models.CharField(_("名"), max_length=100, blank=True)
    family_name_kana = models.CharField(_("姓カナ"), max_length=100, blank=True)
    first_name_kana = models.CharField(_("名カナ"), max_length=100, blank=True)
    post = models.CharField(_("役職"), max_length=255, blank=True)
    tel = models.CharField(_("電話番号"), max_length=100, blank=True)
    extension = models.CharField(_("内線番号"), max_length=8, blank=True)
    fax = models.CharField(_("FAX"), max_length=100, blank=True)
    mobile_tel = models.CharField(_("携帯電話番号"), max_length=100, blank=True)
    email = models.CharField(_("メールアドレス"), max_length=200, blank=True, db_index=True)
    mobile_email = models.CharField(_("携帯メールアドレス"), max_length=100, blank=True)
    zip = models.CharField(_("郵便番号"), max_length=50, blank=True)
    pref = models.CharField(_("都道府県"), max_length=100, blank=True)
    address = models.CharField(_("住所"), max_length=255, blank=True)
    url = models.CharField(_("URL"), max_length=255, blank=True)
    latitude = models.CharField(_("緯度"), max_length=19, blank=True)
    longitude = models.CharField(_("経度"), max_length=19, blank=True)
    lead_status = models.CharField(_("ステータス"), max_length=100, blank=True)
    lead_source_kbn = models.CharField(_("リードソース区分"), max_length=255, blank=True)
    lead_source = models.CharField(_("リードソース"), max_length=3000, blank=True)
    trade_on = models.DateField(_("情報取得日"), null=True, blank=True)
    note = models.CharField(_("メモ"), max_length=3000, blank=True)
    customer_id = models.CharField(_("顧客ID"), max_length=255, blank=True)
    tags = models.JSONField(_("タグ"), default=list)
    interest_products = models.JSONField(_("興味のある商品"), default=list)
    error_mail = models.BooleanField(_("メールエラー"), default=False)
    error_tel = models.BooleanField(_("電話エラー"), default=False)
    error_fax = models.BooleanField(_("FAXエラー"), default=False)
    error_address = models.BooleanField(_("住所エラー"), default=False)
    not_mail = models.BooleanField(_("メール不可"), default=False)
    not_tel = models.BooleanField(_("電話不可"), default=False)
    not_fax = models.BooleanField(_("FAX不可"), default=False)
    not_dm = models.BooleanField(_("DM不可"), default=False)
    competitor = models.BooleanField(_("競合"), default=False)
    important_customer = models.BooleanField(_("重要顧客"), default=False)
    end_user = models.BooleanField(_("エンドユーザー"), default=False)
    store = models.BooleanField(_("販売店"), default=False)
    owner = models.ForeignKey(Member, models.SET_NULL, null=True, blank=True, related_name="leads")
    visibility = models.CharField(
        _("公開範囲"), max_length=20, choices=Visibility, default=Visibility.EVERYONE
    )
    groups = models.ManyToManyField(Group, blank=True, related_name="leads")
    match_name = models.CharField(max_length=255, blank=True)
    match_email = models.CharField(max_length=200, blank=True)
    """What duplicates are told by, both; kept by `crm.writing` (`crm.writing.likeness`)."""

    class Meta(SourceRow.Meta):
        indexes = [
            *SourceRow.Meta.indexes,
            # How many leads somebody sees is counted in it alone (`crm.visibility`).
            models.Index(fields=["visibility", "owner", "id"], name="lead_in_sight"),
        ]

    def __str__(self) -> str:
        return f"{self.family_name} {self.first_name}".strip()


class Alias(models.Model):
    """An external ID that a record had before, and the one that it has now.

    `new_id` is never itself an old one: longer chains are cut short as they come in.
    """

    class Origin(models.TextChoices):
        FILE = "file", _("CSV")
        HAND = "hand", _("画面")
        SOURCE = "source", _("ホットプロファイル")

    record_type = models.CharField(_("対象データ"), max_length=20)
    old_id = models.CharField(_("旧ID"), max_length=128)
    new_id = models.CharField(_("新ID"), max_length=128)
    origin = models.CharField(_("登録方法"), max_length=10, choices=Origin)
    made_at = models.DateTimeField(_("登録日時"))

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["record_type", "old_id"], name="alias_of_old_id")
        ]
        indexes = [models.Index(fields=["record_type", "new_id"], name="alias_of_new_id")]

    def __str__(self) -> str:
        return f"{self.record_type} {self.old_id} → {self.new_id}"


class MergedRow(models.Model):
    """A row that went into another one and is gone; kintone may still have a record of it."""

    record_type = models.CharField(_("対象データ"), max_length=20)
    row_id = models.BigIntegerField()
    into_id = models.BigIntegerField()
    """Primary key of the row that it is now; that of the last one, should that be merged too."""
    external_id = models.CharField(_("外部ID"), max_length=128, blank=True)
    label = models.CharField(max_length=255)
    merged_at = models.DateTimeField(_("統合日時"))

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["record_type", "row_id"], name="merged_row_once")
        ]
        indexes = [models.Index(fields=["record_type", "into_id"], name="merged_row_into")]

    def __str__(self) -> str:
        return f"{self.record_type} {self.row_id} → {self.into_id}"


class LikelyDuplicate(models.Model):
    """Two rows that look like one: found by `crm.duplicates`, judged by a person."""

    class Reason(models.TextChoices):
        NUMBER = "number", _("法人番号が同じ")
        PHONE = "phone", _("会社名と電話番号が同じ")
        ZIP = "zip", _("会社名と郵便番号が同じ")
        ADDRESS = "address", _("会社名と住所が同じ")
        PATH = "path", _("会社と部署階層が同じ")
        EMAIL = "email", _("メールアドレスが同じ")
        PERSON = "person", _("会社と氏名が同じ")

    record_type = models.CharField(_("対象データ"), max_length=20)
    first_id = models.BigIntegerField()
    second_id = models.BigIntegerField()
    """The higher of the two primary keys."""
    reason = models.CharField(_("理由"), max_length=10, choices=Reason)
    found_at = models.DateTimeField()
    dismissed = models.BooleanField(default=False)
    """A person said that they are two (「別のデータ」)."""

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["record_type", "first_id", "second_id"], name="duplicate_once"
            )
        ]
        indexes = [
            models.Index(fields=["record_type", "dismissed", "id"], name="duplicate_listed"),
            models.Index(fields=["record_type", "second_id"], name="duplicate_of_second"),
        ]

    def __str__(self) -> str:
        return f"{self.record_type} {self.first_id} = {self.second_id}?"


class DuplicateSearch(models.Model):
    """The last search for likely duplicates of one record type that a worker has, or had."""

    record_type = models.CharField(max_length=20, unique=True)
    begun_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    failed = models.BooleanField(default=False)

    def __str__(self) -> str:
        return f"{self.record_type} {self.begun_at}"


class SearchText(models.Model):
    """What of a source row is searched (`crm.searching`); kept by `crm.writing`."""

    text = models.TextField()
    """Its values, normalised."""
    pairs = models.TextField()
    """The pairs of characters in `text`, which the databases keep an index over."""

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.text


class CompanySearch(SearchText):
    """What of a company is searched."""

    row = models.OneToOneField(Company, models.CASCADE, primary_key=True, related_name="search")


class DepartmentSearch(SearchText):
    """What of a department is searched."""

    row = models.OneToOneField(Department, models.CASCADE, primary_key=True, related_name="search")


class LeadSearch(SearchText):
    """What of a lead is searched."""

    row = models.OneToOneField(Lead, models.CASCADE, primary_key=True, related_name="search")


class ColumnMatch(models.Model):
    """Which items the columns of a CSV filled last time, remembered by its heading line."""

    record_type = models.CharField(max_length=20)
    heading_digest = models.CharField(max_length=64)
    columns = models.JSONField()
    """Item key → column heading."""
    key = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["record_type", "heading_digest"], name="column_match_heading"
            )
        ]

    def __str__(self) -> str:
        return f"{self.record_type}: {self.heading_digest[:8]}"


class ImportRun(models.Model):
    """One import of a file by the screen, the folder or the command, with what came of it."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("未実行")
        RUNNING = "running", _("処理中")
        SUCCEEDED = "succeeded", _("完了")
        PARTIAL = "partial", _("完了（一部エラー）")
        FAILED = "failed", _("エラー")

    record_type = models.CharField(_("対象データ"), max_length=20)
    file_name = models.CharField(_("ファイル名"), max_length=255)
    status = models.CharField(max_length=20, choices=Status, default=Status.DRAFT)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    lines = models.PositiveIntegerField(default=0)
    """About how many lines the file has, for the progress; 0 where nobody asked."""
    read = models.PositiveIntegerField(_("読み込んだ行"), default=0)
    created = models.PositiveIntegerField(_("新規"), default=0)
    updated = models.PositiveIntegerField(_("更新"), default=0)
    unchanged = models.PositiveIntegerField(_("変更なし"), default=0)
    refused = models.JSONField(default=list)
    """The first ones, [{line, reason}], `line` counted from the heading line = 1."""
    account = models.ForeignKey(Account, models.SET_NULL, null=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(finished_at__isnull=True) | Q(finished_at__gte=models.F("started_at")),
                name="import_ends_after_start",
            )
        ]

    def __str__(self) -> str:
        return f"{self.file_name} ({self.get_status_display()})"

    @property
    def refused_count(self) -> int:
        """How many lines were refused in all."""
        return self.read - self.created - self.updated - self.unchanged
