"""Which entry an update key belongs to: one at a time, across all mappings and connections."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from django.db.models import Value
from django.db.models.functions import Coalesce, Greatest

from common import clock, setwise
from common.among import among
from common.types import RecordType
from crm import changes
from jobs.engine.values import Conflict, Sendable
from jobs.models import KeyClaim, Ledger, LedgerEntry


def claim(
    ledger: Ledger, batch: Sequence[Sendable], *, entries: Mapping[int, int]
) -> list[Conflict]:
    """Claim each record's key; of several that want one key the lowest id gets it.

    Args:
        entries: Row → primary key of its entry, for all of the batch.

    Returns:
        The records whose key another one holds and still needs.
    """
    wanted: dict[str, Sendable] = {}
    for one in sorted(batch, key=lambda one: one.row_id):
        wanted.setdefault(one.payload.claim, one)
    holders: dict[str, int] = _holders(ledger, sorted(wanted))
    # Again where a claim that stood in the way was given back before it was read.
    while missing := sorted(wanted.keys() - holders.keys()):  # in one order: no two deadlock
        setwise.insert(
            KeyClaim,
            {"key": missing, "entry": [entries[wanted[key].row_id] for key in missing]},
            same=_target(ledger),
            unique=("host", "app", "key_field", "key"),
        )
        holders |= _holders(ledger, missing)
    lost = [one for one in batch if holders[one.payload.claim] != entries[one.row_id]]
    return _conflicts(ledger, lost, entries=entries) if lost else []


def release_others(ledger: Ledger, row_ids: Sequence[int]) -> None:
    """Give back every key of these rows but the one that their entry names, and wake who waits.

    An entry in doubt keeps what it has: kintone may hold any of them.
    """
    claims = (
        KeyClaim.objects.filter(among("entry__source_id", row_ids), entry__ledger=ledger)
        .filter(entry__doubt_until=None)
        .values_list("pk", "key", "entry__key")
    )
    given_up = {pk: key for pk, key, kept in claims if key != kept}
    if not given_up:
        return
    # In this order: who holds a waiting entry may be about to claim, but waits for no claim.
    wake_waiting(_target(ledger), given_up.values(), now=clock.now())
    KeyClaim.objects.filter(pk__in=given_up).delete()


def wake_waiting(target: Mapping[str, object], keys: Iterable[str], *, now: datetime) -> None:
    """Make due whoever waits for one of these keys of a target; what is in doubt, once that ends.

    Args:
        target: `host`, `app` and `key_field`.
    """
    of_target = {f"ledger__{name}": value for name, value in target.items()}
    waiting = LedgerEntry.objects.filter(**of_target, waits_for__gt="")  # as the index has it
    waiting.filter(waits_for__in=list(keys)).update(
        due_at=Greatest(Coalesce("doubt_until", Value(now)), Value(now))
    )


def _target(ledger: Ledger) -> dict[str, object]:
    return {"host": ledger.host, "app": ledger.app, "key_field": ledger.key_field}


def _holders(ledger: Ledger, keys: Sequence[str]) -> dict[str, int]:
    """Key → primary key of the entry that has it."""
    claims = KeyClaim.objects.filter(among("key", keys), **_target(ledger))
    return dict(claims.values_list("key", "entry_id"))


def _conflicts(
    ledger: Ledger, lost: Sequence[Sendable], *, entries: Mapping[int, int]
) -> list[Conflict]:
    """Who holds the keys; a key that nobody needs any more passes to the one who wants it."""
    found = KeyClaim.objects.filter(
        **_target(ledger), key__in={one.payload.claim for one in lost}
    ).select_related("entry__ledger__mapping__connection")
    held = {found_one.key: found_one for found_one in found}
    labels = labels_of(each.entry for each in held.values())
    # Given back since it was read.
    free = [one for one in lost if one.payload.claim not in held]
    conflicts = claim(ledger, free, entries=entries) if free else []
    for one in sorted(lost, key=lambda one: one.row_id):
        other = held.get(one.payload.claim)
        if other is None or other.entry_id == entries[one.row_id]:
            continue
        if other.entry_id not in labels and _pass_on(other, to=entries[one.row_id]):
            labels[other.entry_id] = one.label
            continue
        conflicts.append(
            Conflict(
                sendable=one,
                holder_id=other.entry.source_id,
                holder_label=labels.get(other.entry_id, ""),
                same_ledger=other.entry.ledger_id == ledger.pk,
            )
        )
    return conflicts


def _pass_on(claim: KeyClaim, *, to: int) -> bool:
    """Whether the claim is the entry's now; of two who want it at once, one gets it."""
    unclaimed = KeyClaim.objects.filter(pk=claim.pk, entry=claim.entry_id)
    passed = unclaimed.update(entry=to) == 1
    if passed:
        claim.entry = LedgerEntry.objects.select_related("ledger").get(pk=to)
    return passed


def labels_of(holders: Iterable[LedgerEntry]) -> dict[int, str]:
    """Entry → what a person calls its row, with its external ID; without those that need no key.

    Their row is gone, or their mapping sends to another target now.
    """
    by_type: dict[RecordType, dict[int, list[int]]] = {}
    for entry in holders:
        if not entry.ledger.is_current:
            continue
        record_type = RecordType(entry.ledger.mapping.record_type)
        by_type.setdefault(record_type, {}).setdefault(entry.source_id, []).append(entry.pk)
    return {
        entry_id: record.full_label
        for record_type, entries in by_type.items()
        for record in changes.load(record_type, list(entries), item_keys=(), viewer_id=None)
        for entry_id in entries[record.id]
    }
