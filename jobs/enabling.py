"""Switching a mapping on and off: what counts as changed since, by version and not by clock."""

from contextlib import AbstractContextManager
from datetime import datetime

from django.db import connection, transaction
from django.db.models import Case, F, OuterRef, QuerySet, Subquery, When

from audit.kinds import Kind
from audit.recording import Change, Document, changing
from common.types import RecordType
from crm import changes
from jobs import first_loads, runs
from jobs.ledger import ledger_of, ledger_to_read, owed_rows
from jobs.models import Ledger, LedgerEntry, Run
from jobs.states import EntryState, RunStatus
from mapping.document import among_mappings, mapping_thing
from mapping.models import Mapping


class NotReadyError(Exception):
    """The mapping has no update key or no rule yet."""


def enable(mapping: Mapping, *, now: datetime, send_changed_meanwhile: bool = True) -> None:
    """Let the mapping take part in its connection's schedule, from now on.

    Rows as they stand now are written down as the baseline: only what changes afterwards is owed;
    existing data goes by 全件連携.

    Args:
        send_changed_meanwhile: Where the mapping was enabled before: whether rows that changed
            while it was off are owed too, or belong to the baseline.

    Raises:
        NotReadyError: see there.
    """
    if not mapping.update_key or not mapping.rules.exists():
        raise NotReadyError(str(mapping))
    with _switching(mapping, Kind.MAPPING_ENABLE):
        _enable(mapping, now=now, send_changed_meanwhile=send_changed_meanwhile)


def _enable(mapping: Mapping, *, now: datetime, send_changed_meanwhile: bool) -> None:
    ledger = ledger_of(mapping)
    if ledger.watermark is None and send_changed_meanwhile and _under_another_key(ledger):
        begin_new_target(mapping, ledger, now=now)
    elif ledger.watermark is None:
        _begin(ledger, changed_before=now, now=now)
    elif not mapping.enabled and not send_changed_meanwhile:
        _account_for_changes(ledger)
        _begin(ledger, changed_before=now, now=now)
    Mapping.objects.filter(pk=mapping.pk).update(
        enabled=True, enabled_at=now, off_for="", off_since=None
    )
    mapping.refresh_from_db()


def disable(mapping: Mapping, *, now: datetime, off_for: str = "") -> None:
    """Take the mapping out of the schedule; a run at work stops at its next batch.

    Args:
        off_for: Why, where it is to be switched on again (`mapping.models.OffFor`): a first load
            goes on then.
    """
    for_good = not off_for
    with _switching(mapping, Kind.MAPPING_DISABLE):
        Mapping.objects.filter(pk=mapping.pk).update(enabled=False, off_for=off_for, off_since=now)
        if for_good:
            first_loads.give_up(mapping)
        mapping.refresh_from_db()
        waiting = Run.objects.filter(
            mapping=mapping, only__isnull=True, status__in=[RunStatus.QUEUED, RunStatus.HELD]
        )
        for run in waiting:
            runs.cancel(run, now=now, for_good=for_good)


def _switching(mapping: Mapping, kind: Kind) -> AbstractContextManager[Change]:
    """One transaction, written down if the switch is another one at its end."""

    def document() -> Document:
        enabled = Mapping.objects.filter(pk=mapping.pk).values_list("enabled", flat=True).first()
        return among_mappings(mapping, enabled=enabled)

    return changing(kind, document, thing=lambda: mapping_thing(mapping))


def owed_since_disabled(mapping: Mapping) -> int:
    """How many rows changed since they were last accounted for; 0 if never enabled before."""
    ledger: Ledger | None = ledger_to_read(mapping)
    if ledger is not None and ledger.watermark is None:
        ledger = _under_another_key(ledger)
    if ledger is None:
        return 0
    return owed_rows(ledger, RecordType(mapping.record_type)).count()


def _under_another_key(ledger: Ledger) -> Ledger | None:
    """What the mapping knows of the same app, whose update key was another one; None: nothing."""
    return _twins_of(ledger).filter(watermark__isnull=False).first()


def _twins_of(ledger: Ledger) -> QuerySet[Ledger]:
    """The mapping's ledgers of the same app under other keys, the last one first."""
    twins = Ledger.objects.filter(mapping=ledger.mapping_id, host=ledger.host, app=ledger.app)
    return twins.exclude(pk=ledger.pk).order_by(F("watermark").desc(nulls_last=True), "-pk")


@transaction.atomic
def begin_new_target(mapping: Mapping, ledger: Ledger, *, now: datetime) -> None:
    """Let an enabled mapping's new target (another app, domain or key) begin where the last ended.

    Rows that the former target was sent, or was not owed, are the new one's baseline; what failed
    there, or was not sent yet, is owed. A mapping that comes back to an app goes on from what it
    sent there: what changed while it sent to another one never arrived in it.
    """
    former = mapping.ledgers.exclude(pk=ledger.pk).filter(watermark__isnull=False)
    came_back = Case(When(host=ledger.host, app=ledger.app, then=1), default=0)
    last = former.order_by(came_back.desc(), "-watermark").first()
    if last is None:
        _begin(ledger, changed_before=mapping.enabled_at or now, now=now)
    else:
        _write_entries(ledger, changed_before=now, now=now, former=last)
        # Every row is looked at once, since what is owed may have changed long ago.
        Ledger.objects.filter(pk=ledger.pk).update(watermark=last.watermark, reconciled_at=None)
        if last.loads_existing and (last.host, last.app) == (ledger.host, ledger.app):
            first_loads.begin(ledger)
    ledger.refresh_from_db()


def take_along(ledger: Ledger, source_id: int, *, now: datetime) -> None:
    """Before a target's first run, let a test find the record that the app has of this row.

    It came under another update key: an upsert by the new one would make a second record.
    """
    if ledger.entries.filter(source_id=source_id).exists():
        return
    known = LedgerEntry.objects.filter(
        ledger__in=_twins_of(ledger), source_id=source_id, record_id__isnull=False
    )
    record_id = known.order_by("-pk").values_list("record_id", flat=True).first()
    if record_id is not None:
        LedgerEntry.objects.create(
            ledger=ledger,
            source_id=source_id,
            state=EntryState.PENDING,
            record_id=record_id,
            version=0,
            touched_at=now,
        )


def _begin(ledger: Ledger, *, changed_before: datetime, now: datetime) -> None:
    _write_entries(ledger, changed_before=changed_before, now=now)
    Ledger.objects.filter(pk=ledger.pk).update(watermark=changed_before, reconciled_at=now)


def _account_for_changes(ledger: Ledger) -> None:
    """Let every known row count as it stands now, as the baseline that 全件連携 takes.

    What failed stays in the list of failed records.
    """
    rows = changes.model_of(RecordType(ledger.mapping.record_type))._default_manager
    now_at = Subquery(rows.filter(pk=OuterRef("source_id")).values("version")[:1])
    changed = LedgerEntry.objects.filter(
        ledger=ledger, source_id__in=owed_rows(ledger).values("pk"), due_at__isnull=True
    )
    changed.filter(state=EntryState.FAILED).update(version=now_at)
    changed.exclude(state=EntryState.FAILED).update(version=now_at, state=EntryState.BASELINE)


def _write_entries(
    ledger: Ledger, *, changed_before: datetime, now: datetime, former: Ledger | None = None
) -> None:
    """One entry for every row that has none, in one statement: a million rows take seconds.

    They are the baseline; with a `former` ledger only those that it accounts for, and others that
    it knows are owed. kintone's ids are taken over where the app is the same under another key, so
    that its records are found again.
    """
    rows = changes.model_of(RecordType(ledger.mapping.record_type))._meta.db_table
    entries = LedgerEntry._meta.db_table
    empty_list = "CAST('[]' AS jsonb)" if connection.vendor == "postgresql" else "'[]'"
    accounted, record_id = "1 = 1", "NULL"
    # The table that is written is read only where there is something to read: PostgreSQL may have
    # planned for the empty table that it was, and then walks through all that was written so far
    # for each row.
    joined = ""
    if former is not None:
        accounted = """former.version = source.version AND former.state IN ('baseline', 'synced')
                       AND former.due_at IS NULL AND former.doubt_until IS NULL"""
        joined += f"""JOIN {entries} former
                      ON former.source_id = source.id AND former.ledger_id = {former.pk:d} """
    if (twin := _twins_of(ledger).values_list("pk", flat=True).first()) is not None:
        record_id = "twin.record_id"
        joined += f"""LEFT JOIN {entries} twin
                      ON twin.source_id = source.id AND twin.ledger_id = {twin:d}"""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            INSERT INTO {entries} (ledger_id, source_id, state, version, digest, key, record_id,
                                   rules_version, waits_for, attempts, problems, cause, cause_field,
                                   label, touched_at)
            SELECT %s, source.id,
                   CASE WHEN {accounted} THEN 'baseline' ELSE 'pending' END,
                   CASE WHEN {accounted} THEN source.version ELSE 0 END,
                   '', '', {record_id}, 0, '', 0, {empty_list}, '', '', '', %s
            FROM {rows} source {joined}
            WHERE source.changed_at <= %s
            ON CONFLICT (ledger_id, source_id) DO NOTHING
            """,  # noqa: S608 — table names of our own models, states and ids of our own
            [ledger.pk, now, changed_before],
        )
