"""The plain values that flow through a sync."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from common.problems import Problem
from common.types import ItemValues
from integrations.kintone.evidence import Evidence
from integrations.kintone.values import PutResult
from mapping.payload import Payload


class OutcomeKind(StrEnum):
    """What became of one record in one run (design.md §3)."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    SKIPPED = "skipped"
    INVALID = "invalid"
    REJECTED = "rejected"
    UNSENT = "unsent"


class Refusal(StrEnum):
    """How much kintone said when it refused a record."""

    NAMED = "named"
    """Which record and field: among others it costs one request more."""
    UNNAMED = "unnamed"
    """Nothing: found out by splitting, so that it had better travel alone."""


class Row(Protocol):
    """One source record as the engine needs it."""

    @property
    def id(self) -> int: ...
    @property
    def version(self) -> int: ...
    @property
    def label(self) -> str: ...
    @property
    def visible(self) -> bool: ...
    @property
    def values(self) -> ItemValues: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the ledger knows of one row in the target."""

    digest: str
    """Of what kintone holds from us; "" if unknown."""
    key: str
    """The update key last sent, perhaps in vain while in doubt; "" before the first."""
    record_id: int | None
    """kintone's id, once it was confirmed."""
    in_doubt: bool
    """Whether kintone may hold the new values or the old."""
    attempts: int
    """Failures in a row."""
    version: int = 0
    """The row's version that all of this is about."""
    problem_codes: tuple[str, ...] = ()
    refused: "Refusal | None" = None
    """How kintone refused the record the last time, if that was the last that happened to it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A row that is owed a look, with what is known of it."""

    row: Row
    known: Known | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """Some candidates; once they are all settled, the source is accounted for up to `reaches`."""

    candidates: Sequence[Candidate]
    reaches: datetime | None
    """None where a chunk says nothing about time (retries, existing data)."""
    closes: bool = False
    """What comes next depends on what came so far: it is asked for when all of that is settled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sendable:
    """A record whose values differ from what kintone holds, or may differ."""

    row_id: int
    version: int
    label: str
    payload: Payload
    known: Known | None
    interim: bool = False
    """Sent under another key for now: to learn kintone's id, or to make room for a swap."""

    @property
    def expects_update(self) -> bool:
        """Whether kintone is known to hold a record of this row."""
        return self.known is not None and self.known.record_id is not None

    @property
    def is_unchanged(self) -> bool:
        """Whether kintone is sure to hold exactly this."""
        known = self.known
        return (
            known is not None
            and known.digest == self.payload.digest
            and known.key == self.payload.key
            and not known.in_doubt
        )

    @property
    def is_retry(self) -> bool:
        """Whether kintone refused this very version the last time."""
        known = self.known
        return known is not None and known.refused is not None and known.version == self.version

    @property
    def keeps_key(self) -> bool:
        """Whether the row has no other key in the ledger than the one it is sent under."""
        known = self.known
        return known is None or (known.key == self.payload.key and not known.in_doubt)

    @property
    def changes_key(self) -> bool:
        """Whether the record must be found by its id because its key in kintone is another one.

        In doubt, kintone may hold the old key or the new: by id both end well.
        """
        known = self.known
        if known is None or known.record_id is None:
            return False
        return known.in_doubt or known.key != self.payload.key

    @property
    def must_exist(self) -> bool:
        """Whether the record is only to be updated, found by its id.

        It is in doubt, and somebody may have deleted it in kintone meanwhile. An upsert by an id
        that is gone makes a new record each time (kintone-api.md §2.1): the request in doubt may
        have made one already, under the key that was sent then.
        """
        known = self.known
        return known is not None and known.in_doubt and known.record_id is not None

    @property
    def must_settle_key(self) -> str:
        """The key under which a first sending may have arrived unseen, if the row's key is another.

        Such a record must be sent under that key first, or kintone might end up with two.
        """
        known = self.known
        if known is None or known.record_id is not None or not known.in_doubt:
            return ""
        return known.key if known.key != self.payload.key else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What goes to kintone at once: one batch, or several as the parts of a bulkRequest."""

    parts: Sequence[Sequence[Sendable]]
    """1 to 20, each of 1 to 100 records; no key twice."""
    upsert: bool = True
    """Whether kintone may make a record that it does not have; False for one batch alone."""
    family: int | None = None
    """Which refused batch it is a part of."""

    @property
    def records(self) -> list[Sendable]:
        """All of it, in its order."""
        return [sendable for part in self.parts for sendable in part]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came of a request: results for each record of each part, or what went wrong."""

    request: Request
    results: Sequence[Sequence[PutResult]] = ()
    error: BaseException | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What became of one row, ready to be recorded."""

    row_id: int
    version: int
    label: str
    outcome: OutcomeKind
    key: str = ""
    digest: str = ""
    record_id: int | None = None
    recreated_from: int | None = None
    problems: tuple[Problem, ...] = ()
    attempts: int = 0
    """Failures in a row, this one included; 0 after a success."""
    in_doubt: bool = False
    """Still in doubt, from an older request whose outcome is unknown."""
    heals: bool = False
    """Whether the cause can go away in kintone: then tried again by itself."""
    waits_for: str = ""
    """The key that another record holds: tried again as soon as it is released."""
    repeated: bool = False
    """Ended as the last time: counted, but not listed again."""
    interim: bool = False
    """One of two steps: kintone's id is kept, the row stays owed, nothing is counted."""
    kept_key: bool = False
    """Sent under the only key that it ever had: there is none to give back."""
    evidence: Evidence | None = None
    """Of what kintone refused: what went and what came."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """Another record holds the key that one wants."""

    sendable: Sendable
    holder_id: int
    holder_label: str
    same_ledger: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """Which of a batch may be sent now: marked in doubt, their keys claimed.

    In neither list: what is on its way in another run (a test) at this moment, or was settled by
    one since it was read. The ledger brings it back when that is over.
    """

    granted: Sequence[Sendable]
    conflicts: Sequence[Conflict]
