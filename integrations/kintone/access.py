"""What a login may do with an app, as far as kintone tells it without anything being written.

kintone has no call "may I add a record?". What can be asked, and what follows from the answers, is
written down in docs/decisions/0021-rights-that-can-be-asked.md; nothing here is a guess.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol, Self, TypeVar

from integrations.kintone.errors import (
    AllowanceSpentError,
    ConfigReason,
    KintoneConfigError,
    KintoneError,
)
from integrations.kintone.values import AppInfo, JsonValue, RecordRights, RightsRow

T = TypeVar("T")

#: kintone's group of all users; its row comes last, wherever it was put (PUT app/acl.json).
EVERYONE = "everyone"

_NEWEST = "order by $id desc limit 1"


class Right(StrEnum):
    """A right on the records of an app."""

    VIEW = "view"
    ADD = "add"
    EDIT = "edit"


class Lock(StrEnum):
    """What is kept from a login by a field's own rights."""

    HIDDEN = "hidden"
    READ_ONLY = "read_only"


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """What was found out; None: it could not be asked."""

    asked_at: datetime
    login: str = ""
    """Whose rights they are; "" for API tokens."""
    view: bool | None = None
    add: bool | None = None
    edit: bool | None = None
    record: int | None = None
    """The record by which `edit` was found out; None where it was found out otherwise."""
    locked: Mapping[str, Lock] = field(default_factory=dict)
    """Field code, also of a table's column → what this login may not do with it."""
    sources: Mapping[int, str] = field(default_factory=dict)
    """App that a lookup reads → its name."""

    def of(self, right: Right) -> bool | None:
        """Whether the login has the right; None: not known."""
        return {Right.VIEW: self.view, Right.ADD: self.add, Right.EDIT: self.edit}[right]

    def as_json(self) -> dict[str, object]:
        """What is stored; `from_json` reads it back."""
        return {
            "asked_at": self.asked_at.isoformat(),
            "login": self.login,
            **{right.value: self.of(right) for right in Right},
            "record": self.record,
            "locked": {code: lock.value for code, lock in self.locked.items()},
            "sources": {str(app): name for app, name in self.sources.items()},
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, object]) -> Self | None:
        """What `as_json` stored; None for {}: nothing was asked yet."""
        if not stored:
            return None
        locked, sources = stored["locked"], stored["sources"]
        assert isinstance(locked, dict)
        assert isinstance(sources, dict)
        return cls(
            asked_at=datetime.fromisoformat(str(stored["asked_at"])),
            login=str(stored["login"]),
            view=_bool(stored["view"]),
            add=_bool(stored["add"]),
            edit=_bool(stored["edit"]),
            record=None if stored["record"] is None else int(str(stored["record"])),
            locked={str(code): Lock(str(lock)) for code, lock in locked.items()},
            sources={int(app): str(name) for app, name in sources.items()},
        )


class RightsReader(Protocol):
    """What asking needs of the kintone client."""

    def get_app(self, app: int) -> AppInfo: ...

    def get_records(
        self, app: int, *, query: str = "", fields: Sequence[str] = ()
    ) -> list[Mapping[str, JsonValue]]: ...

    def get_record_rights(self, app: int, record_id: int) -> RecordRights: ...

    def get_app_rights(self, app: int) -> Sequence[RightsRow]: ...


def ask(
    client: RightsReader, app: int, *, login: str, sources: Iterable[int] = (), now: datetime
) -> Access:
    """Ask kintone what can be asked: one request, two more by login name, one for each source.

    Args:
        login: The login name; "" for API tokens, to which kintone does not tell their rights.
        sources: The apps that the form's lookups read, as far as this login may see them.

    Raises nothing: what kintone does not answer is not known.
    """
    newest, view = _newest_record(client, app)
    names = {source: _told(lambda source=source: client.get_app(source).name) for source in sources}  # type: ignore[misc]  # bound at once
    rights = None
    rows: Sequence[RightsRow] = ()
    if login:
        rights = newest and _told(lambda: client.get_record_rights(app, newest))
        rows = _told(lambda: client.get_app_rights(app)) or ()
    edit = rights.editable if rights else granted(rows, Right.EDIT, login=login)
    return Access(
        asked_at=now,
        login=login,
        view=view,
        add=granted(rows, Right.ADD, login=login),
        edit=edit,
        record=newest if rights else None,
        locked=_locked(rights) if rights and rights.editable else {},
        sources={source: name for source, name in names.items() if name},
    )


def granted(rows: Sequence[RightsRow], right: Right, *, login: str) -> bool | None:
    """Whether the app's rights grant it to the login; None where they leave it open.

    The first row that stands for somebody counts. Who is in a group or an organisation, or made
    the app, is not known here, so such a row may be the one or not: only where all that may be the
    one say the same is it certain. No row for everyone grants nothing to the others.

    Source: GET and PUT app/acl.json; kintone's help on the rights of apps.
    """
    if not rows:
        return None
    possible: set[bool] = set()
    for row in sorted(rows, key=lambda row: row.is_group(EVERYONE)):
        if row.kind == "USER" and row.code.casefold() != login.casefold():
            continue
        possible.add(right.value in row.granted)
        if row.kind == "USER" or row.is_group(EVERYONE):
            break
    else:
        possible |= {False}
    return possible.pop() if len(possible) == 1 else None


def _newest_record(client: RightsReader, app: int) -> tuple[int | None, bool | None]:
    """The newest record that the login sees, and whether it may look at records at all."""
    try:
        records = client.get_records(app, query=_NEWEST, fields=["$id"])
    except KintoneConfigError as error:
        return None, False if error.reason is ConfigReason.PERMISSION else None
    except (KintoneError, AllowanceSpentError):
        return None, None
    return (int(str(records[0]["$id"])) if records else None), True


def _locked(rights: RecordRights) -> dict[str, Lock]:
    """The fields that may not be written in a record that itself may be."""
    return {
        code: Lock.READ_ONLY if viewable else Lock.HIDDEN
        for code, (viewable, editable) in rights.fields.items()
        if not editable
    }


def _told(asked: Callable[[], T]) -> T | None:
    """kintone's answer; None where it gives none, for whatever reason."""
    try:
        return asked()
    except (KintoneError, AllowanceSpentError):
        return None


def _bool(stored: object) -> bool | None:
    return None if stored is None else stored is True
