"""A sync from top to bottom: scan, build, compare, batch, send, record, watermark.

Promises (design.md §2) and where they are kept:

- nothing lost: a row is settled only by `Book.settle`; the watermark passes a chunk only when every
  row of it is settled; what was intended but not settled stays "in doubt" and comes again.
- nothing doubled: keys are claimed before they are sent (`Book.intend`); a record whose key changed
  is found by kintone's id; a first sending of unknown outcome is repeated under its own key first.
- nothing wasted: unchanged records are settled without a request; sendable ones are carried from
  chunk to chunk, so that N of them make ⌈N/100⌉ requests.
- one bad record stops only itself: `jobs.engine.send`.
"""

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from integrations.kintone.errors import AllowanceSpentError, KintoneError
from integrations.kintone.values import Record
from jobs.engine.build import build
from jobs.engine.keys import rings_of, settle_conflict
from jobs.engine.ports import Book, Put, Source
from jobs.engine.send import NothingGetsThroughError, deliver, settle_refused, settle_saved
from jobs.engine.values import Chunk, Conflict, Sendable, Settled
from mapping.plan import MappingPlan

#: Most records of one request. Source: PUT records.json.
BATCH_SIZE = 100
#: More records than these are not kept waiting for a key: memory stays flat.
MOST_WAITING = 10_000


@dataclass(slots=True)
class Pipeline:
    """One run's way from rows to recorded outcomes.

    Args:
        temporary_key: Makes a key that no real record has, for swaps.
        force: Send even what kintone holds already (a test of one record).
    """

    source: Source
    plan: MappingPlan
    book: Book
    put: Put
    temporary_key: Callable[[], str]
    force: bool = False
    _outbox: deque[Sendable] = field(default_factory=deque)
    _marks: deque[tuple[int, datetime]] = field(default_factory=deque)
    """Watermarks, each with the number of sendables that must be settled before it holds."""
    _boxed: int = 0
    _emptied: int = 0
    _conflicts: list[Conflict] = field(default_factory=list)
    _in_hand: set[int] = field(default_factory=set)
    """Rows in the outbox or waiting for a key."""
    _accepted: bool = False

    def run(self) -> None:
        """Settle every row that is owed.

        Raises:
            KintoneError, NothingGetsThroughError, RunStopError, LeaseLostError: the run stops here;
                what is not settled is still owed.
        """
        self._work_off(self.source.chunks())
        self._work_off(self.source.released())
        self._resolve_conflicts()

    def _work_off(self, chunks: Iterable[Chunk]) -> None:
        for chunk in chunks:
            self._sift(chunk)
            while len(self._outbox) >= BATCH_SIZE:
                self._send_batch()
            if len(self._conflicts) >= MOST_WAITING:
                self._resolve_conflicts()
            self._advance()
        while self._outbox:
            self._send_batch()
        self._advance()

    def _sift(self, chunk: Chunk) -> None:
        """Settle what needs no request, put the rest into the outbox."""
        settled = []
        for candidate in chunk.candidates:
            if candidate.row.id in self._in_hand:
                continue  # it changed and fell due as well
            built = build(candidate, plan=self.plan, force=self.force)
            if isinstance(built, Settled):
                settled.append(built)
            else:
                self._outbox.append(built)
                self._in_hand.add(built.row_id)
                self._boxed += 1
        if settled:
            self.book.settle(settled)
        if chunk.reaches is not None:
            self._marks.append((self._boxed, chunk.reaches))

    def _advance(self) -> None:
        """Move the watermark past every chunk whose rows are all settled."""
        if self._conflicts:
            return
        reached = None
        while self._marks and self._marks[0][0] <= self._emptied:
            reached = self._marks.popleft()[1]
        if reached is not None:
            self.book.advance(reached)

    def _send_batch(self) -> None:
        size = min(BATCH_SIZE, len(self._outbox))
        batch = [self._outbox.popleft() for _ in range(size)]
        self._emptied += size
        self._in_hand.difference_update(item.row_id for item in batch)
        # Two steps for the rare record whose first sending under an older key may have arrived:
        # now under that key, to learn kintone's id; the ledger then brings it back (`released`).
        under_old_key = [
            _interim(item, key=item.must_settle_key) for item in batch if item.must_settle_key
        ]
        if under_old_key:
            self._send_now(under_old_key)
            batch = [item for item in batch if not item.must_settle_key]
        if batch:
            self._send_now(batch)

    def _send_now(self, batch: Sequence[Sendable]) -> set[int]:
        """Intend, send, record; returns the rows that were saved.

        Conflicts are kept for the end; what is neither granted nor in conflict comes again later.
        """
        intent = self.book.intend(batch)
        self._conflicts.extend(intent.conflicts)
        self._in_hand.update(conflict.sendable.row_id for conflict in intent.conflicts)
        return self._deliver(intent.granted) if intent.granted else set()

    def _deliver(self, granted: Sequence[Sendable]) -> set[int]:
        """Send what is granted and record each answer; take back what surely never arrived."""
        saved: set[int] = set()
        unanswered = {sendable.row_id: sendable for sendable in granted}
        unclear: set[int] = set()
        try:
            for delivered in deliver(
                granted,
                key_field=self.plan.key_field,
                put=self.put,
                accepted_before=self._accepted,
            ):
                unclear.update(item.row_id for item in delivered.unclear)
                settled = [settle_saved(item, result) for item, result in delivered.saved]
                settled += [
                    settle_refused(refused, unclear=refused.sendable.row_id in unclear)
                    for refused in delivered.refused
                ]
                saved.update(item.row_id for item, _ in delivered.saved)
                self._accepted = self._accepted or bool(saved)
                if settled:
                    self.book.settle(settled)
                for item in settled:
                    unanswered.pop(item.row_id)
        except (KintoneError, NothingGetsThroughError, AllowanceSpentError) as error:
            answer = error.error if isinstance(error, NothingGetsThroughError) else error
            if not (isinstance(answer, KintoneError) and answer.may_have_written):
                clear = [one for row_id, one in unanswered.items() if row_id not in unclear]
                self.book.withdraw(clear)
            raise
        return saved

    def _resolve_conflicts(self) -> None:
        """Send what waited for a key that is free by now, untie rings, refuse the rest."""
        while self._conflicts:
            waiting, self._conflicts = self._conflicts, []
            for start in range(0, len(waiting), BATCH_SIZE):
                part = waiting[start : start + BATCH_SIZE]
                self._send_now([conflict.sendable for conflict in part])
            if len(self._conflicts) < len(waiting):
                continue
            rings = rings_of(self._conflicts)
            if not rings:
                break
            for start in range(0, len(rings), BATCH_SIZE):
                self._untie(rings[start : start + BATCH_SIZE])
        if self._conflicts:
            self.book.settle([settle_conflict(conflict) for conflict in self._conflicts])
            self._in_hand.difference_update(one.sendable.row_id for one in self._conflicts)
            self._conflicts = []
        self._advance()

    def _untie(self, rings: Sequence[Sequence[Conflict]]) -> None:
        """Give one record of each ring a temporary key; then the others can follow, one by one.

        They go before anybody else who wants one of their keys.
        """
        tied = {conflict.sendable.row_id for ring in rings for conflict in ring}
        self._conflicts = [one for one in self._conflicts if one.sendable.row_id not in tied]
        keys = {ring[-1].sendable.row_id: self.temporary_key() for ring in rings}
        parked = self._send_now(
            [
                _interim(ring[-1].sendable, key=keys[ring[-1].sendable.row_id], record={})
                for ring in rings
            ]
        )
        loose = [ring for ring in rings if ring[-1].sendable.row_id in parked]
        for ring in rings:
            if ring not in loose:
                self._conflicts += ring[:-1]
        followed: set[int] = set()
        for step in range(max(map(len, loose), default=0)):
            followed |= self._send_now(
                [
                    _parked(ring[step].sendable, keys)
                    if step == len(ring) - 1
                    else ring[step].sendable
                    for ring in loose
                    if step < len(ring)
                ]
            )
        self._give_back([ring for ring in loose if ring[0].sendable.row_id not in followed], keys)

    def _give_back(self, rings: Sequence[Sequence[Conflict]], keys: Mapping[int, str]) -> None:
        """Where nobody followed, the record that made room gets the key back that it had."""
        returning = [ring[-1].sendable for ring in rings]
        if returning:
            self._send_now(
                [
                    _interim(_parked(one, keys), key=one.known.key, record={})
                    for one in returning
                    if one.known is not None
                ]
            )


def _interim(sendable: Sendable, *, key: str, record: Record | None = None) -> Sendable:
    """The record on its way to its key: under another one for now, with these values or its own."""
    values = sendable.payload.record if record is None else record
    payload = replace(sendable.payload, key=key, claim=key, record=values)
    return replace(sendable, payload=payload, interim=True)


def _parked(sendable: Sendable, keys: Mapping[int, str]) -> Sendable:
    """The record as it is known while kintone holds it under its temporary key."""
    assert sendable.known is not None
    key = keys[sendable.row_id]
    return replace(sendable, known=replace(sendable.known, key=key, digest="", in_doubt=False))
