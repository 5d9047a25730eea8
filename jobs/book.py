"""The engine's `Book` in the database: one transaction per call, the lease first."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import F

from common import clock
from common.problems import Problem
from common.types import RecordType
from crm import changes
from integrations import budget
from integrations.kintone.client import CALL_LIFE
from jobs import runs
from jobs.engine.ports import LeaseLostError, RunStopError
from jobs.engine.values import Conflict, Intent, Known, OutcomeKind, Sendable, Settled
from jobs.ledger import pause_after
from jobs.models import KeyClaim, Ledger, LedgerEntry, Outcome, Run
from jobs.states import EntryState
from mapping.models import Mapping

STATE_AFTER = {
    OutcomeKind.CREATED: EntryState.SYNCED,
    OutcomeKind.UPDATED: EntryState.SYNCED,
    OutcomeKind.UNCHANGED: EntryState.SYNCED,
    OutcomeKind.SKIPPED: EntryState.SKIPPED,
    OutcomeKind.INVALID: EntryState.FAILED,
    OutcomeKind.REJECTED: EntryState.FAILED,
}
SAVED = frozenset({OutcomeKind.CREATED, OutcomeKind.UPDATED})
SETTLED_UNSENT = frozenset({OutcomeKind.UNCHANGED, OutcomeKind.SKIPPED, OutcomeKind.INVALID})
WELL = SAVED | {OutcomeKind.UNCHANGED}
#: What kintone holds is not touched by these: a test may have it on its way at this moment.
UNSENT_COLUMNS = [
    "state",
    "version",
    "rules_version",
    "due_at",
    "waits_for",
    "attempts",
    "problems",
    "label",
    "touched_at",
]
REFUSED_COLUMNS = [*UNSENT_COLUMNS, "key", "doubt_until", "doubt_run"]
SAVED_COLUMNS = [*REFUSED_COLUMNS, "digest", "record_id"]


class DatabaseBook:
    """See `jobs.engine.ports.Book`.

    Args:
        run: Taken by `owner`.
        on_settled: Called after each commit, for progress.
    """

    def __init__(
        self,
        run: Run,
        *,
        ledger: Ledger,
        owner: str,
        on_settled: Callable[[Sequence[Settled]], None] | None = None,
    ) -> None:
        self._run = run
        self._ledger = ledger
        self._owner = owner
        self._on_settled = on_settled

    def intend(self, batch: Sequence[Sendable]) -> Intent:
        with transaction.atomic():
            self._keep_lease()
            self._check_that_rules_stand()
            self._check_allowance()
            entries = self._entries_of(batch)
            conflicts = self._claim(batch, entries)
            self._wake_waiting_holders(conflicts)
            refused = {conflict.sendable.row_id for conflict in conflicts}
            free = [one for one in batch if one.row_id not in refused]
            now = clock.now()
            busy = [one for one in free if _is_in_doubt(entries[one.row_id], now=now)]
            passed = [one for one in free if not _is_as_seen(entries[one.row_id], one.known)]
            granted = [one for one in free if one not in busy and one not in passed]
            self._mark_in_doubt(granted, now=now)
            self._look_again([one for one in passed if one not in busy], now=now)
        return Intent(granted=granted, conflicts=conflicts)

    def settle(self, settled: Sequence[Settled]) -> None:
        now = clock.now()
        with transaction.atomic():
            self._keep_lease()
            saved = [one for one in settled if one.outcome in SAVED]
            refused = [one for one in settled if one.outcome == OutcomeKind.REJECTED]
            unsent = [one for one in settled if one.outcome in SETTLED_UNSENT]
            self._write(saved, columns=SAVED_COLUMNS, now=now)
            self._write(refused, columns=REFUSED_COLUMNS, now=now)
            self._write(unsent, columns=UNSENT_COLUMNS, now=now)
            self._release_other_keys(
                {one.row_id: one.key for one in (*saved, *refused) if not one.in_doubt}
            )
            self._list_and_count(settled, now=now)
        if self._on_settled:
            self._on_settled(settled)

    def withdraw(self, batch: Sequence[Sendable]) -> None:
        now = clock.now()
        with transaction.atomic():
            self._keep_lease()
            entries = self._entries_of(batch)
            for sendable in batch:
                entry, known = entries[sendable.row_id], sendable.known
                entry.key = known.key if known else ""
                entry.doubt_until = now if known and known.in_doubt else None
                entry.due_at = now
            LedgerEntry.objects.bulk_update(
                entries.values(), ["key", "doubt_until", "due_at"], batch_size=100
            )
            self._release_other_keys(
                {
                    one.row_id: one.known.key if one.known else ""
                    for one in batch
                    if not (one.known and one.known.in_doubt)
                }
            )

    def advance(self, watermark: datetime) -> None:
        with transaction.atomic():
            self._keep_lease()
            Ledger.objects.filter(pk=self._ledger.pk).update(watermark=watermark)

    def _keep_lease(self) -> None:
        if not runs.beat(self._run.pk, owner=self._owner, now=clock.now()):
            message = f"Run {self._run.pk} is no longer ours."
            raise LeaseLostError(message)

    def _check_that_rules_stand(self) -> None:
        if self._run.only is not None:
            return
        mapping = Mapping.objects.only("version", "enabled").get(pk=self._run.mapping_id)
        if not mapping.enabled:
            raise RunStopError(Problem(code="canceled"))
        if mapping.version != self._run.rules_version:
            raise RunStopError(Problem(code="rules_changed"))

    def _check_allowance(self) -> None:
        if budget.left(self._ledger.host, self._ledger.app, now=clock.now()) < 1:
            raise RunStopError(Problem(code="budget"))

    def _entries_of(self, batch: Sequence[Sendable]) -> dict[int, LedgerEntry]:
        """The batch's entries by row, locked; made where a row has none yet."""
        ids = [one.row_id for one in batch]
        entries = self._locked(ids)
        missing = [row_id for row_id in ids if row_id not in entries]
        if missing:
            LedgerEntry.objects.bulk_create(
                [
                    LedgerEntry(
                        ledger=self._ledger,
                        source_id=row_id,
                        state=EntryState.PENDING,
                        version=0,  # below every row's: owed until it is settled
                        touched_at=clock.now(),
                    )
                    for row_id in missing
                ],
                ignore_conflicts=True,
            )
            entries |= self._locked(missing)
        return entries

    def _locked(self, ids: Sequence[int]) -> dict[int, LedgerEntry]:
        rows = LedgerEntry.objects.select_for_update().filter(
            ledger=self._ledger, source_id__in=ids
        )
        return {entry.source_id: entry for entry in rows.order_by("id")}

    def _mark_in_doubt(self, granted: Sequence[Sendable], *, now: datetime) -> None:
        until = now + CALL_LIFE
        LedgerEntry.objects.bulk_create(
            [
                LedgerEntry(
                    ledger=self._ledger,
                    source_id=one.row_id,
                    state=EntryState.PENDING,
                    version=0,
                    key=one.payload.key,
                    doubt_until=until,
                    doubt_run=self._run.pk,
                    due_at=until,
                    touched_at=now,
                )
                for one in granted
            ],
            update_conflicts=True,
            unique_fields=["ledger", "source_id"],
            update_fields=["key", "doubt_until", "doubt_run", "due_at"],
        )

    def _look_again(self, passed: Sequence[Sendable], *, now: datetime) -> None:
        """Make rows due that another run (a test) settled since they were read."""
        LedgerEntry.objects.filter(
            ledger=self._ledger, source_id__in=[one.row_id for one in passed]
        ).update(due_at=now)

    def _target(self) -> dict[str, object]:
        ledger = self._ledger
        return {"host": ledger.host, "app": ledger.app, "key_field": ledger.key_field}

    def _claim(self, batch: Sequence[Sendable], entries: dict[int, LedgerEntry]) -> list[Conflict]:
        """Claim each record's key; of several that want one key the lowest id gets it."""
        wanted: dict[str, Sendable] = {}
        for one in sorted(batch, key=lambda one: one.row_id):
            wanted.setdefault(one.payload.claim, one)
        claims: dict[str, KeyClaim] = {}
        # Again where a claim that stood in the way was given back before it was read.
        while missing := sorted(wanted.keys() - claims):  # in one order, so that no two deadlock
            KeyClaim.objects.bulk_create(
                [
                    KeyClaim(**self._target(), key=key, entry=entries[wanted[key].row_id])
                    for key in missing
                ],
                ignore_conflicts=True,
            )
            found = KeyClaim.objects.filter(**self._target(), key__in=missing)
            claims |= {
                claim.key: claim
                for claim in found.select_related("entry__ledger__mapping__connection")
            }
        lost = [
            one for one in batch if claims[one.payload.claim].entry_id != entries[one.row_id].pk
        ]
        return self._conflicts(lost, claims, entries) if lost else []

    def _conflicts(
        self,
        lost: Sequence[Sendable],
        claims: dict[str, KeyClaim],
        entries: dict[int, LedgerEntry],
    ) -> list[Conflict]:
        """Who holds the keys; a key that nobody needs any more passes to the one who wants it."""
        labels = _labels_of(claims[one.payload.claim].entry for one in lost)
        conflicts = []
        for one in sorted(lost, key=lambda one: one.row_id):
            claim = claims[one.payload.claim]
            if claim.entry_id == entries[one.row_id].pk:
                continue
            if claim.entry_id not in labels and _pass_on(claim, to=entries[one.row_id]):
                labels[claim.entry_id] = one.label
                continue
            conflicts.append(
                Conflict(
                    sendable=one,
                    holder_id=claim.entry.source_id,
                    holder_label=labels.get(claim.entry_id, ""),
                    same_ledger=claim.entry.ledger_id == self._ledger.pk,
                )
            )
        return conflicts

    def _wake_waiting_holders(self, conflicts: Sequence[Conflict]) -> None:
        """Let holders that wait for a key themselves be looked at too: it may be a ring."""
        holders = [one.holder_id for one in conflicts if one.same_ledger]
        if holders:
            LedgerEntry.objects.filter(
                ledger=self._ledger, source_id__in=holders, due_at__isnull=True
            ).exclude(waits_for="").update(due_at=clock.now())

    def _write(self, settled: Sequence[Settled], *, columns: Sequence[str], now: datetime) -> None:
        if not settled:
            return
        LedgerEntry.objects.bulk_create(
            [self._entry_after(one, now=now) for one in settled],
            update_conflicts=True,
            unique_fields=["ledger", "source_id"],
            update_fields=columns,
        )

    def _entry_after(self, settled: Settled, *, now: datetime) -> LedgerEntry:
        failed = settled.outcome not in WELL
        due_at = now + pause_after(settled.attempts) if failed and settled.heals else None
        return LedgerEntry(
            ledger=self._ledger,
            source_id=settled.row_id,
            state=EntryState.PENDING if settled.interim else STATE_AFTER[settled.outcome],
            version=settled.version,
            digest=settled.digest,
            key=settled.key,
            record_id=settled.record_id,
            rules_version=self._run.rules_version,
            doubt_until=now if settled.in_doubt else None,
            doubt_run=None,
            due_at=now if settled.interim else due_at,
            waits_for=settled.waits_for,
            attempts=settled.attempts,
            problems=[problem.as_json() for problem in settled.problems],
            label=settled.label[:255] if failed else "",
            touched_at=now,
        )

    def _release_other_keys(self, keys: dict[int, str]) -> None:
        """Give back every key of these rows but the one that kintone holds, and wake who waits."""
        claims = KeyClaim.objects.filter(
            entry__ledger=self._ledger, entry__source_id__in=list(keys)
        ).values_list("pk", "key", "entry__source_id")
        given_up = {pk: key for pk, key, row_id in claims if key != keys[row_id]}
        if not given_up:
            return
        # In this order: who holds a waiting entry may be about to claim, but waits for no claim.
        target = {f"ledger__{name}": value for name, value in self._target().items()}
        LedgerEntry.objects.filter(**target, waits_for__in=list(given_up.values())).update(
            due_at=clock.now()
        )
        KeyClaim.objects.filter(pk__in=given_up).delete()

    def _list_and_count(self, settled: Sequence[Settled], *, now: datetime) -> None:
        final = [one for one in settled if not one.interim]
        Outcome.objects.bulk_create(
            Outcome(
                run=self._run,
                source_id=one.row_id,
                label=one.label[:255],
                outcome=one.outcome.value,
                key=one.key,
                record_id=one.record_id,
                recreated_from=one.recreated_from,
                problems=[problem.as_json() for problem in one.problems],
                at=now,
            )
            for one in final
            if one.outcome != OutcomeKind.UNCHANGED
            and not (one.outcome == OutcomeKind.SKIPPED and one.repeated)
        )
        counts = {kind.value: 0 for kind in OutcomeKind}
        for one in final:
            counts[one.outcome.value] += 1
        Run.objects.filter(pk=self._run.pk).update(
            **{name: F(name) + count for name, count in counts.items() if count}
        )


def _is_in_doubt(entry: LedgerEntry, *, now: datetime) -> bool:
    """Whether a request that carries this record may still be on its way."""
    return entry.doubt_until is not None and entry.doubt_until > now


def _is_as_seen(entry: LedgerEntry, known: Known | None) -> bool:
    """Whether what the row's sending was built on still holds."""
    seen = (known.record_id, known.key, known.in_doubt) if known else (None, "", False)
    return (entry.record_id, entry.key, entry.doubt_until is not None) == seen


def _pass_on(claim: KeyClaim, *, to: LedgerEntry) -> bool:
    """Whether the claim is the entry's now; of two who want it at once, one gets it."""
    unclaimed = KeyClaim.objects.filter(pk=claim.pk, entry=claim.entry_id)
    passed = unclaimed.update(entry=to) == 1
    if passed:
        claim.entry = to
    return passed


def _labels_of(holders: Iterable[LedgerEntry]) -> dict[int, str]:
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
        entry_id: f"{record.label}（{record.external_id}）" if record.external_id else record.label
        for record_type, entries in by_type.items()
        for record in changes.load(record_type, list(entries), item_keys=(), viewer_id=None)
        for entry_id in entries[record.id]
    }
