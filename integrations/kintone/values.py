"""What goes to kintone's record calls and what comes back; ids and revisions as numbers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, TypeAlias

JsonValue: TypeAlias = str | int | bool | Sequence["JsonValue"] | Mapping[str, "JsonValue"] | None

#: Field code → the inside of kintone's `{"value": …}`; numbers as text; a table as its rows
#: `[{"value": {COLUMN: {"value": …}}}]`.
Record: TypeAlias = Mapping[str, JsonValue]


class Operation(StrEnum):
    """What an upsert did."""

    INSERT = "INSERT"
    UPDATE = "UPDATE"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordPut:
    """One record of a PUT: found by `record_id` where given, else by the update key.

    By key: the key field must not be in `record` (kintone refuses it there). By id: it may be, and
    so the key changes.
    """

    record: Record
    key: str = ""
    record_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PutResult:
    """kintone's answer for one record of a PUT."""

    record_id: int
    revision: int
    operation: Operation


@dataclass(frozen=True, slots=True, kw_only=True)
class AppInfo:
    """What app.json says."""

    app: int
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KintonePerson:
    """A user of kintone; `code` is the login name."""

    code: str
    name: str
    email: str
    """"" where none is entered, or this login may not see it."""
    active: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordRights:
    """What this login may do with one record and its fields."""

    editable: bool
    fields: Mapping[str, tuple[bool, bool]]
    """Field code, also of a table's column → (may be seen, may be written)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RightsRow:
    """One row of an app's rights; the rows are in order, the first that fits somebody counts."""

    kind: str
    """USER, GROUP, ORGANIZATION or CREATOR."""
    code: str
    """Of the user, group or organisation; "" for CREATOR."""
    granted: frozenset[str]
    """Of "view", "add", "edit"."""

    def is_group(self, code: str) -> bool:
        """Whether it is the row of that group."""
        return self.kind == "GROUP" and self.code == code


class Meter(Protocol):
    """Counts requests before they leave, and hears how kintone bears them.

    Both are called once per exchange, retries included, in the thread that speaks to kintone.
    """

    def spend(self, *, app: int | None, requests: int) -> None:
        """Count one exchange as so many requests against `app` (None: kintone counts it for none).

        Raises:
            AllowanceSpentError: the app's budget of today is used up; nothing may be sent.
        """

    def heard(self, *, too_much: bool) -> None:
        """An exchange is over; `too_much`: kintone would get on better with fewer at once."""
