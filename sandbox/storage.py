"""The state file: everything that a sandbox holds, as JSON, replaced as a whole.

Writes only note that something changed; a thread of its own saves a moment later, and the more
seldom the longer saving takes, so that it never slows the writes by more than a twentieth.
"""

import base64
import json
import os
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from sandbox.model import App, Domain, Record, User
from sandbox.scalars import Precision
from sandbox.world import World

VERSION = 1
SHORTEST_PAUSE = 0.5
PAUSE_PER_SECOND_OF_SAVING = 20
RECORDS_PER_STEP = 200


class UnreadableStateError(Exception):
    """The file is no state of a sandbox."""


def load_world(path: Path) -> World:
    """The world that the file holds.

    Raises:
        UnreadableStateError: it is none, or one of another version.
    """
    try:
        state = json.loads(path.read_text(encoding="utf-8"))
        if state["version"] != VERSION:
            raise UnreadableStateError(f"{path}: version {state['version']}, not {VERSION}")
        domains = [_domain(each, records=state["records"]) for each in state["domains"]]
        files = state["files"]
        contents = {key: base64.b64decode(text) for key, text in state["contents"].items()}
    except (KeyError, TypeError, ValueError) as error:
        raise UnreadableStateError(f"{path}: not the state of a sandbox ({error!r})") from error
    return World(
        domains={domain.name: domain for domain in domains}, files=files, contents=contents
    )


def save_world(world: World, path: Path) -> None:
    """Put the world as it is now into the file, at once or not at all."""
    draft = path.with_name(f"{path.name}.part")
    with draft.open("w", encoding="utf-8") as file:
        file.writelines(_parts(*_snapshot(world)))
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def _snapshot(world: World) -> tuple[str, list[list[Record]]]:
    """Everything but the records as JSON, and the records of each app (they never change)."""
    with world.lock:
        records: list[list[Record]] = []
        domains = []
        for domain in world.domains.values():
            domains.append(_domain_state(domain, first=len(records)))
            records += [list(app.records.values()) for app in domain.apps.values()]
        head = {
            "version": VERSION,
            "domains": domains,
            "files": world.files,
            "contents": {
                key: base64.b64encode(content).decode() for key, content in world.contents.items()
            },
        }
        return json.dumps(head, ensure_ascii=False), records


def _parts(head: str, records: list[list[Record]]) -> Iterator[str]:
    """The file in pieces, so that other threads get their turn in between."""
    yield head[:-1] + ', "records": ['
    for number, of_app in enumerate(records):
        yield (",\n" if number else "\n") + "["
        for start in range(0, len(of_app), RECORDS_PER_STEP):
            step = [_record_state(each) for each in of_app[start : start + RECORDS_PER_STEP]]
            yield ("," if start else "") + json.dumps(step, ensure_ascii=False)[1:-1]
            time.sleep(0)
        yield "]"
    yield "]}\n"


def _record_state(record: Record) -> list[Any]:
    return [
        record.id,
        record.revision,
        record.creator,
        record.created,
        record.modifier,
        record.updated,
        record.values,
    ]


def _record(state: list[Any]) -> Record:
    number, revision, creator, created, modifier, updated, values = state
    return Record(
        id=number,
        revision=revision,
        values=values,
        creator=creator,
        created=created,
        modifier=modifier,
        updated=updated,
    )


_DOMAIN_SETTINGS = ("name", "language", "organizations", "groups", "next_app", "basic", "blocked")
_USER_SETTINGS = ("login", "name", "password", "active", "language", "two_factor")
_APP_SETTINGS = (
    "id",
    "name",
    "definitions",
    "code",
    "description",
    "guest_space",
    "revision",
    "creator",
    "created",
    "modified",
    "in_maintenance",
    "next_id",
    "next_row",
)


def _settings(value: object, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: getattr(value, name) for name in names}


def _domain_state(domain: Domain, *, first: int) -> dict[str, Any]:
    """`first` is where the records of its first app stand in the list of all records."""
    return {
        **_settings(domain, _DOMAIN_SETTINGS),
        "users": [_settings(user, _USER_SETTINGS) for user in domain.users.values()],
        "apps": [
            {
                **_settings(app, _APP_SETTINGS),
                "tokens": {token: sorted(rights) for token, rights in app.tokens.items()},
                "rights": {login: sorted(rights) for login, rights in app.rights.items()},
                "read_only": sorted(app.read_only),
                "precision": asdict(app.precision),
                "records_at": first + number,
            }
            for number, app in enumerate(domain.apps.values())
        ],
    }


def _domain(state: dict[str, Any], *, records: list[list[Any]]) -> Domain:
    settings = {name: state[name] for name in _DOMAIN_SETTINGS}
    basic = settings.pop("basic")
    apps = [_app(each, records=records) for each in state["apps"]]
    return Domain(
        **settings,
        basic=(basic[0], basic[1]) if basic else None,
        users={user["login"]: User(**user) for user in state["users"]},
        apps={app.id: app for app in apps},
    )


def _app(state: dict[str, Any], *, records: list[list[Any]]) -> App:
    of_app = [_record(each) for each in records[state["records_at"]]]
    return App(
        **{name: state[name] for name in _APP_SETTINGS},
        tokens={token: frozenset(rights) for token, rights in state["tokens"].items()},
        rights={login: frozenset(rights) for login, rights in state["rights"].items()},
        read_only=set(state["read_only"]),
        precision=Precision(**state.get("precision", {})),
        records={record.id: record for record in of_app},
    )


class Saver:
    """Keeps the state file up to date until it is closed."""

    def __init__(self, world: World, path: Path) -> None:
        self._world = world
        self._path = path
        self._changed = threading.Event()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="saver")
        world.on_change = self._changed.set

    def start(self) -> None:
        """Save once (so a path that cannot be written is known at once), then after changes."""
        save_world(self._world, self._path)
        self._thread.start()

    def close(self) -> None:
        """Save what is not saved yet, and stop."""
        self._closing.set()
        self._changed.set()
        self._thread.join()

    def _run(self) -> None:
        pause = SHORTEST_PAUSE
        while not self._closing.is_set():
            self._changed.wait()
            self._closing.wait(pause)
            self._changed.clear()
            began = time.monotonic()
            save_world(self._world, self._path)
            took = time.monotonic() - began
            pause = max(SHORTEST_PAUSE, took * PAUSE_PER_SECOND_OF_SAVING)
