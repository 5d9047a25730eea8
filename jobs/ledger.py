"""The ledger: what is known of each source row in a mapping's target, and what is due again."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce, Concat, Greatest, Least

from common.types import RecordType
from crm import changes
from crm.models import SourceRow
from integrations.kintone.client import CALL_LIFE
from jobs import exchanges, takeover
from jobs.causes import NO_CAUSE
from jobs.models import KeyClaim, Ledger, LedgerEntry, Run
from jobs.states import EntryState
from mapping.models import Mapping

#: Pauses before a record is tried again by itself: 5, 10, 20 … minutes, at most a day.
FIRST_PAUSE = timedelta(minutes=5)
LONGEST_PAUSE = timedelta(days=1)
#: How long what was refused before waits for its turn, while others like it are refused again:
#: less than those wait now, so that all take turns.
REST = FIRST_PAUSE

#: What was refused is not just tried once more: there is a reason to think that it goes now.
ANEW = {"version": 0}


def ledger_of(mapping: Mapping) -> Ledger:
    """The ledger of the mapping's present target; a new, empty one if there is none.

    Keys that the mapping holds in an earlier target stay its own until somebody wants them.
    """
    ledger, _ = Ledger.objects.get_or_create(**_target_of(mapping))
    return ledger


def ledger_to_read(mapping: Mapping) -> Ledger:
    """The same for a page: where there is none, an empty one that is not stored."""
    target = _target_of(mapping)
    # No entry has the key 0.
    return Ledger.objects.filter(**target).first() or Ledger(pk=0, **target)


def _target_of(mapping: Mapping) -> dict[str, Any]:
    return {
        "mapping": mapping,
        "host": mapping.connection.host,
        "app": mapping.app,
        "key_field": mapping.update_key,
    }


def owed_rows(
    ledger: Ledger, record_type: RecordType | None = None, *, existing_too: bool = False
) -> QuerySet[SourceRow]:
    """Rows whose version the ledger does not account for, or that it does not know.

    Args:
        record_type: The ledger's, where the caller knows it already.
        existing_too: Also rows that were there before the mapping was enabled (全件連携).
    """
    accounted = LedgerEntry.objects.filter(
        ledger=ledger, source_id=OuterRef("pk"), version=OuterRef("version")
    )
    if existing_too:
        accounted = accounted.exclude(state=EntryState.BASELINE)
    record_type = record_type or RecordType(ledger.mapping.record_type)
    return changes.model_of(record_type)._default_manager.filter(~Exists(accounted))


def pause_after(attempts: int) -> timedelta:
    """How long a failure that can heal rests before its next try."""
    doublings = min(max(attempts, 1) - 1, 20)
    return min(FIRST_PAUSE * (1 << doublings), LONGEST_PAUSE)


def failed_entries(mapping: Mapping) -> QuerySet[LedgerEntry]:
    """The failed records of the mapping's present target, in the order of their rows."""
    present = Ledger.objects.filter(**_target_of(mapping))
    # Not joined: so the index gives them in this order, and a page is not sorted out of all.
    return LedgerEntry.objects.filter(
        ledger=Subquery(present.values("pk")[:1]), state=EntryState.FAILED
    ).order_by("source_id")


def retry(
    mapping: Mapping,
    *,
    now: datetime,
    source_ids: Collection[int] | None = None,
    among: Q | None = None,
) -> int:
    """Make failed and skipped records due at once (再実行); returns how many.

    Args:
        source_ids: Only these; None: all of the mapping.
        among: Only entries of which this is so.
    """
    waiting = LedgerEntry.objects.filter(
        ledger=ledger_of(mapping), state__in=[EntryState.FAILED, EntryState.SKIPPED]
    )
    if source_ids is not None:
        waiting = waiting.filter(source_id__in=source_ids)
    if among is not None:
        waiting = waiting.filter(among)
    return waiting.filter(doubt_until__isnull=True).update(due_at=now, **ANEW) + waiting.filter(
        doubt_until__isnull=False
    ).update(due_at=Greatest("doubt_until", Value(now)), **ANEW)


def make_stale_failures_due(
    ledger: Ledger, *, rules_version: int, skipped_too: bool, now: datetime
) -> int:
    """Make failures due that were judged by older rules or an older form; returns how many.

    Args:
        skipped_too: Also what was skipped: there may be very many, so only where rules are new.
    """
    # State by state: only so does SQLite see that the index of the failed ones will do.
    return sum(
        LedgerEntry.objects.filter(ledger=ledger, state=state)
        .exclude(rules_version=rules_version)
        .filter(Q(due_at__isnull=True) | Q(due_at__gt=now))
        .update(due_at=Greatest(Coalesce("doubt_until", Value(now)), Value(now)), **ANEW)
        for state in [EntryState.FAILED, *([EntryState.SKIPPED] if skipped_too else [])]
    )


def send_again(ledger: Ledger, *, now: datetime) -> int:
    """Make due everything that kintone has from us, whatever it holds of it; returns how many.

    A field that was away may have lost all its values: nobody can tell a field that was renamed
    from one that was deleted and made anew.
    """
    entries = LedgerEntry.objects.filter(ledger=ledger, record_id__isnull=False)
    entries.update(digest="")
    # The baseline of a new target in the same app is what its former target sent.
    taken_over = Q(state=EntryState.BASELINE, rules_version=0)
    sent = entries.filter(Q(state=EntryState.SYNCED) | taken_over, due_at__isnull=True)
    return sent.update(due_at=now)


def bring_back_from_the_future(ledger: Ledger, *, now: datetime) -> None:
    """Shorten doubts and pauses that only a clock that was ahead can have made so long."""
    entries = LedgerEntry.objects.filter(ledger=ledger)
    entries.filter(due_at__gt=now + CALL_LIFE, doubt_until__gt=now + CALL_LIFE).update(
        due_at=now + CALL_LIFE, doubt_until=now + CALL_LIFE
    )
    entries.filter(due_at__gt=now + LONGEST_PAUSE).update(due_at=now)


def wake_for_free_keys(ledger: Ledger, *, now: datetime) -> int:
    """Make due what waits for a key that nobody needs any more; returns how many.

    Its holder's row was deleted, or its mapping, or its mapping sends to another target now.
    """
    mapping = "entry__ledger__mapping__"
    claims = KeyClaim.objects.filter(
        host=ledger.host, app=ledger.app, key_field=ledger.key_field, key=OuterRef("waits_for")
    ).filter(
        Q(
            host=Concat(
                f"{mapping}connection__subdomain", Value("."), f"{mapping}connection__domain"
            )
        ),
        Q((f"{mapping}app", F("app")), (f"{mapping}update_key", F("key_field"))),
    )
    needed = Q(pk__in=[])
    for record_type in RecordType:
        rows = changes.model_of(record_type)._default_manager
        exists = Exists(rows.filter(pk=OuterRef("entry__source_id")))
        needed |= Q((f"{mapping}record_type", record_type)) & Q(exists)
    waiting = LedgerEntry.objects.filter(ledger=ledger, waits_for__gt="")
    if not waiting.exists():
        return 0  # nearly always; the statement below is not cheap
    return waiting.exclude(Exists(claims.filter(needed))).update(
        due_at=Greatest(Coalesce("doubt_until", Value(now)), Value(now))
    )


def forget_failures_of_deleted_rows(ledger: Ledger, *, now: datetime) -> None:
    """Take failed records off the list whose row is gone: there is nothing left to mend."""
    rows = changes.model_of(RecordType(ledger.mapping.record_type))._default_manager
    failed = LedgerEntry.objects.filter(ledger=ledger, state=EntryState.FAILED)
    gone = failed.filter(~Exists(rows.filter(pk=OuterRef("source_id"))))
    while source_ids := list(gone.values_list("source_id", flat=True)[:1000]):
        forget_deleted_rows(ledger, source_ids, now=now)


def end_doubt(run: Run, *, until: datetime) -> None:
    """Let the entries that a run left in doubt come back at `until`, if not before.

    A request of that run cannot be alive any more then.
    """
    ledgers = Ledger.objects.filter(mapping=run.mapping_id)
    # What is in doubt is due: so that the index finds it.
    due = LedgerEntry.objects.filter(ledger__in=list(ledgers), due_at__isnull=False)
    due.filter(doubt_run=run.pk, doubt_until__isnull=False).update(
        doubt_until=Least("doubt_until", Value(until)),
        due_at=Least("doubt_until", Value(until)),
    )


def forget_deleted_rows(ledger: Ledger, source_ids: Collection[int], *, now: datetime) -> None:
    """Close the entries of rows that are gone: deletions are not carried over to kintone.

    What kintone holds stays known; what never arrived there is forgotten. Rows that went into
    others are no deleted ones (`jobs.takeover`).
    """
    with transaction.atomic():
        merged = takeover.take_over_in(ledger, source_ids, now=now)
        deleted = set(source_ids) - merged
        exchanges.forget(ledger.mapping_id, source_ids)
        entries = LedgerEntry.objects.filter(ledger=ledger, source_id__in=deleted)
        entries.filter(record_id__isnull=True).delete()
        entries.update(
            state=EntryState.SYNCED,
            due_at=None,
            doubt_until=None,
            waits_for="",
            problems=[],
            **NO_CAUSE,
        )
