"""The words that all packages share: record types, kinds and values of items. Plain Python."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from enum import StrEnum
from typing import TypeAlias


class RecordType(StrEnum):
    """What is pushed. The order of the members is the order of a slot: parents first."""

    COMPANY = "company"
    DEPARTMENT = "department"
    LEAD = "lead"

    @property
    def rank(self) -> int:
        """Position in a slot: a type is pushed after every type of lower rank."""
        return list(RecordType).index(self)


class Kind(StrEnum):
    """What a value of an item is like (design.md §8)."""

    TEXT = "text"
    LONG_TEXT = "long_text"
    RICH_TEXT = "rich_text"
    NUMBER = "number"
    DATE = "date"
    TIME = "time"
    DATETIME = "datetime"
    CHOICE = "choice"
    CHOICES = "choices"
    USER = "user"
    USERS = "users"
    URL = "url"
    EMAIL = "email"
    PHONE = "phone"
    FLAG = "flag"
    ROWS = "rows"


@dataclass(frozen=True, slots=True, kw_only=True)
class UserRef:
    """A member as a value: who owns a company or a lead."""

    name: str
    email: str
    login: str
    """kintone login name; empty where none was given."""


#: One value of an item, by kind: text-like kinds, CHOICE, URL, EMAIL, PHONE → `str` ("" is empty);
#: NUMBER → `Decimal`; DATE, TIME, DATETIME (aware) → their types; FLAG → `bool`; USER → `UserRef`;
#: CHOICES, ROWS → tuple of `str`; USERS → tuple of `UserRef`. `None` is empty for all of them.
ItemValue: TypeAlias = (
    str
    | Decimal
    | bool
    | date
    | time
    | datetime
    | UserRef
    | tuple[str, ...]
    | tuple[UserRef, ...]
    | None
)

#: Item key → value, as `crm.catalogue` reads them off one source row.
ItemValues: TypeAlias = Mapping[str, ItemValue]
