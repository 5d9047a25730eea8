"""A sync from top to bottom: scan, build, compare, batch, send, record, watermark.

Promises (design.md §2) and where they are kept:

- nothing lost: a row is settled only by `Book.settle`; the watermark passes a chunk only when every
  row of it is settled; what was intended but not settled stays "in doubt" and comes again.
- nothing doubled: keys are claimed before they are sent (`Book.intend`); a record whose key changed
  is found by kintone's id; a first sending of unknown outcome is repeated under its own key first.
- nothing wasted: unchanged records are settled without a request; sendable ones are carried from
  chunk to chunk, so that N of them make ⌈N/100⌉ counted requests (`jobs.engine.dispatch`).
- one bad record stops only itself: `jobs.engine.send`; one that was refused before travels apart.
"""

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from integrations.kintone.errors import AllowanceSpentError, KintoneError
from integrations.kintone.values import Record
from jobs.engine.build import build
from jobs.engine.dispatch import BATCH_SIZE, Dispatcher
from jobs.engine.keys import rings_of, settle_conflict
from jobs.engine.marks import Marks
from jobs.engine.ports import Book, Courier, RunStopError, Source
from jobs.engine.send import HOPELESS_AFTER, Hopes, NothingGetsThroughError
from jobs.engine.values import Chunk, Conflict, Refusal, Sendable, Settled
from mapping.plan import MappingPlan

#: More records than these are not kept waiting for a key: memory stays flat.
MOST_WAITING = 10_000


@dataclass(slots=True)
class Pipeline:
    """One run's way from rows to recorded outcomes.

    Args:
        temporary_key: Makes a key that no real record has, for swaps.
        force: Send even what kintone holds already (a test of one record).
        patience: How often it is tried while nothing gets through.
    """

    source: Source
    plan: MappingPlan
    book: Book
    courier: Courier
    temporary_key: Callable[[], str]
    force: bool = False
    patience: int = HOPELESS_AFTER
    _marks: Marks = field(default_factory=Marks)
    _dispatcher: Dispatcher = field(init=False)
    _outbox: deque[Sendable] = field(default_factory=deque)
    _named: deque[Sendable] = field(default_factory=deque)
    """Refused by name the last time: they travel apart, so that they hold up nobody else."""
    _unnamed: deque[Sendable] = field(default_factory=deque)
    """Refused the last time, and kintone did not say which it was: they travel one by one."""
    _conflicts: list[Conflict] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._dispatcher = Dispatcher(
            book=self.book,
            courier=self.courier,
            let_go=self._marks.let_go,
            hopes=Hopes(patience=self.patience),
        )

    def run(self) -> None:
        """Settle every row that is owed.

        Raises:
            KintoneError, NothingGetsThroughError, AllowanceSpentError, RunStopError: the run stops
                here; what is not settled is still owed.
            LeaseLostError: the same, and it is no longer ours to record anything.
        """
        try:
            self._work_off(self.source.chunks())
            self._work_off(self.source.released())
            self._resolve_conflicts()
        except (KintoneError, NothingGetsThroughError, AllowanceSpentError, RunStopError):
            self._dispatcher.abandon()
            self._advance()
            raise

    def _work_off(self, chunks: Iterable[Chunk]) -> None:
        for chunk in chunks:
            self._sift(chunk)
            if chunk.closes:
                self._settle_everything()
            while len(self._outbox) >= self._dispatcher.load:
                self._send(self._outbox, most=self._dispatcher.load)
            while len(self._named) >= BATCH_SIZE:
                self._send(self._named, most=BATCH_SIZE)
            while len(self._unnamed) >= BATCH_SIZE:
                self._send(self._unnamed, most=1)
            if len(self._conflicts) >= MOST_WAITING:
                self._resolve_conflicts()
            self._advance()
        self._settle_everything()

    def _settle_everything(self) -> None:
        """Send what is left in the boxes, full requests or not, and wait for the last answer."""
        for box in (self._outbox, self._named):
            while box:
                self._send(box, most=BATCH_SIZE)
        while self._unnamed:
            self._send(self._unnamed, most=1)
        self._dispatcher.finish()
        self._advance()

    def _sift(self, chunk: Chunk) -> None:
        """Settle what needs no request, put the rest into the outbox."""
        settled = []
        for candidate in chunk.candidates:
            if candidate.row.id in self._marks:
                continue  # it changed and fell due as well
            built = build(candidate, plan=self.plan, force=self.force)
            if isinstance(built, Settled):
                settled.append(built)
                continue
            self._marks.take([built.row_id])
            self._box_for(built).append(built)
        if settled:
            self.book.settle(settled)
        self._marks.close(chunk)

    def _advance(self) -> None:
        """Move the watermark past every chunk whose rows are all settled."""
        reached = self._marks.reached()
        if reached is not None:
            self.book.advance(reached)

    def _box_for(self, sendable: Sendable) -> deque[Sendable]:
        match sendable.known.refused if sendable.known else None:
            case Refusal.NAMED:
                return self._named
            case Refusal.UNNAMED:
                return self._unnamed
            case _:
                return self._outbox

    def _send(self, box: deque[Sendable], *, most: int) -> None:
        """One request with what is first in the box."""
        size = min(most, len(box), self.book.allowance() * BATCH_SIZE)
        batch = [box.popleft() for _ in range(size)]
        # Two steps for the rare record whose first sending under an older key may have arrived:
        # now under that key, to learn kintone's id; the ledger then brings it back (`released`).
        under_old_key = [
            _interim(item, key=item.must_settle_key) for item in batch if item.must_settle_key
        ]
        if under_old_key:
            self._send_now(under_old_key)
            batch = [item for item in batch if not item.must_settle_key]
        if batch:
            self._conflicts.extend(self._dispatcher.send(batch))

    def _send_now(self, batch: Sequence[Sendable], *, finishing: bool = False) -> set[int]:
        """Send these and wait; returns the rows that were saved.

        Conflicts are kept for the end; what is neither granted nor in conflict comes again later.
        """
        saved, conflicts = self._dispatcher.send_and_wait(batch, finishing=finishing)
        # Who finds the key taken that it wants, and then also the one that it would go back to,
        # waits once: for the first.
        waiting = {conflict.sendable.row_id for conflict in self._conflicts}
        self._conflicts.extend(one for one in conflicts if one.sendable.row_id not in waiting)
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
            self._marks.let_go([one.sendable.row_id for one in self._conflicts])
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
                    _under(ring[step].sendable, keys[ring[step].sendable.row_id])
                    if step == len(ring) - 1
                    else ring[step].sendable
                    for ring in loose
                    if step < len(ring)
                ],
                finishing=True,
            )
        self._end_parking(loose, keys, followed=followed)

    def _end_parking(
        self, rings: Sequence[Sequence[Conflict]], keys: Mapping[int, str], *, followed: set[int]
    ) -> None:
        """No record stays under a temporary key because others, or its own values, were refused.

        Where somebody did not follow, those before him go back, the last of them first, and at the
        end the parked one gets the key that it had. Where all did but the parked one itself, it
        gets the key that it wants, though without its values.
        """
        ways = []
        for ring in rings:
            *others, last = (conflict.sendable for conflict in ring)
            gone = [one for one in others if one.row_id in followed]
            parked = _under(last, keys[last.row_id])
            if last.row_id in followed:
                continue
            if len(gone) == len(others):
                ways.append([_interim(parked, key=last.payload.key, record={})])
            else:
                back = [_back(_under(one, one.payload.key), one) for one in reversed(gone)]
                ways.append([*back, _back(parked, last)])
        for step in range(max(map(len, ways), default=0)):
            self._send_now([way[step] for way in ways if step < len(way)], finishing=True)


def _interim(sendable: Sendable, *, key: str, record: Record | None = None) -> Sendable:
    """The record on its way to its key: under another one for now, with these values or its own."""
    values = sendable.payload.record if record is None else record
    payload = replace(sendable.payload, key=key, claim=key, record=values)
    return replace(sendable, payload=payload, interim=True)


def _back(sendable: Sendable, before: Sendable) -> Sendable:
    """The record on its way back to the key that it had."""
    assert before.known is not None
    return _interim(sendable, key=before.known.key, record={})


def _under(sendable: Sendable, key: str) -> Sendable:
    """The record as it is known while kintone holds it under this key."""
    assert sendable.known is not None
    return replace(sendable, known=replace(sendable.known, key=key, digest="", in_doubt=False))
