"""What the engine asks of the outside: a source, a book to write in, a way to kintone."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from common.problems import Problem
from integrations.kintone.evidence import Evidence
from jobs.engine.values import Answer, Chunk, Intent, Request, Sendable, Settled


class Source(Protocol):
    """Where owed rows come from."""

    def chunks(self) -> Iterator[Chunk]:
        """Every row that is owed a look, each once, in chunks."""

    def released(self) -> Iterator[Chunk]:
        """Rows that fell due since `chunks` ran: an older request is over by now."""


class Courier(Protocol):
    """Carries requests to kintone, several at once."""

    @property
    def in_flight(self) -> int:
        """How many of ours are under way."""

    def reserve(self) -> bool:
        """Take room in the air for one request more; False if there is none now."""

    def give_back(self) -> None:
        """What was reserved is not needed."""

    def send(self, request: Request) -> None:
        """Let the request leave, in the room that was reserved for it.

        Raises:
            LeaseLostError, AllowanceSpentError: it did not leave; the room is given back.
        """

    def wait(self) -> Answer | None:
        """The next answer; None after a while in which none came, or none of ours is under way.

        Raises:
            LeaseLostError: the run is no longer ours.
        """


class Book(Protocol):
    """The ledger. Every call is one transaction that first makes sure that the run is still ours.

    Raises from every call:
        LeaseLostError: the run was given to another worker, or ended: write nothing more.
    """

    def allowance(self) -> int:
        """How many requests may still be sent, at least one.

        Raises:
            RunStopError: none are left.
        """

    def intend(self, batch: Sequence[Sendable], *, finishing: bool = False) -> Intent:
        """Claim the keys and mark what is granted "in doubt", committed before anything is sent.

        Args:
            finishing: What was begun must be finished, whatever became of the mapping: a record
                waits in kintone under a temporary key.

        Raises:
            RunStopError: the mapping was changed or switched off.
        """

    def renew(self, batch: Sequence[Sendable]) -> None:
        """What was intended leaves only now, or once more: its doubt lasts so much longer."""

    def settle(self, settled: Sequence[Settled]) -> None:
        """Record what became of these rows: outcomes, ledger, keys, counts and heartbeat."""

    def withdraw(self, batch: Sequence[Sendable], *, rests: bool = False) -> None:
        """Nothing of this was written in kintone: no longer in doubt, still owed.

        Args:
            rests: It waits a while for its next turn.
        """

    def keep(self, found: Mapping[int, Evidence]) -> None:
        """Keep for these rows what went and what came, though nothing is settled of them."""

    def advance(self, watermark: datetime) -> None:
        """The source is accounted for up to here."""


class LeaseLostError(Exception):
    """This run is no longer ours: it was given up for lost, or somebody ended it."""


class RunStopError(Exception):
    """The run must end before everything is sent; `problem` says why. Nothing is lost."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.code)
        self.problem = problem
