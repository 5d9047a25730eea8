"""What an administrator of kintone does by hand: apps, forms, tokens, people, records.

Every function takes the world's lock and reports the change, so it may be called from anywhere.
"""

import copy
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import UTC
from typing import Any

from sandbox.auth import Actor
from sandbox.building import Writing
from sandbox.errors import Issues
from sandbox.form import Definition, complete
from sandbox.model import ALL_RIGHTS, App, Domain, Record, Undo, User, Values
from sandbox.scalars import ROUNDING, Precision, to_minute
from sandbox.values import Checking
from sandbox.world import World
from sandbox.writing import add_records

ADMINISTRATOR = "Administrator"


def add_app(
    world: World,
    domain: Domain,
    name: str,
    fields: Mapping[str, Definition],
    *,
    guest_space: int | None = None,
    code: str = "",
) -> App:
    """A new app; `fields` as in form/fields.json, with what is left out filled in."""
    with world.lock:
        now = world.clock().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:00.000Z")
        app = domain.add_app(
            name,
            fields,
            guest_space=guest_space,
            code=code,
            creator=next(iter(domain.users), ADMINISTRATOR),
            created=now,
            modified=now,
        )
        world.on_change()
        return app


def delete_app(world: World, domain: Domain, app_id: int) -> None:
    """The app is gone with all its records."""
    with world.lock:
        del domain.apps[app_id]
        world.on_change()


def add_token(world: World, app: App, *, permissions: Iterable[str] = ALL_RIGHTS) -> str:
    """A new API token of the app with these permissions."""
    unknown = set(permissions) - ALL_RIGHTS
    if unknown:
        raise ValueError(f"no such permissions: {sorted(unknown)}")
    with world.lock:
        token = secrets.token_urlsafe(30)
        app.tokens[token] = frozenset(permissions)
        world.on_change()
        return token


def add_user(world: World, domain: Domain, user: User) -> None:
    """A new user, or the new state of the one with this login."""
    with world.lock:
        domain.users[user.login] = user
        world.on_change()


def change_form(world: World, app: App, change: Callable[[dict[str, Definition]], object]) -> None:
    """Let `change` alter the settings, as 「アプリを更新」 does; values of fields that go are lost.

    Raises:
        ValueError: the records do not allow it (duplicates in a field that is to forbid them); the
            form stays as it was.
    """
    with world.lock:
        before = copy.deepcopy(app.definitions)
        change(app.definitions)
        try:
            app.definitions = complete(app.definitions)
            app.rebuild()
        except ValueError:
            app.definitions = before
            app.rebuild()
            raise
        app.revision += 1
        world.on_change()


def set_field(world: World, app: App, code: str, settings: Mapping[str, Any]) -> None:
    """Add a field, or change these of its settings."""

    def change(definitions: dict[str, Definition]) -> None:
        definitions[code] = {**definitions.get(code, {}), **settings}

    change_form(world, app, change)


def set_precision(world: World, app: App, precision: Precision) -> None:
    """Numbers that are written from now on are so precise; those that stand there stay.

    Raises:
        ValueError: kintone knows no such precision.
    """
    decimals_fit = 0 <= precision.decimals <= min(10, precision.digits)
    if not (1 <= precision.digits <= 30 and decimals_fit and precision.rounding in ROUNDING):
        raise ValueError(f"no such precision: {precision}")
    with world.lock:
        app.precision = precision
        app.rebuild()
        app.revision += 1
        world.on_change()


def remove_field(world: World, app: App, code: str) -> None:
    """The field is gone with its values."""
    with world.lock:
        _rewrite(app, lambda values: {key: kept for key, kept in values.items() if key != code})
        change_form(world, app, lambda definitions: definitions.pop(code))


def rename_field(world: World, app: App, code: str, new_code: str) -> None:
    """The field has another field code; its values stay."""

    def change(definitions: dict[str, Definition]) -> None:
        renamed = {
            new_code if each == code else each: definition
            for each, definition in definitions.items()
        }
        renamed[new_code]["code"] = new_code
        definitions.clear()
        definitions.update(renamed)

    with world.lock:
        _rewrite(
            app,
            lambda values: {new_code if key == code else key: kept for key, kept in values.items()},
        )
        change_form(world, app, change)


def remove_option(world: World, app: App, code: str, option: str) -> None:
    """The choice offers one option less; records that have it keep it until they are written."""

    def change(definitions: dict[str, Definition]) -> None:
        definitions[code]["options"].pop(option)

    change_form(world, app, change)


def load_records(
    world: World, domain: Domain, app: App, records: Iterable[Mapping[str, Any]]
) -> list[Record]:
    """Add any number of records (code → value), checked as the API checks them, all or none."""
    wrapped = [{code: {"value": value} for code, value in record.items()} for record in records]
    with world.lock:
        undo = Undo()
        try:
            added = add_records(app, wrapped, writing=_writing(world, domain, undo))
        except BaseException:
            undo.roll_back()
            raise
        world.on_change()
        return added


def remove_record(world: World, app: App, record_id: int) -> None:
    """The record is deleted, as by hand."""
    with world.lock:
        app.remove(record_id, Undo())
        world.on_change()


def _writing(world: World, domain: Domain, undo: Undo) -> Writing:
    """Writing as Administrator, who may do everything everywhere."""
    now = world.clock()
    permissions = dict.fromkeys(domain.apps, ALL_RIGHTS)
    return Writing(
        domain=domain,
        actor=Actor(permissions=permissions, language=domain.language),
        checking=Checking(domain=domain, files=world.files, issues=Issues()),
        undo=undo,
        now=now,
        stamp=to_minute(now),
    )


def _rewrite(app: App, change: Callable[[Values], Values]) -> None:
    for record_id, record in app.records.items():
        app.records[record_id] = replace(record, values=change(record.values))
