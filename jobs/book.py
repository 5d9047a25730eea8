"""The engine's `Book` in the database: one transaction per call, the lease first.

Only what is intended waits for the disk: the rest may be done again without harm.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from common import clock, setwise
from common.among import among
from common.durability import durable_soon
from common.problems import Problem
from common.types import RecordType
from integrations import budget
from integrations.kintone.client import CALL_LIFE
from integrations.kintone.evidence import Evidence
from jobs import claims, exchanges, runs
from jobs.causes import NO_CAUSE, cause_of
from jobs.engine.ports import LeaseLostError, RunStopError
from jobs.engine.values import Intent, Known, OutcomeKind, Sendable, Settled
from jobs.ledger import REST, pause_after
from jobs.models import Ledger, LedgerEntry, Outcome, Run
from jobs.parents import Sought, name_parents
from jobs.states import EntryState

SAVED = frozenset({OutcomeKind.CREATED, OutcomeKind.UPDATED})
SET_ASIDE = frozenset({OutcomeKind.SKIPPED, OutcomeKind.INVALID})
#: What kintone holds is not touched by these: a test may have it on its way at this moment.
UNSENT_COLUMNS = (
    "state",
    "version",
    "rules_version",
    "due_at",
    "waits_for",
    "attempts",
    "problems",
    "cause",
    "cause_field",
    "label",
    "touched_at",
)
REFUSED_COLUMNS = (*UNSENT_COLUMNS, "key", "doubt_until", "doubt_run")

#: Of an entry that nothing is wrong with.
WELL: Mapping[str, object] = {
    "waits_for": "",
    "attempts": 0,
    "problems": [],
    **NO_CAUSE,
    "label": "",
}

#: Of an entry before anything is known of its row: below every version, so owed until settled.
BLANK: Mapping[str, object] = {
    "state": EntryState.PENDING,
    "version": 0,
    "digest": "",
    "key": "",
    "record_id": None,
    "rules_version": 0,
    "doubt_until": None,
    "doubt_run": None,
    "due_at": None,
    **WELL,
}


@dataclass(frozen=True, slots=True)
class _Entry:
    """What of an entry decides whether its record may be sent."""

    pk: int
    source_id: int
    record_id: int | None
    key: str
    doubt_until: datetime | None

    def is_in_doubt(self, now: datetime) -> bool:
        """Whether a request that carries this record may still be on its way."""
        return self.doubt_until is not None and self.doubt_until > now

    def is_as_seen(self, known: Known | None) -> bool:
        """Whether what the row's sending was built on still holds."""
        seen = (known.record_id, known.key, known.in_doubt) if known else (None, "", False)
        return (self.record_id, self.key, self.doubt_until is not None) == seen


class DatabaseBook:
    """See `jobs.engine.ports.Book`.

    Args:
        run: Taken by `owner`.
        sought: The parents that the run's records look up in kintone.
        on_settled: Called after each commit, for progress.
    """

    def __init__(
        self,
        run: Run,
        *,
        ledger: Ledger,
        owner: str,
        sought: Sequence[Sought] = (),
        on_settled: Callable[[Sequence[Settled]], None] | None = None,
    ) -> None:
        self._run = run
        self._ledger = ledger
        self._owner = owner
        self._sought = sought
        self._on_settled = on_settled

    def allowance(self) -> int:
        now, target = clock.now(), (self._ledger.host, self._ledger.app)
        left = budget.left_for_first_load if self._run.full else budget.left
        requests = left(*target, now=now)
        if requests < 1:
            spent = budget.left(*target, now=now) < 1
            raise RunStopError(Problem(code="budget" if spent else "first_load_share"))
        return requests

    def intend(self, batch: Sequence[Sendable], *, finishing: bool = False) -> Intent:
        with transaction.atomic():
            self._keep_lease()
            if not finishing:
                self._check_that_rules_stand()
            entries = self._entries_of(batch)
            conflicts = claims.claim(
                self._ledger, batch, entries={row: entry.pk for row, entry in entries.items()}
            )
            self._wake_waiting_holders(
                conflict.holder_id for conflict in conflicts if conflict.same_ledger
            )
            refused = {conflict.sendable.row_id for conflict in conflicts}
            now = clock.now()
            granted: list[Sendable] = []
            passed: list[Sendable] = []
            for one in batch:
                entry = entries[one.row_id]
                if one.row_id in refused or entry.is_in_doubt(now):
                    continue
                (granted if entry.is_as_seen(one.known) else passed).append(one)
            self._mark_in_doubt(granted, now=now)
            self._look_again([one.row_id for one in passed], now=now)
        return Intent(granted=granted, conflicts=conflicts)

    def renew(self, batch: Sequence[Sendable]) -> None:
        now = clock.now()
        with transaction.atomic():
            self._keep_lease()
            self._mark_in_doubt(batch, now=now)

    def settle(self, settled: Sequence[Settled]) -> None:
        now = clock.now()
        record_type = RecordType(self._run.mapping.record_type)
        settled = name_parents(settled, self._sought, record_type=record_type)
        with durable_soon():
            self._count(settled, now=now)
            saved = [one for one in settled if one.outcome in SAVED]
            refused = [one for one in settled if one.outcome == OutcomeKind.REJECTED]
            set_aside = [one for one in settled if one.outcome in SET_ASIDE]
            unchanged = [one for one in settled if one.outcome == OutcomeKind.UNCHANGED]
            self._write_saved(saved, now=now)
            self._write_unchanged(unchanged, now=now)
            self._write_failed(refused, columns=REFUSED_COLUMNS, now=now)
            self._write_failed(set_aside, columns=UNSENT_COLUMNS, now=now)
            sent = [one.row_id for one in (*saved, *refused) if not one.kept_key]
            if sent:
                claims.release_others(self._ledger, sent)
            self._list(settled, now=now)
            found = {one.row_id: one.evidence for one in refused if one.evidence}
            exchanges.keep(self._run, found, now=now)
            if self._run.only is not None and not self._rules_stand():
                self._look_again([one.row_id for one in saved], now=now)
        if self._on_settled:
            self._on_settled(settled)

    def withdraw(self, batch: Sequence[Sendable], *, rests: bool = False) -> None:
        now = clock.now()
        with durable_soon():
            self._keep_lease()
            self._entries_of(batch)
            keys = [one.known.key if one.known else "" for one in batch]
            doubts = [now if one.known and one.known.in_doubt else None for one in batch]
            self._update(
                {
                    "source_id": [one.row_id for one in batch],
                    "key": keys,
                    "doubt_until": doubts,
                },
                same={"due_at": now + REST if rests else now},
            )
            claims.release_others(self._ledger, [one.row_id for one in batch])

    def keep(self, found: Mapping[int, Evidence]) -> None:
        now = clock.now()
        with durable_soon():
            self._keep_lease()
            exchanges.keep(self._run, found, now=now)

    def advance(self, watermark: datetime) -> None:
        with durable_soon():
            self._keep_lease()
            Ledger.objects.filter(pk=self._ledger.pk).update(watermark=watermark)

    def _keep_lease(self) -> None:
        if not runs.beat(self._run.pk, owner=self._owner, now=clock.now()):
            message = f"Run {self._run.pk} is no longer ours."
            raise LeaseLostError(message)

    def _count(self, settled: Sequence[Settled], *, now: datetime) -> None:
        """Add to the run's counts, where it is still ours."""
        counts: dict[str, int] = {}
        for one in settled:
            if not one.interim:
                counts[one.outcome.value] = counts.get(one.outcome.value, 0) + 1
        if not runs.beat(self._run.pk, owner=self._owner, now=now, **counts):
            message = f"Run {self._run.pk} is no longer ours."
            raise LeaseLostError(message)

    def _check_that_rules_stand(self) -> None:
        if self._run.only is not None:
            return
        enabled, version, paused = Run.objects.values_list(
            "mapping__enabled", "mapping__version", "paused"
        ).get(pk=self._run.pk)
        if not enabled:
            raise RunStopError(Problem(code="canceled"))
        if version != self._run.rules_version:
            raise RunStopError(Problem(code="rules_changed"))
        if paused:
            raise RunStopError(Problem(code="paused"))

    def _entries_of(self, batch: Sequence[Sendable]) -> dict[int, _Entry]:
        """The batch's entries by row, locked; made where a row has none yet."""
        ids = [one.row_id for one in batch]
        entries = self._locked(ids)
        missing = [row_id for row_id in ids if row_id not in entries]
        if missing:
            setwise.insert(
                LedgerEntry,
                {"source_id": missing},
                same={**BLANK, "ledger": self._ledger.pk, "touched_at": clock.now()},
                unique=("ledger", "source_id"),
            )
            entries |= self._locked(missing)
        return entries

    def _locked(self, ids: Sequence[int]) -> dict[int, _Entry]:
        rows = LedgerEntry.objects.select_for_update().filter(
            among("source_id", ids), ledger=self._ledger
        )
        columns = ("pk", "source_id", "record_id", "key", "doubt_until")
        return {row[1]: _Entry(*row) for row in rows.order_by("id").values_list(*columns)}

    def _mark_in_doubt(self, granted: Sequence[Sendable], *, now: datetime) -> None:
        until = now + CALL_LIFE
        self._update(
            {
                "source_id": [one.row_id for one in granted],
                # A record in doubt is found by its id. Should it be gone, the key that was sent
                # before is the one under which kintone may have made another.
                "key": [
                    one.known.key if one.known and one.must_exist else one.payload.key
                    for one in granted
                ],
            },
            same={"doubt_until": until, "doubt_run": self._run.pk, "due_at": until},
        )

    def _rules_stand(self) -> bool:
        """Whether the run still works by the mapping's rules; tests go on where it does not."""
        standing = Run.objects.filter(pk=self._run.pk, mapping__version=self._run.rules_version)
        return standing.exists()

    def _look_again(self, row_ids: Sequence[int], *, now: datetime) -> None:
        """Make rows due that another run settled since, or that a test sent by former rules."""
        if row_ids:
            LedgerEntry.objects.filter(among("source_id", row_ids), ledger=self._ledger).update(
                due_at=now
            )

    def _wake_waiting_holders(self, row_ids: Iterable[int]) -> None:
        """Let holders that wait for a key themselves be looked at too: it may be a ring."""
        holders = list(row_ids)
        if holders:
            LedgerEntry.objects.filter(
                ledger=self._ledger, source_id__in=holders, due_at__isnull=True, waits_for__gt=""
            ).update(due_at=clock.now())

    def _update(
        self, columns: Mapping[str, Sequence[object]], *, same: Mapping[str, object]
    ) -> None:
        """Give the entries of these rows these values."""
        rows = {name: values for name, values in columns.items() if name != "source_id"}
        if columns["source_id"]:
            setwise.update(
                LedgerEntry,
                rows,
                same=same,
                by={"source_id": columns["source_id"]},
                where={"ledger": self._ledger.pk},
            )

    def _write_saved(self, saved: Sequence[Settled], *, now: datetime) -> None:
        for interim, in_doubt in ((False, False), (True, False), (True, True)):
            some = [one for one in saved if (one.interim, one.in_doubt) == (interim, in_doubt)]
            self._update(
                {
                    "source_id": [one.row_id for one in some],
                    "version": [one.version for one in some],
                    "digest": [one.digest for one in some],
                    "key": [one.key for one in some],
                    "record_id": [one.record_id for one in some],
                },
                same={
                    **WELL,
                    "state": EntryState.PENDING if interim else EntryState.SYNCED,
                    "rules_version": self._run.rules_version,
                    "doubt_until": now if in_doubt else None,
                    "doubt_run": None,
                    "due_at": now if interim else None,
                    "touched_at": now,
                },
            )

    def _write_unchanged(self, unchanged: Sequence[Settled], *, now: datetime) -> None:
        self._update(
            {
                "source_id": [one.row_id for one in unchanged],
                "version": [one.version for one in unchanged],
            },
            same={
                **WELL,
                "state": EntryState.SYNCED,
                "rules_version": self._run.rules_version,
                "due_at": None,
                "touched_at": now,
            },
        )

    def _write_failed(
        self, failed: Sequence[Settled], *, columns: Sequence[str], now: datetime
    ) -> None:
        if failed:
            LedgerEntry.objects.bulk_create(
                [self._failed_entry(one, now=now) for one in failed],
                update_conflicts=True,
                unique_fields=["ledger", "source_id"],
                update_fields=columns,
            )

    def _failed_entry(self, failed: Settled, *, now: datetime) -> LedgerEntry:
        skipped = failed.outcome == OutcomeKind.SKIPPED
        return LedgerEntry(
            ledger=self._ledger,
            source_id=failed.row_id,
            state=EntryState.SKIPPED if skipped else EntryState.FAILED,
            version=failed.version,
            key=failed.key,
            rules_version=self._run.rules_version,
            doubt_until=now if failed.in_doubt else None,
            due_at=now + pause_after(failed.attempts) if failed.heals else None,
            waits_for=failed.waits_for,
            attempts=failed.attempts,
            problems=[problem.as_json() for problem in failed.problems],
            **cause_of(failed.problems),
            label=failed.label[:255],
            touched_at=now,
        )

    def _list(self, settled: Sequence[Settled], *, now: datetime) -> None:
        """What became of each record, but for those of which there is nothing new to say."""
        listed = [
            one
            for one in settled
            if not one.interim
            and one.outcome != OutcomeKind.UNCHANGED
            and not (one.outcome == OutcomeKind.SKIPPED and one.repeated)
        ]
        well = [one for one in listed if not one.problems]
        if well:
            setwise.insert(
                Outcome,
                {
                    "source_id": [one.row_id for one in well],
                    "label": [one.label[:255] for one in well],
                    "outcome": [one.outcome.value for one in well],
                    "key": [one.key for one in well],
                    "record_id": [one.record_id for one in well],
                    "recreated_from": [one.recreated_from for one in well],
                },
                same={"run": self._run.pk, "problems": [], **NO_CAUSE, "at": now},
            )
        Outcome.objects.bulk_create(
            Outcome(
                run=self._run,
                source_id=one.row_id,
                label=one.label[:255],
                outcome=one.outcome.value,
                key=one.key,
                record_id=one.record_id,
                problems=[problem.as_json() for problem in one.problems],
                **(NO_CAUSE if one.outcome == OutcomeKind.SKIPPED else cause_of(one.problems)),
                at=now,
            )
            for one in listed
            if one.problems
        )
