"""Steps 6 to 8: batches are intended, sent several at once, and recorded as their answers come.

How requests are packed: a push of 500 records and more goes as bulkRequests of 5 × 100, the rest as
batches of 100 by themselves, so that N records make ⌊N/500⌋ + ⌈(N mod 500)/100⌉ requests on the
wire and count as ⌈N/100⌉. What a refusal costs more, beyond `jobs.engine.send`:

- A refused bulkRequest of p parts wrote nothing, and kintone names only the first part that failed.
  Its parts are sent again singly, that one without the records that it named: p requests more on
  the wire, and p counted. The next bulkRequests are half as large, down to a batch by itself, and
  grow by a part with each that is accepted: many bad records cost no more than without bulk.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from heapq import heappop, heappush
from itertools import count

from integrations.kintone.errors import (
    AllowanceSpentError,
    ConfigReason,
    KintoneConfigError,
    KintoneError,
    KintoneProtocolError,
)
from integrations.kintone.evidence import Evidence, evidence_of
from jobs.engine.ports import Book, Courier
from jobs.engine.send import (
    MOST_IN_VAIN,
    Hopes,
    NothingGetsThroughError,
    RecordsRefused,
    Refused,
    evidence_about,
    lift_out,
    refuses_records,
    settle_gone,
    settle_refused,
    settle_saved,
)
from jobs.engine.values import Answer, Conflict, Request, Sendable

#: Most records of one request. Source: PUT records.json.
BATCH_SIZE = 100
#: Most batches of one bulkRequest. kintone takes 20 and carries them out one after another: fewer
#: go several at once, and a bad record takes fewer good ones back with it.
MOST_PARTS = 5
#: kintone has no record of this id, and may not make one.
NO_SUCH_RECORD = "GAIA_RE01"


@dataclass(slots=True)
class Dispatcher:
    """What is on its way to kintone, and what comes back.

    Args:
        let_go: Told of rows that are settled, or that the ledger brings back by itself.
        hopes: When it is no use to go on.
    """

    book: Book
    courier: Courier
    let_go: Callable[[Iterable[int]], None]
    hopes: Hopes = field(default_factory=Hopes)
    _parts: int = field(default_factory=lambda: MOST_PARTS)
    _again: list[tuple[int, int, Request]] = field(default_factory=list)
    """Parts of what was refused, a heap: one batch after another, the parts of each breadth first,
    so that it shows soon whether anything of a batch gets through."""
    _numbers: Iterator[int] = field(default_factory=count)
    _unclear: set[int] = field(default_factory=set)
    """Rows of which an earlier attempt may have been carried out, though the last was refused."""
    _saved: set[int] | None = None
    _in_vain: int = 0
    """Requests in a row with what was refused before, refused again."""

    @property
    def load(self) -> int:
        """How many records make a request that is worth sending before the end."""
        return self._parts * BATCH_SIZE

    def send(self, records: Sequence[Sendable], *, finishing: bool = False) -> Sequence[Conflict]:
        """Let one request with these records leave; returns those that must wait for their keys.

        Args:
            records: No more than `load`, no row twice.
            finishing: See `Book.intend`.

        Raises:
            KintoneError, NothingGetsThroughError, AllowanceSpentError: an earlier request failed,
                or this one could not leave; `abandon` what is still under way.
            RunStopError, LeaseLostError: see `Book`.
        """
        self._make_room()
        while self._again:  # what was refused goes first
            self._let_leave_again()
            self._make_room()
        records = self._but_in_vain(records)
        if not records:
            self.courier.give_back()
            return ()
        intent = self.book.intend(records, finishing=finishing)
        waiting = {conflict.sendable.row_id for conflict in intent.conflicts}
        leaving = {sendable.row_id for sendable in intent.granted}
        self.let_go(one.row_id for one in records if one.row_id not in leaving | waiting)
        requests = _requests(intent.granted)
        if requests:
            self._let_leave(requests[0])
        else:
            self.courier.give_back()
        for request in requests[1:]:
            self._send_again(request, request.parts)
        return intent.conflicts

    def send_and_wait(
        self, records: Sequence[Sendable], *, finishing: bool = False
    ) -> tuple[set[int], Sequence[Conflict]]:
        """As `send`, until nothing is under way; returns also which rows were saved meanwhile."""
        self._saved = set()
        conflicts = self.send(records, finishing=finishing)
        self.finish()
        saved, self._saved = self._saved, None
        return saved, conflicts

    def finish(self) -> None:
        """Wait until everything is answered and recorded.

        Raises:
            As `send`.
        """
        while self._again or self.courier.in_flight:
            if self._again:
                self._make_room()
                self._let_leave_again()
            else:
                self._collect()
        self._settle_refused(self.hopes.at_the_end())

    def abandon(self) -> None:
        """The run stops: record what is under way, take back what kintone surely does not have."""
        while True:
            for _, _, request in self._again:
                self._take_back(request.records)
            self._again.clear()
            if not self.courier.in_flight:
                break
            try:
                self._collect()
            except (KintoneError, NothingGetsThroughError, AllowanceSpentError):
                continue  # it was taken back, and the run stops anyway
        held_back = self.hopes.held_back
        self._take_back([refused.sendable for refused in held_back])
        self._keep({one.sendable.row_id: evidence_about(one) for one in held_back})

    def _make_room(self) -> None:
        """Wait until one request more may leave: alone, while nothing seems to get through."""
        while self.hopes.low and self.courier.in_flight:
            self._collect()
        while not self.courier.reserve():
            self._collect()

    def _let_leave(self, request: Request) -> None:
        try:
            self.courier.send(request)
        except AllowanceSpentError:
            self._take_back(request.records)
            raise

    def _let_leave_again(self) -> None:
        _, _, request = heappop(self._again)
        parts = [part for part in map(self._but_in_vain, request.parts) if part]
        if parts:
            request = replace(request, parts=parts)
            self.book.renew(request.records)
            self._let_leave(request)
        else:
            self.courier.give_back()

    def _but_in_vain(self, records: Sequence[Sendable]) -> Sequence[Sendable]:
        """Without what was refused before, once so much of it was refused again: it has its turn
        when its pause is over."""
        if self._in_vain < MOST_IN_VAIN:
            return records
        resting = [
            one
            for one in records
            if one.is_retry and not one.interim and one.row_id not in self._unclear
        ]
        if resting:
            self.book.withdraw(resting, rests=True)
            self.let_go(one.row_id for one in resting)
        return [one for one in records if one not in resting]

    def _collect(self) -> None:
        answer = self.courier.wait()
        if answer is None:
            return
        if answer.error is None:
            self._record(answer)
        else:
            self._after_error(answer.request, answer.error)

    def _record(self, answer: Answer) -> None:
        settled = [
            settle_saved(sendable, result)
            for part, results in zip(answer.request.parts, answer.results, strict=True)
            for sendable, result in zip(part, results, strict=True)
        ]
        self.book.settle(settled)
        rows = [one.row_id for one in settled]
        self.let_go(rows)
        if self._saved is not None:
            self._saved.update(rows)
        self._parts = min(self._parts + 1, MOST_PARTS)
        if any(one.is_retry for one in answer.request.records):
            self._in_vain = 0
        self._settle_refused(self.hopes.after_success())

    def _after_error(self, request: Request, error: BaseException) -> None:
        """Lift out who is to blame and send the others again.

        Raises:
            The error itself where it is no refusal of records; NothingGetsThroughError.
        """
        if isinstance(error, KintoneError) and error.may_have_written:
            self._unclear.update(one.row_id for one in request.records)
        if len(request.parts) > 1 and _may_be_the_bulk(error):
            self._parts = 1
            self._send_again(request, request.parts)
        elif refuses_records(error):
            self._after_refusal(request, error)  # type: ignore[arg-type]  # as just asked
        else:
            if not (isinstance(error, KintoneError) and error.may_have_written):
                self._take_back(request.records)
            self._keep_of(request, error)
            raise error

    def _after_refusal(self, request: Request, error: RecordsRefused) -> None:
        records = request.records
        if all(one.is_retry for one in records):
            self._in_vain += 1
        guilty = 0 if len(request.parts) == 1 else error.part
        if len(request.parts) > 1:
            self._parts = max(self._parts // 2, 1)
        refused: list[Refused] = []
        rest: list[Sequence[Sendable]] = []
        for number, part in enumerate(request.parts):
            if number == guilty:
                refused, others = lift_out(part, error)
                rest += others
            else:
                rest.append(part)
        refused = self._without_gone(refused)
        try:
            refused = self.hopes.after_refusal(error, refused, alone=len(records) == 1)
        except (NothingGetsThroughError, KintoneConfigError):
            self._take_back(records)
            self._keep_of(request, error)
            raise
        self._settle_refused(refused)
        self._send_again(request, self._some_alone(rest) if self.hopes.tries_alone else rest)

    def _some_alone(self, parts: Sequence[Sequence[Sendable]]) -> list[Sequence[Sendable]]:
        """The same records, the first few each by itself."""
        records = [sendable for part in parts for sendable in part]
        few = self.hopes.patience
        return [[one] for one in records[:few]] + _batches(records[few:])

    def _without_gone(self, refused: list[Refused]) -> list[Refused]:
        """Those that kintone refuses for another reason than that it has no record of this id."""
        gone = [
            one.sendable
            for one in refused
            if one.error.code == NO_SUCH_RECORD and one.sendable.must_exist
        ]
        if gone:
            self.book.settle([settle_gone(sendable) for sendable in gone])
            self.let_go(sendable.row_id for sendable in gone)
        return [one for one in refused if one.sendable not in gone]

    def _send_again(self, request: Request, parts: Sequence[Sequence[Sendable]]) -> None:
        """Each part by itself; those of a bulkRequest are batches of their own from now on."""
        for part in parts:
            number = next(self._numbers)
            family = number if request.family is None else request.family
            again = Request(parts=[part], upsert=request.upsert, family=family)
            heappush(self._again, (family, number, again))

    def _settle_refused(self, refused: Sequence[Refused]) -> None:
        if not refused:
            return
        rows = [one.sendable.row_id for one in refused]
        self.book.settle(
            [settle_refused(one, unclear=one.sendable.row_id in self._unclear) for one in refused]
        )
        self.let_go(rows)

    def _keep_of(self, request: Request, error: BaseException) -> None:
        """Keep what went and what came of a request that stops the run: for each record that is in
        doubt now; where none is, for the first, as it was the same for all."""
        if not isinstance(error, KintoneError) or error.exchange is None:
            return
        places = [
            (sendable.row_id, part, index)
            for part, records in enumerate(request.parts)
            for index, sendable in enumerate(records)
        ]
        self._keep(
            {
                row_id: evidence_of(error.exchange, part=part, index=index)
                for row_id, part, index in places[: None if error.may_have_written else 1]
            }
        )

    def _keep(self, found: Mapping[int, Evidence | None]) -> None:
        known = {row_id: evidence for row_id, evidence in found.items() if evidence}
        if known:
            self.book.keep(known)

    def _take_back(self, records: Sequence[Sendable]) -> None:
        """They are still owed; their chunk is not accounted for."""
        clear = [one for one in records if one.row_id not in self._unclear]
        if clear:
            self.book.withdraw(clear)


def _requests(granted: Sequence[Sendable]) -> list[Request]:
    """One with all that may be new to kintone, one for each batch that must be there."""
    free = [sendable for sendable in granted if not sendable.must_exist]
    bound = [sendable for sendable in granted if sendable.must_exist]
    upserts = [Request(parts=_batches(free))] if free else []
    return upserts + [Request(parts=[batch], upsert=False) for batch in _batches(bound)]


def _batches(records: Sequence[Sendable]) -> list[Sequence[Sendable]]:
    return [records[start : start + BATCH_SIZE] for start in range(0, len(records), BATCH_SIZE)]


def _may_be_the_bulk(error: BaseException) -> bool:
    """Whether kintone refused the bulkRequest itself, not what is in it: then go without.

    It names no part, and may do so for want of a right to this call, or as one that it cannot read.
    """
    if not isinstance(error, KintoneError) or error.part is not None or error.may_have_written:
        return False
    return isinstance(error, KintoneProtocolError) or (
        isinstance(error, KintoneConfigError) and error.reason is ConfigReason.PERMISSION
    )
