"""Custom items (カスタム項目): how their values stand in `SourceRow.custom`, and reading them.

Stored as JSON by kind: text-like kinds and numbers as text, dates and times in ISO form, flags as
booleans, lists as lists, users by their e-mail address. An empty value has no entry at all.
"""

from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from common.types import ItemValue, Kind, UserRef
from crm.catalogue.items import Item, empty_of
from crm.models import CustomItem

PREFIX: Final = "custom."

#: The longest text of a custom item, as of a memo.
MAX_LENGTH: Final = 3000

_LISTS: Final = frozenset({Kind.CHOICES, Kind.ROWS, Kind.USERS})
_USERS: Final = frozenset({Kind.USER, Kind.USERS})


def as_item(definition: CustomItem) -> Item:
    """The catalogue's item of that definition."""
    kind = Kind(definition.kind)
    key = definition.key

    def getter(row: Any) -> ItemValue:
        try:
            return _read(row.custom.get(key), kind, row)
        except (ValueError, TypeError, InvalidOperation):
            # Stored before the item was given another kind: it holds nothing of this kind.
            return empty_of(kind)

    return Item(
        key=f"{PREFIX}{key}",
        label_ja=definition.label,
        label_en=definition.label,
        kind=kind,
        getter=getter,
        rowset=f"{PREFIX}{key}" if kind in _LISTS else "",
        max_length=MAX_LENGTH,
        writable=True,
        depends_on=frozenset({"member.name", "member.login"}) if kind in _USERS else frozenset(),
        reads=("custom",),
    )


def as_stored(value: ItemValue) -> Any:
    """The JSON form of a value; None if it is empty and has no entry."""
    if value is None or value is False or value in ("", ()):
        return None
    if isinstance(value, (bool, str)):
        return value
    if isinstance(value, tuple):
        return [entry if isinstance(entry, str) else entry.email for entry in value]
    if isinstance(value, UserRef):
        return value.email
    return f"{value:f}" if isinstance(value, Decimal) else value.isoformat()


def _read(stored: Any, kind: Kind, row: Any) -> ItemValue:
    if stored is None:
        return empty_of(kind)
    if kind in _LISTS:
        entries = tuple(str(entry) for entry in (stored if isinstance(stored, list) else [stored]))
        return tuple(_user(entry, row) for entry in entries) if kind is Kind.USERS else entries
    if isinstance(stored, list):
        stored = "\n".join(map(str, stored))
    return _read_single(stored, kind, row)


def _read_single(stored: Any, kind: Kind, row: Any) -> ItemValue:
    match kind:
        case Kind.FLAG:
            return stored is True
        case Kind.NUMBER:
            return Decimal(stored)
        case Kind.DATE:
            return date.fromisoformat(stored)
        case Kind.TIME:
            return time.fromisoformat(stored)
        case Kind.DATETIME:
            return datetime.fromisoformat(stored)
        case Kind.USER:
            return _user(str(stored), row)
        case _:
            return str(stored)


def _user(email: str, row: Any) -> UserRef:
    known: UserRef | None = row.known_members.get(email)
    return known or UserRef(name=email, email=email, login="")
