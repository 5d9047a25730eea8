"""What a kintone holds: domains with people and apps, apps with records and their indexes.

Records never change; a write puts a new one in the place of the old. So a request that fails is
undone by putting the old ones back (`Undo`), and a snapshot for the state file is a copy of the
dictionaries alone. All access happens under the sandbox's one lock.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.form import Definition, Field, Form, compile_form, complete
from sandbox.scalars import NEW_APP, Precision

Values = dict[str, Any]

ALL_RIGHTS = frozenset({"view", "add", "edit", "delete", "manage"})


class Undo:
    """How to take back what a request has written so far."""

    def __init__(self) -> None:
        self._steps: list[Callable[[], object]] = []

    def add(self, step: Callable[[], object]) -> None:
        """Remember the opposite of what was just done."""
        self._steps.append(step)

    def roll_back(self) -> None:
        """Take everything back, newest first."""
        while self._steps:
            self._steps.pop()()


@dataclass(slots=True, kw_only=True)
class User:
    """A person who may log in; `language` "auto" follows the browser."""

    login: str
    name: str
    password: str = ""
    active: bool = True
    language: str = "auto"
    two_factor: bool = False
    email: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One record at one revision; `values` hold what `Form.stored` names, as it is read."""

    id: int
    revision: int
    values: Values
    creator: str
    created: str
    modifier: str
    updated: str


@dataclass(kw_only=True)
class App:
    """An app, its form and its records, with a dictionary per unique field."""

    id: int
    name: str
    definitions: dict[str, Definition]
    code: str = ""
    description: str = ""
    guest_space: int | None = None
    revision: int = 1
    creator: str = ""
    created: str = ""
    modified: str = ""
    tokens: dict[str, frozenset[str]] = field(default_factory=dict)
    """API token → its permissions."""
    rights: dict[str, frozenset[str]] = field(default_factory=dict)
    """Login → what that user may do here; everybody else may do all."""
    read_only: set[str] = field(default_factory=set)
    """Field codes that nobody may edit (GAIA_FU01)."""
    in_maintenance: bool = False
    published: bool = True
    """False: only its settings can be seen and changed, until 「アプリを公開」."""
    precision: Precision = NEW_APP
    records: dict[int, Record] = field(default_factory=dict)
    next_id: int = 1
    next_row: int = 1
    form: Form = field(init=False)
    ids: list[int] = field(init=False)
    """Record ids, ascending."""
    unique: dict[str, dict[str, int]] = field(init=False)
    """Field code → stored value → record id; empty values are not in it."""

    def __post_init__(self) -> None:
        self.definitions = complete(self.definitions)
        self.rebuild()

    def rebuild(self) -> None:
        """Compile the form and the indexes anew after settings or records were replaced.

        Raises:
            ValueError: a field is to forbid duplicates that its records already hold.
        """
        form = compile_form(self.definitions, precision=self.precision)
        unique = {each.code: self._index(each.code) for each in form.unique}
        self.form, self.unique, self.ids = form, unique, sorted(self.records)

    def _index(self, code: str) -> dict[str, int]:
        index: dict[str, int] = {}
        for record in self.records.values():
            value = record.values.get(code)
            if value and index.setdefault(value, record.id) != record.id:
                raise ValueError(f"{code}: records {index[value]} and {record.id} are the same")
        return index

    def take_id(self) -> int:
        """A record id that was never given before."""
        self.next_id += 1
        return self.next_id - 1

    def take_row_id(self) -> str:
        """A table row id that was never given before."""
        self.next_row += 1
        return str(self.next_row - 1)

    def put(self, record: Record, undo: Undo) -> None:
        """Store a record, new or in the place of its older revision."""
        old = self.records.get(record.id)
        undo.add(lambda: self._store(record.id, record, old))
        self._store(record.id, old, record)

    def remove(self, record_id: int, undo: Undo) -> None:
        """Delete a record that exists."""
        old = self.records[record_id]
        undo.add(lambda: self._store(record_id, None, old))
        self._store(record_id, old, None)

    def _store(self, record_id: int, old: Record | None, new: Record | None) -> None:
        for each in self.form.unique:
            self._reindex(each, old, new)
        if new is not None:
            self.records[record_id] = new
        else:
            del self.records[record_id]
        position = bisect_left(self.ids, record_id)
        if old is None:
            self.ids.insert(position, record_id)
        elif new is None:
            del self.ids[position]

    def _reindex(self, one: Field, old: Record | None, new: Record | None) -> None:
        index = self.unique[one.code]
        before = old.values.get(one.code) if old else None
        after = new.values.get(one.code) if new else None
        if before == after:
            return
        if before and old and index.get(before) == old.id:
            del index[before]
        if after and new:
            index[after] = new.id


@dataclass(kw_only=True)
class Domain:
    """One kintone: the first part of `NAME.cybozu.com`."""

    name: str
    language: str = "ja"
    users: dict[str, User] = field(default_factory=dict)
    organizations: dict[str, str] = field(default_factory=dict)
    """Code → name."""
    groups: dict[str, str] = field(default_factory=dict)
    apps: dict[int, App] = field(default_factory=dict)
    next_app: int = 1
    basic: tuple[str, str] | None = None
    """User and password of the Basic authentication in front, if it is switched on."""
    blocked: bool = False
    """Whether the IP address restriction keeps the caller out."""

    def add_app(self, name: str, fields: Mapping[str, Definition], **settings: Any) -> App:
        """A new app with the next id."""
        app = App(id=self.next_app, name=name, definitions=dict(fields), **settings)
        self.apps[app.id] = app
        self.next_app += 1
        return app

    def token_owners(self, tokens: Iterable[str]) -> dict[str, App | None]:
        """Which app each token was made in; None for a token of no app."""
        return {
            token: next((app for app in self.apps.values() if token in app.tokens), None)
            for token in tokens
        }
