"""What every benchmark stands on: a stand-in, an hpsync of its own, companies, what a push costs.

Only doors that are stable are used: `manage.py settings_apply`, `sync --json`, `failures --json`.
Companies are written by plain SQL (`benchmarks.inside`): a million of them take seconds.

"Seconds" are those of `sync --json`: from the beginning of the command to the ledger written, so
from rows in the database to the end of the run. Starting Python and Django (about a second) is not
among them; a worker has done so long before.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import psycopg

ROOT = Path(__file__).parents[1]
CONNECTION = "bench"
MAPPING = f"{CONNECTION}/company"

#: kintone field code → its type; the source item has the same key, but for the update key's.
KEY_FIELD = "code"
TEN_FIELDS: Mapping[str, str] = {
    KEY_FIELD: "SINGLE_LINE_TEXT",
    "name": "SINGLE_LINE_TEXT",
    "name_kana": "SINGLE_LINE_TEXT",
    "zip": "SINGLE_LINE_TEXT",
    "pref": "SINGLE_LINE_TEXT",
    "address": "SINGLE_LINE_TEXT",
    "main_tel": "SINGLE_LINE_TEXT",
    "url": "LINK",
    "sales_last_year": "SINGLE_LINE_TEXT",
    "note": "MULTI_LINE_TEXT",
}
TWENTY_FIELDS: Mapping[str, str] = {
    **TEN_FIELDS,
    "name_disp": "SINGLE_LINE_TEXT",
    "latitude": "NUMBER",
    "longitude": "NUMBER",
    "mail_domain": "SINGLE_LINE_TEXT",
    "business_category_kbn": "SINGLE_LINE_TEXT",
    "worker_number_kbn": "SINGLE_LINE_TEXT",
    "capital_kbn": "SINGLE_LINE_TEXT",
    "ipo_kbn": "SINGLE_LINE_TEXT",
    "corporate_number": "SINGLE_LINE_TEXT",
    "updated_at": "DATETIME",
}

_SETTINGS = """
version: 1
connections:
  - name: {connection}
    subdomain: demo
    domain: cybozu.com
    auth: {{login: sync, password: {{env: KINTONE_PASSWORD}}}}
    schedule: 24h
    mappings:
      - record_type: company
        app: {app}
        daily_requests: 10000000
        update_key: {key_field}
        enabled: true
        rules: {rules}
"""


class StandIn:
    """The stand-in (`benchmarks.standin`) in its own process; stopped at the end of a `with`."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="hpsync-bench-")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.standin", "--folder", self._folder.name],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert self._process.stdout is not None
        told = json.loads(self._process.stdout.readline())
        self.http: str = told["http"]
        self.https: str = told["https"]
        self.ca: str = told["ca"]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.communicate()
        self._folder.cleanup()

    def add_app(self, fields: Mapping[str, str]) -> int:
        """The number of a new, empty app."""
        form: dict[str, Any] = {code: {"type": kind} for code, kind in fields.items()}
        form[KEY_FIELD]["unique"] = True
        return int(self._ask("/configure", {"app": {"name": "bench", "fields": form}})["app"])

    def take(self, *, flat: float = 0.0, per_record: float = 0.0) -> None:
        """Let every request take so many seconds, and so many more for each record."""
        self._ask("/configure", {"flat": flat, "per_record": per_record})

    def allow(self, *, at_once: int) -> None:
        """Turn away what is more than so many requests at once; at first these are 100."""
        self._ask("/configure", {"limit": at_once})

    def refuse(self, keys: Sequence[str], *, code: str, field: str) -> None:
        """Take no record with one of these update keys; see `standin_calls.Refusing`."""
        self._ask("/configure", {"refuse": {"keys": list(keys), "code": code, "field": field}})

    def reset(self) -> None:
        """Count anew."""
        self._ask("/reset", {})

    def stats(self) -> "Stats":
        """What it has counted since."""
        return Stats(**self._ask("/stats"))

    def _ask(self, path: str, body: object = None) -> dict[str, Any]:
        data = None if body is None else json.dumps(body).encode()
        with urlopen(Request(self.http + path, data=data)) as answer:
            told: dict[str, Any] = json.load(answer)
            return told


@dataclass(frozen=True, slots=True, kw_only=True)
class Stats:
    """See `benchmarks.standin`."""

    wire: int
    counted: int
    refused: int
    written: int
    most: int
    busy: float
    cpu: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Push:
    """One `sync`: what it told, what the stand-in saw of it, and what it took."""

    status: str
    outcomes: Mapping[str, int]
    requests: int
    counted: int
    seconds: float
    message: str
    kintone: Stats
    memory: float
    """Largest resident memory of the process in MB, Python and Django included."""

    @property
    def sent(self) -> int:
        """Records that kintone took."""
        return self.outcomes["created"] + self.outcomes["updated"]

    @property
    def told(self) -> str:
        """The outcomes in words."""
        return ", ".join(f"{n:,} {kind}" for kind, n in self.outcomes.items() if n) or "-"


@dataclass(slots=True, kw_only=True)
class Product:
    """An hpsync of its own with one mapping, or none yet."""

    standin: StandIn
    folder: Path
    database_url: str = ""
    environment: dict[str, str] = field(default_factory=dict)
    _turn: int = 100

    def __post_init__(self) -> None:
        self.environment = {
            **os.environ,
            "VAR_DIR": str(self.folder / "var"),
            "DATABASE_URL": self.database_url,
            "CELERY_BROKER_URL": "",
            "KINTONE_URL_TEMPLATE": self.standin.https,
            "KINTONE_CA_BUNDLE": self.standin.ca,
            "KINTONE_PASSWORD": "kintone-demo",
            "SECRET_KEY": "only-for-this-benchmark-" * 3,
            "CREDENTIAL_KEYS": "dGhlIHRlc3RzIGtub3cgdGhpcyBrZXkgdG9vLCBva2E=",
            "DJANGO_SETTINGS_MODULE": "hpsync.settings",
        }

    def enable(self, fields: Mapping[str, str] = TEN_FIELDS) -> None:
        """Map companies to a new app; those that are there already count as accounted for."""
        app = self.standin.add_app(fields)
        rules = {code: "external_id" if code == KEY_FIELD else code for code in fields}
        path = self.folder / "settings.yaml"
        path.write_text(
            _SETTINGS.format(
                connection=CONNECTION, app=app, key_field=KEY_FIELD, rules=json.dumps(rules)
            )
        )
        self.manage("settings_apply", str(path))

    def insert(self, first: int, last: int, *, days_ago: int = 0) -> None:
        """Add the companies from one number to another; their keys are `key_of` their numbers."""
        self.inside("insert", str(first), str(last), str(days_ago))

    def change(self, first: int, last: int, *, every: int = 1) -> None:
        """Give every so manyth company between two numbers new values in all items."""
        self._turn += 1
        self.inside("change", str(first), str(last), str(every), str(self._turn))

    def push(self) -> Push:
        """Run `sync`, and count what the stand-in sees of it."""
        self.standin.reset()
        output, memory = self._run("manage.py", "sync", MAPPING, "--json")
        told = json.loads(output.splitlines()[-1])
        del told["run"]
        return Push(**told, kintone=self.standin.stats(), memory=memory)

    def failures(self) -> int:
        """How many records stand in the list of failed ones."""
        return len(json.loads(self.manage("failures", MAPPING, "--json")))

    def manage(self, *arguments: str) -> str:
        """What `manage.py` prints."""
        return self._run("manage.py", *arguments)[0]

    def inside(self, *arguments: str) -> str:
        """What `benchmarks.inside` prints."""
        return self._run("-m", "benchmarks.inside", *arguments)[0]

    def _run(self, *arguments: str) -> tuple[str, float]:
        """Output of a Python of its own, and its largest resident memory in MB.

        The kernel counts a process's largest size from its birth as a copy of this one, which is
        much smaller than any Django.
        """
        with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as errors:
            process = subprocess.Popen(
                [sys.executable, *arguments],
                cwd=ROOT,
                env=self.environment,
                stdout=output,
                stderr=errors,
            )
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            output.seek(0)
            errors.seek(0)
            # A run that did not end well is measured, too.
            well = (0, 1) if "sync" in arguments else (0,)
            if process.returncode not in well:
                sys.exit(f"{' '.join(arguments)}\n{output.read()}{errors.read()}")
            return output.read(), usage.ru_maxrss / 1024


@contextmanager
def product(standin: StandIn, *, database_url: str = "") -> Iterator[Product]:
    """A fresh hpsync without companies or mappings, gone at the end.

    Args:
        database_url: "": SQLite in a temporary folder. Else a PostgreSQL server, on which a new
            database is made and dropped; the one that the URL names is not touched.
    """
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="hpsync-bench-"))
        if database_url:
            database_url = stack.enter_context(_own_database(database_url))
        made = Product(standin=standin, folder=Path(folder), database_url=database_url)
        made.manage("migrate", "--noinput")
        yield made


@contextmanager
def _own_database(server: str) -> Iterator[str]:
    name = f"hpsync_bench_{os.getpid()}"
    address = urlsplit(server)
    with psycopg.connect(address._replace(path="/postgres").geturl(), autocommit=True) as admin:
        admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        admin.execute(f'CREATE DATABASE "{name}"')
        try:
            yield address._replace(path=f"/{name}").geturl()
        finally:
            admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def key_of(number: int) -> str:
    """The update key of the company with that number."""
    return f"C{number:07}"


def databases() -> dict[str, str]:
    """Name → URL: SQLite, and PostgreSQL where `DATABASE_URL` names a server."""
    given = os.environ.get("DATABASE_URL", "")
    return {"SQLite": ""} | ({"PostgreSQL": given} if given else {})


def parser_of(description: str | None) -> argparse.ArgumentParser:
    """A parser that explains the script by its docstring."""
    return argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )


def tell_machine() -> None:
    """Print what it is measured on, and how busy that is with other things."""
    commit = subprocess.run(
        ["git", "describe", "--always", "--dirty"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    ).stdout.strip()
    print(
        f"{os.cpu_count()} cores, load average {os.getloadavg()[0]:.1f} before we began, "
        f"Python {platform.python_version()}, commit {commit or 'unknown'}.\n",
        flush=True,
    )


def tell_row(*cells: object) -> None:
    """Print one line of a Markdown table."""
    print("| " + " | ".join(str(cell) for cell in cells) + " |", flush=True)


def tell_heading(*names: str) -> None:
    """Print the heading of a Markdown table."""
    tell_row(*names)
    tell_row(*("---" for _ in names))
