"""What the engine asks of the outside: a source, a book to write in, a way to kintone."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Protocol

from common.problems import Problem
from integrations.kintone.values import PutResult, RecordPut
from jobs.engine.values import Chunk, Intent, Sendable, Settled

#: Sends one request of at most 100 records, all or none (`KintoneClient.put_records`).
Put = Callable[[Sequence[RecordPut]], Sequence[PutResult]]


class Source(Protocol):
    """Where owed rows come from."""

    def chunks(self) -> Iterator[Chunk]:
        """Every row that is owed a look, each once, in chunks."""

    def released(self) -> Iterator[Chunk]:
        """Rows that fell due since `chunks` ran: an older request is over by now."""


class Book(Protocol):
    """The ledger. Every call is one transaction that first makes sure that the run is still ours.

    Raises from every call:
        LeaseLostError: the run was given to another worker, or ended: write nothing more.
    """

    def intend(self, batch: Sequence[Sendable]) -> Intent:
        """Claim the keys and mark what is granted "in doubt", committed before anything is sent.

        Raises:
            RunStopError: the mapping was changed or switched off, or no requests are left.
        """

    def settle(self, settled: Sequence[Settled]) -> None:
        """Record what became of these rows: outcomes, ledger, keys, counts and heartbeat."""

    def withdraw(self, batch: Sequence[Sendable]) -> None:
        """Nothing of this was written in kintone: no longer in doubt, still owed."""

    def advance(self, watermark: datetime) -> None:
        """The source is accounted for up to here."""


class LeaseLostError(Exception):
    """This run is no longer ours: it was given up for lost, or somebody ended it."""


class RunStopError(Exception):
    """The run must end before everything is sent; `problem` says why. Nothing is lost."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.code)
        self.problem = problem
