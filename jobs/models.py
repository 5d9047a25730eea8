"""What was done, when, and what came of it.

A `Schedule` says when a connection is due, whose leads it sends and whom it tells. A `Run` is one
execution of one mapping; its `Outcome`s say what became of each record that it touched. A `Ledger`
is what we know of one target (domain, app, update key) of a mapping: how far the source is
accounted for, and one `LedgerEntry` per source row. `KeyClaim`s keep an update key with one entry.
A `KeptExchange` is what went to kintone and what came back when it refused a record.
A `Preview` is a run that stopped before sending; its `PreviewItem`s are what such a run would send,
or why not. An `Alert` is a state of ill health that a person was, or is to be, told about (how, is
kept by `jobs.notices.models`).
`Heartbeat`, `SecretName` and `SightCount` are small memories: of the clock, of the settings file,
of how many leads the sync users see.

Which entries are looked at again without a change of their row is decided by one column,
`LedgerEntry.due_at`: in doubt → when the last request must be over; failed but healable → the next
try; waiting for a key, the form or the mapping → set when that changes; else null.
"""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

import jobs.notices.models  # noqa: F401 — Django looks for models here
from crm.models import Company, Department, Lead, Member
from integrations.models import Connection
from jobs.states import (
    AlertKind,
    EntryState,
    FailureKind,
    Interval,
    PreviewStatus,
    RecordOutcome,
    RunStatus,
    Trigger,
)
from mapping.models import Mapping


class Schedule(models.Model):
    """When a connection is due, whose visible leads it sends, who is told."""

    connection = models.OneToOneField(Connection, models.CASCADE, related_name="schedule")
    interval = models.CharField(
        _("実行スケジュール"), max_length=4, choices=Interval.choices, default=Interval.MINUTES_5
    )
    next_due_at = models.DateTimeField(db_index=True)
    sync_user = models.ForeignKey(Member, models.SET_NULL, null=True, blank=True)
    sync_user_email = models.EmailField(_("連携ユーザー"), max_length=200, blank=True)
    """Who was chosen; still says so when the member is gone, or has not come in yet."""
    notify = models.JSONField(_("通知先メールアドレス"), default=list)
    """E-mail addresses."""

    def __str__(self) -> str:
        return f"{self.connection.name}: {self.interval}"


class Run(models.Model):
    """One execution of one mapping (データ処理).

    `slot` is the moment that fell due: runs of one connection and slot form a chain, parents first.
    `rules_version` is the mapping's version that the run works by. `owner` names the process that
    holds the lease (`jobs.liveness`); `heartbeat_at` is renewed before each request and with each
    batch, and only while the run is running.
    """

    #: Counts of records that were settled.
    DONE = ("created", "updated", "unchanged", "skipped", "invalid", "rejected")

    mapping = models.ForeignKey(Mapping, models.CASCADE, related_name="runs")
    trigger = models.CharField(_("種別"), max_length=12, choices=Trigger.choices)
    status = models.CharField(
        _("ステータス"), max_length=10, choices=RunStatus.choices, default=RunStatus.QUEUED
    )
    slot = models.DateTimeField()
    rules_version = models.PositiveIntegerField(default=0)
    full = models.BooleanField(default=False)
    """Takes existing data too (全件連携)."""
    paused = models.BooleanField(default=False)
    """A person wants it to rest: it is held at its next request, until the person resumes it."""
    total = models.PositiveIntegerField(null=True)
    """How many records a first load has to settle in all; null for other runs."""
    done_before = models.PositiveIntegerField(default=0)
    """How many of them were settled when it was last taken up."""
    only = models.BigIntegerField(null=True)
    """Primary key of the one source row of a test or a retry of one; null = what is owed."""
    plan = models.BigIntegerField(null=True)
    """Primary key of the preview whose records are sent, as it found them, and no others."""
    draft = models.BigIntegerField(null=True)
    """Of a test: primary key of the draft (`mapping.models.SettingsDraft`) that it goes by."""
    queued_at = models.DateTimeField()
    started_at = models.DateTimeField(_("開始"), null=True)
    finished_at = models.DateTimeField(_("終了"), null=True)
    heartbeat_at = models.DateTimeField(null=True)
    rung_at = models.DateTimeField(null=True)
    """When the doorbell was last rung for this queued run."""
    owner = models.CharField(max_length=200, blank=True)
    resume_at = models.DateTimeField(null=True)
    created = models.PositiveIntegerField(_("新規"), default=0)
    updated = models.PositiveIntegerField(_("更新"), default=0)
    unchanged = models.PositiveIntegerField(_("変更なし"), default=0)
    skipped = models.PositiveIntegerField(_("スキップ"), default=0)
    invalid = models.PositiveIntegerField(_("エラー（送信前）"), default=0)
    rejected = models.PositiveIntegerField(_("エラー（kintone）"), default=0)
    unsent = models.PositiveIntegerField(_("未送信"), default=0)
    requests = models.PositiveIntegerField(_("HTTP通信"), default=0)
    counted = models.PositiveIntegerField(_("APIリクエスト"), default=0)
    left_out = models.JSONField(default=list)
    """Fields that were not sent, as they do not fit the form any more: `Problem.as_json` each."""
    failure_kind = models.CharField(max_length=16, choices=FailureKind.choices, blank=True)
    message = models.JSONField(default=dict)
    """A `Problem` for the whole run (`as_json`), {} if none."""
    traceback = models.TextField(blank=True)

    class Meta:
        constraints = [
            # At most one active run per mapping; tests of one record are possible at any time.
            # What rests by a person's wish, or as a first load, does not stop the schedule.
            models.UniqueConstraint(
                fields=["mapping"],
                condition=Q(only__isnull=True)
                & (
                    Q(status__in=[RunStatus.QUEUED, RunStatus.RUNNING])
                    | Q(status=RunStatus.HELD, paused=False, full=False)
                ),
                name="one_active_run_per_mapping",
            )
        ]
        indexes = [
            models.Index(fields=["status", "heartbeat_at"], name="run_status_heartbeat"),
            models.Index(fields=["mapping", "-id"], name="run_of_mapping"),
            models.Index(fields=["queued_at"], name="run_queued_at"),
        ]
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.pk} {self.mapping} {self.status}"

    @property
    def loads_existing(self) -> bool:
        """Whether it is a first load, or goes on with one."""
        return self.full and self.plan is None

    @property
    def continues_first_load(self) -> bool:
        """Whether it takes existing data because a first load before it was stopped."""
        return self.full and self.trigger not in (Trigger.FIRST_LOAD, Trigger.PLAN)

    @property
    def done(self) -> int:
        """How many records were settled."""
        return sum(getattr(self, name) for name in self.DONE)


class Ledger(models.Model):
    """What is known of one mapping's target. Another app, domain or key is another ledger."""

    mapping = models.ForeignKey(Mapping, models.CASCADE, related_name="ledgers")
    host = models.CharField(max_length=100)
    app = models.PositiveBigIntegerField()
    key_field = models.CharField(max_length=128)
    watermark = models.DateTimeField(null=True)
    """Every change before it is accounted for; null before the first run."""
    reconciled_at = models.DateTimeField(null=True)
    loads_existing = models.BooleanField(default=False)
    """A first load began that has not ended well, and that nobody gave up: runs go on with it."""

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["mapping", "host", "app", "key_field"], name="ledger_of_target"
            )
        ]

    def __str__(self) -> str:
        return f"{self.mapping_id} → {self.host}/{self.app} ({self.key_field})"

    @property
    def is_current(self) -> bool:
        """Whether the mapping still sends to this target."""
        mapping = self.mapping
        present = (mapping.connection.host, mapping.app, mapping.update_key)
        return (self.host, self.app, self.key_field) == present


class LedgerEntry(models.Model):
    """The last known state of one source row in one target.

    `version` is the source row's version that is accounted for; "differs" means owed. `digest` is
    of what kintone holds from us, "" if unknown.
    """

    # The constraint's index begins with it.
    ledger = models.ForeignKey(Ledger, models.CASCADE, related_name="entries", db_index=False)
    source_id = models.BigIntegerField()
    state = models.CharField(max_length=10, choices=EntryState.choices)
    version = models.PositiveBigIntegerField()
    digest = models.CharField(max_length=64, blank=True)
    key = models.CharField(max_length=64, blank=True)
    """The update key as last sent, "" before the first."""
    record_id = models.PositiveBigIntegerField(null=True)
    rules_version = models.PositiveIntegerField(default=0)
    doubt_until = models.DateTimeField(null=True)
    """In doubt: kintone may hold the new values or the old; until then a request may be alive."""
    doubt_run = models.BigIntegerField(null=True)
    """Primary key of the run whose request is in doubt."""
    due_at = models.DateTimeField(null=True)
    waits_for = models.CharField(max_length=64, blank=True)
    """The update key that another record holds; due as soon as it is released."""
    attempts = models.PositiveSmallIntegerField(default=0)
    problems = models.JSONField(default=list)
    """Why it failed or was skipped: `Problem.as_json` each."""
    cause = models.CharField(max_length=64, blank=True)
    """What they come to, as `jobs.causes` names it."""
    cause_field = models.CharField(max_length=255, blank=True)
    label = models.CharField(max_length=255, blank=True)
    """What a person calls the record; kept for failed entries."""
    touched_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["ledger", "source_id"], name="ledger_entry_of_row")
        ]
        indexes = [
            models.Index(
                fields=["ledger", "due_at", "source_id"],
                name="ledger_entry_due",
                condition=Q(due_at__isnull=False),
            ),
            models.Index(
                fields=["ledger", "state", "source_id"],
                name="ledger_entry_failed",
                condition=Q(state=EntryState.FAILED),
            ),
            # With all that counting them by cause, and those that wait for a person, looks at:
            # the state too, which SQLite looks at again.
            models.Index(
                fields=["ledger", "state", "cause", "cause_field", "source_id", "due_at"],
                name="ledger_entry_cause",
                condition=Q(state=EntryState.FAILED),
            ),
            models.Index(
                fields=["ledger", "waits_for"],
                name="ledger_entry_waits",
                condition=Q(waits_for__gt=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.ledger_id}/{self.source_id} {self.state}"


class KeyClaim(models.Model):
    """One update key of one app belongs to one entry, across all mappings and connections."""

    host = models.CharField(max_length=100)
    app = models.PositiveBigIntegerField()
    key_field = models.CharField(max_length=128)
    key = models.CharField(max_length=64)
    """Normalised as kintone compares: numbers by value, text exactly."""
    entry = models.ForeignKey(LedgerEntry, models.CASCADE, related_name="claims")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["host", "app", "key_field", "key"], name="one_claim_per_key"
            )
        ]

    def __str__(self) -> str:
        return f"{self.host}/{self.app} {self.key_field}={self.key}"


class Outcome(models.Model):
    """What became of one record in one run; unchanged records have none."""

    # `outcome_of_run` begins with it.
    run = models.ForeignKey(Run, models.CASCADE, related_name="outcomes", db_index=False)
    source_id = models.BigIntegerField()
    label = models.CharField(max_length=255)
    outcome = models.CharField(max_length=10, choices=RecordOutcome.choices)
    key = models.CharField(max_length=64, blank=True)
    record_id = models.PositiveBigIntegerField(null=True)
    recreated_from = models.PositiveBigIntegerField(null=True)
    """The kintone record that was expected when kintone inserted a new one (再作成)."""
    problems = models.JSONField(default=list)
    cause = models.CharField(max_length=64, blank=True)
    """Of what failed: what the problems come to, as `jobs.causes` names it; else ""."""
    cause_field = models.CharField(max_length=255, blank=True)
    at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["run", "outcome", "id"], name="outcome_of_run"),
            models.Index(fields=["run", "id"], name="outcome_failed", condition=Q(cause__gt="")),
            models.Index(
                fields=["run", "cause", "cause_field", "id"],
                name="outcome_cause",
                condition=Q(cause__gt=""),
            ),
            models.Index(fields=["source_id", "-id"], name="outcome_of_row"),
        ]

    def __str__(self) -> str:
        return f"{self.run_id}/{self.source_id}: {self.outcome}"


class KeptExchange(models.Model):
    """The newest exchange with kintone in which a record was refused, or not answered.

    One of `company`, `department`, `lead` is the record: so it goes with it, whoever deletes it.
    The database checks nothing of that, as a record may be deleted while it is sent.
    """

    # The constraint's index begins with it.
    mapping = models.ForeignKey(
        Mapping, models.CASCADE, related_name="kept_exchanges", db_index=False
    )
    source_id = models.BigIntegerField()
    company = models.ForeignKey(
        Company, models.CASCADE, null=True, related_name="+", db_constraint=False
    )
    department = models.ForeignKey(
        Department, models.CASCADE, null=True, related_name="+", db_constraint=False
    )
    lead = models.ForeignKey(Lead, models.CASCADE, null=True, related_name="+", db_constraint=False)
    run = models.ForeignKey(Run, models.CASCADE, related_name="kept_exchanges")
    at = models.DateTimeField(db_index=True)
    evidence = models.JSONField()
    """`Evidence.as_json`."""

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["mapping", "source_id"], name="one_kept_exchange_per_record"
            )
        ]

    def __str__(self) -> str:
        return f"{self.mapping_id}/{self.source_id} {self.at}"


class Preview(models.Model):
    """事前チェック: what a push of all records of a mapping would do, without one being sent.

    Whoever dies over it leaves nothing that counts: it is made anew from its beginning.
    """

    mapping = models.ForeignKey(Mapping, models.CASCADE, related_name="previews")
    status = models.CharField(
        max_length=10, choices=PreviewStatus.choices, default=PreviewStatus.QUEUED
    )
    reads_kintone = models.BooleanField(default=False)
    """Whether the app's records are read, to know what is there and what it holds."""
    rules_version = models.PositiveIntegerField(default=0)
    """The mapping's version by which it was judged; by another it says nothing. 0: by a draft."""
    draft = models.BigIntegerField(null=True)
    """Primary key of the draft (`mapping.models.SettingsDraft`) that it judges by."""
    queued_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    heartbeat_at = models.DateTimeField(null=True)
    owner = models.CharField(max_length=200, blank=True)
    total = models.PositiveIntegerField(default=0)
    """Steps that it takes: source rows, and records of the app if it is read."""
    done = models.PositiveIntegerField(default=0)
    created = models.PositiveIntegerField(_("新規"), default=0)
    updated = models.PositiveIntegerField(_("更新"), default=0)
    unchanged = models.PositiveIntegerField(_("変更なし"), default=0)
    skipped = models.PositiveIntegerField(_("スキップ"), default=0)
    invalid = models.PositiveIntegerField(_("エラー（送信前）"), default=0)
    rejected = models.PositiveIntegerField(_("エラー（kintone）"), default=0)
    counted = models.PositiveIntegerField(_("APIリクエスト"), default=0)
    message = models.JSONField(default=dict)
    """Why it failed, a `Problem` (`as_json`); {} if it did not."""
    traceback = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["mapping"],
                condition=Q(status__in=[PreviewStatus.QUEUED, PreviewStatus.RUNNING]),
                name="one_active_preview_per_mapping",
            )
        ]
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.pk} {self.mapping} {self.status}"

    @property
    def to_send(self) -> int:
        """How many records would be sent."""
        return self.created + self.updated


class PreviewItem(models.Model):
    """What would become of one record; of those that are unchanged there is none."""

    # The constraint's index begins with it.
    preview = models.ForeignKey(Preview, models.CASCADE, related_name="items", db_index=False)
    source_id = models.BigIntegerField()
    version = models.PositiveBigIntegerField()
    """Of the row, when it was looked at; of another version it says nothing."""
    label = models.CharField(max_length=255)
    outcome = models.CharField(max_length=10, choices=RecordOutcome.choices)
    key = models.CharField(max_length=64, blank=True)
    """As kintone compares it; "" where nothing would be sent."""
    record_id = models.PositiveBigIntegerField(null=True)
    """The kintone record that would be updated, if it is known."""
    found = models.BooleanField(default=False)
    """Whether the app was read and holds that record."""
    cells = models.JSONField(default=list)
    """Fields that would change: `{"field", "ours", "kintone"}` each; only where it was `found`."""
    problems = models.JSONField(default=list)
    cause = models.CharField(max_length=64, blank=True)
    """As of an `Outcome`."""
    cause_field = models.CharField(max_length=255, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["preview", "source_id"], name="preview_item_of_row")
        ]
        indexes = [
            models.Index(
                fields=["preview", "cause", "cause_field", "source_id"],
                name="preview_item_cause",
                condition=Q(cause__gt=""),
            ),
            models.Index(fields=["preview", "key"], name="preview_item_of_key"),
            models.Index(fields=["preview", "record_id"], name="preview_item_of_record"),
            models.Index(fields=["preview", "outcome", "source_id"], name="preview_item_outcome"),
        ]

    def __str__(self) -> str:
        return f"{self.preview_id}/{self.source_id}: {self.outcome}"


class PreviewValue(models.Model):
    """What a record has, or is to have, in a field of which kintone takes each value once."""

    preview = models.ForeignKey(Preview, models.CASCADE, related_name="values", db_index=False)
    source_id = models.BigIntegerField()
    label = models.CharField(max_length=255)
    field = models.CharField(max_length=128)
    value = models.CharField(max_length=255)
    """In the form in which kintone compares values."""
    record_id = models.PositiveBigIntegerField(null=True)
    """The kintone record of the row, if it is known."""
    held_by = models.PositiveBigIntegerField(null=True)
    """Another record of kintone, which was seen to hold the value."""

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["preview", "source_id", "field"], name="preview_value_of_row"
            )
        ]
        indexes = [
            models.Index(fields=["preview", "field", "value"], name="preview_value_of_field")
        ]

    def __str__(self) -> str:
        return f"{self.preview_id}/{self.source_id}: {self.field} = {self.value}"


class Alert(models.Model):
    """A state of ill health. Open until `ended_at`; told when it begins, and when it ends."""

    connection = models.ForeignKey(Connection, models.CASCADE, related_name="alerts")
    mapping = models.ForeignKey(Mapping, models.CASCADE, null=True, related_name="alerts")
    kind = models.CharField(max_length=20, choices=AlertKind.choices)
    problem = models.JSONField(default=dict)
    run = models.ForeignKey(Run, models.SET_NULL, null=True)
    began_at = models.DateTimeField()
    began_told_at = models.DateTimeField(null=True)
    """When it was written down who is to be told (`jobs.notices.posting`), or to be nobody."""
    ended_at = models.DateTimeField(null=True)
    ended_told_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["mapping", "kind"],
                condition=Q(ended_at__isnull=True, mapping__isnull=False),
                name="one_open_alert_of_a_mapping",
            ),
            models.UniqueConstraint(
                fields=["connection", "kind"],
                condition=Q(ended_at__isnull=True, mapping__isnull=True),
                name="one_open_alert_of_a_connection",
            ),
        ]
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.kind} {self.connection_id}/{self.mapping_id}"


class SightCount(models.Model):
    """How many leads the sync user of a mapping saw at that time (`jobs.sight`)."""

    # The index begins with it.
    mapping = models.ForeignKey(
        Mapping, models.CASCADE, related_name="sight_counts", db_index=False
    )
    at = models.DateTimeField()
    count = models.PositiveIntegerField()

    class Meta:
        indexes = [models.Index(fields=["mapping", "at"], name="sight_count_of_mapping")]
        ordering = ["-at"]

    def __str__(self) -> str:
        return f"{self.mapping_id} {self.at}: {self.count}"


class Heartbeat(models.Model):
    """When something that has to happen again and again last happened: "tick"."""

    name = models.CharField(max_length=32, unique=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name}: {self.at}"


class SecretName(models.Model):
    """Which environment variable the settings file names for a secret of a connection.

    The secret itself stands encrypted in the connection; this is for writing the file again.
    """

    connection = models.ForeignKey(Connection, models.CASCADE, related_name="secret_names")
    secret = models.CharField(max_length=32)
    """`password`, `basic_password`, `certificate_password`, or `token.N` counted from 1."""
    variable = models.CharField(max_length=128)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["connection", "secret"], name="one_name_per_secret")
        ]

    def __str__(self) -> str:
        return f"{self.connection_id} {self.secret}: {self.variable}"
