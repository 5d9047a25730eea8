"""A database that was dumped and put back: nothing is sent twice, nothing is missed.

Of an older backup kintone is ahead: what came after it is known to kintone alone.
"""

import csv
import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
from cryptography.fernet import Fernet
from django.conf import settings

ROOT = Path(__file__).resolve().parents[2]
KEYS = {"SECRET_KEY": "s" * 60, "CREDENTIAL_KEYS": Fernet.generate_key().decode()}
TEXT = {"type": "SINGLE_LINE_TEXT"}
SETTINGS = """\
version: 1
connections:
  - name: 本番
    subdomain: demo
    auth: {{login: sync, password: {{env: KINTONE_PASSWORD}}}}
    mappings:
      - record_type: company
        app: {app}
        update_key: code
        enabled: true
        rules: {{code: external_id, name: name}}
"""


class Installation:
    """An hpsync of its own, by its commands; `place` tells its database from others."""

    def __init__(self, folder: Path, place: str, *, kintone: Any) -> None:
        self.folder = folder / place
        self.folder.mkdir(mode=0o700)
        self._environment = {
            "PATH": os.environ["PATH"],
            "VAR_DIR": str(self.folder),
            "KINTONE_URL_TEMPLATE": kintone.url,
            "KINTONE_PASSWORD": kintone.password,
            **KEYS,
        }
        if not settings.USES_SQLITE:
            self.database = f"{settings.DATABASES['default']['NAME']}_{place}"
            with _server() as server:
                server.execute(f'DROP DATABASE IF EXISTS "{self.database}"')
                server.execute(f'CREATE DATABASE "{self.database}"')
            self._environment["DATABASE_URL"] = _address(self.database)
            self._environment["CELERY_BROKER_URL"] = settings.CELERY_BROKER_URL

    def manage(self, *arguments: str, exits: int = 0) -> str:
        """What a command says, if it ends as it should."""
        command = (sys.executable, "manage.py", *arguments)
        done = subprocess.run(
            command,
            cwd=ROOT,
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == exits, done.stdout + done.stderr
        return done.stdout

    def sync(self) -> dict[str, int]:
        """One run; its counts that are not zero."""
        told = json.loads(self.manage("sync", "本番/company", "--json").splitlines()[-1])
        return {kind: count for kind, count in told["outcomes"].items() if count}

    def feed(self, names: dict[str, str]) -> None:
        """Companies come in: external ID → name."""
        path = self.folder / "feed.csv"
        with path.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([("external_id", "name"), *names.items()])
        self.manage("import_records", "company", str(path))

    def compare(self, *arguments: str, exits: int = 0) -> dict[str, int]:
        """How kintone differs from what was sent; the counts that are not zero."""
        said = self.manage("compare", "本番/company", "--yes", "--json", *arguments, exits=exits)
        told = json.loads(said.splitlines()[-1])
        kinds = ("missing", "differing", "rekeyed", "extra")
        return {kind: told[kind]["count"] for kind in kinds if told[kind]["count"]}

    def dump(self, path: Path) -> None:
        """As the operator's guide says."""
        if settings.USES_SQLITE:
            with closing(sqlite3.connect(self.folder / "hpsync.sqlite3")) as live:
                live.execute("VACUUM INTO ?", (str(path),))
        else:
            _postgres("pg_dump", "--format=custom", f"--file={path}", self.database)

    def restore(self, path: Path) -> None:
        """As the operator's guide says."""
        if settings.USES_SQLITE:
            (self.folder / "hpsync.sqlite3").write_bytes(path.read_bytes())
        else:
            _postgres("pg_restore", "--no-owner", f"--dbname={self.database}", str(path))

    def drop(self) -> None:
        """Its database is gone."""
        if not settings.USES_SQLITE:
            with _server() as server:
                server.execute(f'DROP DATABASE IF EXISTS "{self.database}" WITH (FORCE)')


def _address(database: str) -> str:
    parts = urlsplit(os.environ["DATABASE_URL"])
    return parts._replace(path=f"/{database}").geturl()


def _server() -> psycopg.Connection:
    return psycopg.connect(_address("postgres"), autocommit=True)


def _postgres(program: str, *arguments: str) -> None:
    parts = urlsplit(os.environ["DATABASE_URL"])
    environment = {
        "PATH": os.environ["PATH"],
        "PGHOST": parts.hostname or "",
        "PGPORT": str(parts.port or 5432),
        "PGUSER": parts.username or "",
        "PGPASSWORD": parts.password or "",
    }
    subprocess.run((program, *arguments), env=environment, check=True, capture_output=True)


@pytest.fixture
def install(tmp_path: Path, kintone: Any, db: None) -> Iterator[Callable[[str], Installation]]:
    made: list[Installation] = []

    def act(place: str) -> Installation:
        made.append(Installation(tmp_path, place, kintone=kintone))
        return made[-1]

    yield act
    for one in made:
        one.drop()


@pytest.fixture
def app(kintone: Any) -> int:
    fields = {
        "code": {**TEXT, "label": "会社ID", "unique": True},
        "name": {**TEXT, "label": "会社名"},
    }
    return int(kintone.add_app("顧客リスト", fields))


def written(kintone: Any) -> list[str]:
    return [one.path for one in kintone.requests if one.method in {"POST", "PUT"}]


def names(kintone: Any, app: int) -> dict[str, str]:
    return {record["code"]: record["name"] for record in kintone.records(app)}


def test_a_backup_that_is_put_back_sends_nothing_twice_and_misses_nothing(
    install: Callable[[str], Installation], kintone: Any, app: int, tmp_path: Path
) -> None:
    first, dump = install("first"), tmp_path / "backup"
    first.manage("migrate", "--verbosity", "0")
    path = tmp_path / "settings.yaml"
    path.write_text(SETTINGS.format(app=app), encoding="utf-8")
    first.manage("settings_apply", str(path))
    first.feed({"1": "一", "2": "二", "3": "三"})
    assert first.sync() == {"created": 3}
    first.dump(dump)
    first.feed({"2": "二の新", "4": "四"})
    assert first.sync() == {"created": 1, "updated": 1}

    # The backup is older than what kintone holds.
    second = install("second")
    second.restore(dump)
    kintone.forget_requests()
    assert second.sync() == {}
    assert written(kintone) == []
    assert second.compare(exits=1) == {"differing": 1, "extra": 1}
    # What came in since comes in again.
    second.feed({"2": "二の新", "4": "四"})
    second.sync()
    assert names(kintone, app) == {"1": "一", "2": "二の新", "3": "三", "4": "四"}
    assert second.compare() == {}

    # Where it does not, kintone is made as the backup is; nothing of it is lost.
    third = install("third")
    third.restore(dump)
    third.compare("--resend", exits=0)
    assert names(kintone, app) == {"1": "一", "2": "二", "3": "三", "4": "四"}
    assert len(kintone.records(app)) == 4
