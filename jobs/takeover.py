"""What the ledger knows of rows that went into others (docs/decisions/0025).

Where kintone has nothing yet of the row that stayed, that row takes over the other one's kintone
record: it is the same record, sent under another key from then on. Where kintone has one of both,
or may have, nothing is deleted: the record that is left over is listed until a person has deleted
it in kintone.
"""

from collections.abc import Collection, Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Coalesce, Greatest

from audit import recording
from audit.kinds import Kind
from common.among import among
from common.types import RecordType
from crm.models import MergedRow
from jobs.causes import NO_CAUSE
from jobs.claims import wake_waiting
from jobs.models import KeyClaim, Ledger, LedgerEntry
from jobs.states import EntryState

#: kintone has a record of the entry's row, or may have one.
ARRIVED = Q(record_id__isnull=False) | Q(doubt_until__isnull=False)

#: How many entries are looked at in one transaction.
_AT_ONCE = 500


def take_over(record_type: RecordType, row_ids: Collection[int], *, now: datetime) -> None:
    """Settle what every ledger knows of these rows, if they went into others."""
    ledgers = Ledger.objects.filter(mapping__record_type=record_type)
    entries = LedgerEntry.objects.filter(among("source_id", row_ids), ledger__in=ledgers)
    by_ledger: dict[int, list[int]] = {}
    for ledger_id, source_id in entries.order_by("ledger_id").values_list("ledger_id", "source_id"):
        by_ledger.setdefault(ledger_id, []).append(source_id)
    for ledger in Ledger.objects.filter(pk__in=by_ledger).select_related("mapping").order_by("pk"):
        take_over_in(ledger, by_ledger[ledger.pk], now=now)


def take_over_all(ledger: Ledger, *, now: datetime) -> None:
    """Settle what the ledger knows of all rows that went into others, whoever merged them."""
    merged = MergedRow.objects.filter(record_type=ledger.mapping.record_type)
    known = LedgerEntry.objects.filter(ledger=ledger, source_id=OuterRef("row_id"))
    row_ids = list(merged.filter(Exists(known)).values_list("row_id", flat=True))
    for start in range(0, len(row_ids), _AT_ONCE):
        take_over_in(ledger, row_ids[start : start + _AT_ONCE], now=now)


@transaction.atomic
def take_over_in(ledger: Ledger, row_ids: Collection[int], *, now: datetime) -> set[int]:
    """As `take_over`, in one ledger; those of the rows that went into others."""
    merged = dict(
        MergedRow.objects.filter(
            among("row_id", row_ids), record_type=ledger.mapping.record_type
        ).values_list("row_id", "into_id")
    )
    if not merged:
        return set()
    entries = _locked(ledger, {*merged, *merged.values()})
    for row_id in sorted(merged):
        entry = entries.get(row_id)
        if entry is not None:
            _settle(entry, entries, into_id=merged[row_id], now=now)
    return set(merged)


def left_over() -> QuerySet[LedgerEntry]:
    """Entries of merged rows whose record is still in kintone, as far as we know."""
    merged = MergedRow.objects.filter(
        record_type=OuterRef("ledger__mapping__record_type"), row_id=OuterRef("source_id")
    )
    return LedgerEntry.objects.filter(ARRIVED, Exists(merged))


def forget_left_over(entry_ids: Iterable[int], *, now: datetime) -> int:
    """A person has deleted these records in kintone: their keys are free; returns how many."""
    gone = left_over().filter(pk__in=list(entry_ids))
    with transaction.atomic():
        _wake_waiting(gone, now=now)
        number = gone.count()
        LedgerEntry.objects.filter(pk__in=list(gone.values_list("pk", flat=True))).delete()
        if number:
            recording.record(Kind.DATA_LEFT_OVER, count=number)
    return number


def _locked(ledger: Ledger, row_ids: Iterable[int]) -> dict[int, LedgerEntry]:
    rows = LedgerEntry.objects.select_for_update().filter(
        among("source_id", list(row_ids)), ledger=ledger
    )
    return {entry.source_id: entry for entry in rows.order_by("id")}


def _settle(
    entry: LedgerEntry, entries: dict[int, LedgerEntry], *, into_id: int, now: datetime
) -> None:
    """Give the entry to the row that stayed, or keep it as what is left over."""
    survivor = entries.get(into_id)
    if not _arrived(entry):
        _wake_waiting(LedgerEntry.objects.filter(pk=entry.pk), now=now)
        entry.delete()
    elif survivor is None or not _arrived(survivor):
        if survivor is not None:
            _wake_waiting(LedgerEntry.objects.filter(pk=survivor.pk), now=now)
            survivor.delete()
        entries[into_id] = entry
        _hand_over(entry, into_id=into_id, now=now)
    elif entry.due_at is not None or entry.problems or entry.waits_for:
        LedgerEntry.objects.filter(pk=entry.pk).update(
            state=EntryState.SYNCED if entry.record_id else EntryState.PENDING,
            due_at=None,
            waits_for="",
            problems=[],
            **NO_CAUSE,
        )


def _arrived(entry: LedgerEntry) -> bool:
    return entry.record_id is not None or entry.doubt_until is not None


def _hand_over(entry: LedgerEntry, *, into_id: int, now: datetime) -> None:
    """The kintone record is that of the row that stayed, and owed its values.

    A request that is in doubt may have been for the other row: it is as with any row whose key
    changes meanwhile (`jobs.engine.values.Sendable.must_settle_key`).
    """
    LedgerEntry.objects.filter(pk=entry.pk).update(
        source_id=into_id,
        version=0,
        state=EntryState.SYNCED if entry.record_id else EntryState.PENDING,
        due_at=Greatest(Coalesce("doubt_until", Value(now)), Value(now)),
        waits_for="",
        attempts=0,
        problems=[],
        **NO_CAUSE,
        label="",
        touched_at=now,
    )


def _wake_waiting(entries: QuerySet[LedgerEntry], *, now: datetime) -> None:
    """Make due whoever waits for a key that these entries are about to give up."""
    given_up: dict[tuple[str, int, str], list[str]] = {}
    claims = KeyClaim.objects.filter(entry__in=entries)
    for host, app, key_field, key in claims.values_list("host", "app", "key_field", "key"):
        given_up.setdefault((host, app, key_field), []).append(key)
    for (host, app, key_field), keys in given_up.items():
        target = {"host": host, "app": app, "key_field": key_field}
        wake_waiting(target, keys, now=now)
