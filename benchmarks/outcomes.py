"""How long every page takes that reads runs, outcomes or the ledger, over 5,000,000 outcomes.

    .venv/bin/python -m benchmarks.outcomes [--rows 5000000] [--plans] [--keep FOLDER] [--forget]
    DATABASE_URL=postgres://user@host/NAME .venv/bin/python -m benchmarks.outcomes

A year of runs is made in the database named (an empty one: it is migrated), else in SQLite in a
folder of its own, with `--keep FOLDER` in that one, for another go; each time the same rows. There
are six mappings with a slot every five minutes, so some 630,000 runs. Most touch a few records; a
first load touched a million, of which 50,000 failed; one run in ten thousand some 6,000. One
ledger has a million entries, of which a fifth has failed.

Each page is asked for as an administrator asks for it, through the whole of Django; the time is
that of the server. `--plans` prints how the database answered what took longer than `SLOW` of it;
`--forget` deletes the oldest million outcomes, as the clock's tick does it.
"""

import argparse
import os
import resource
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from benchmarks.imports import start_product
from benchmarks.searching import _administrator, _analyze, _companies, _multiply

ROUNDS: Final = 7
MAPPINGS: Final = 6
SLOTS: Final = 365 * 24 * 12
#: The first load: its run, its outcomes and those that failed, for 5,000,000 rows in all.
FIRST_LOAD: Final = 1
#: Share of all outcomes that it made; a share of those that failed.
LOADED, LOADED_BADLY = 5, 20
#: Entries of the large ledger, for 5,000,000 rows; every so many has failed.
ENTRIES_SHARE, FAILED_EVERY = 5, 5
#: Milliseconds: what is asked for; what of a statement is explained.
ASKED, SLOW = 300, 30
#: Rows of one statement.
CHUNK: Final = 250_000

#: Why records fail: code and field of the problem, kintone's code and message, and how many of 100
#: failures are of that kind.
CAUSES: Final = (
    ("no_option", "industry", "", "", 45),
    ("kintone", "tel", "CB_VA01", "5文字より長くなっています。", 30),
    ("kintone", "code", "CB_VA01", "値がほかのレコードと重複しています。", 15),
    ("kintone", "", "GAIA_LO04", "?", 8),
    ("required", "name", "", "", 2),
)


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much there is of what."""

    rows: int

    @property
    def runs(self) -> int:
        return max(SLOTS * MAPPINGS * self.rows // 5_000_000, 100)

    @property
    def companies(self) -> int:
        return max(self.rows // 50, 100)

    @property
    def loaded(self) -> int:
        return self.rows // LOADED

    @property
    def entries(self) -> int:
        return self.rows // ENTRIES_SHARE

    @property
    def busy_every(self) -> int:
        """Every so many runs is one that touches many records."""
        return 10_000


def main() -> None:
    """Make the rows, ask for the pages, print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--keep", metavar="FOLDER")
    parser.add_argument("--plans", action="store_true")
    parser.add_argument("--forget", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["VAR_DIR"] = options.keep or folder
        os.environ.setdefault("ALLOWED_HOSTS", "testserver")
        start_product()
        sizes = Sizes(options.rows)
        _make(sizes)
        _tell_machine()
        _ask(sizes, plans=options.plans)
        _download()
        if options.forget:
            _forget(sizes)


def _tell_machine() -> None:
    from django.db import connection

    load = os.getloadavg()[0]
    print(f"{connection.vendor}, {os.cpu_count()} cores, load average {load:.1f}\n", flush=True)


# What there is


def _make(sizes: Sizes) -> None:
    from crm.models import Company
    from jobs.models import Outcome

    if Outcome.objects.exists():
        return
    import random

    begun = time.monotonic()
    seed = min(20_000, sizes.companies)
    Company.objects.bulk_create(_companies(seed, random.Random(1)), batch_size=1000)
    _multiply(Company, seed, sizes.companies)
    mappings = _make_mappings()
    _insert("jobs_run", sizes.runs, _run_columns(sizes, mappings))
    _insert(
        "jobs_outcome",
        sizes.loaded,
        _outcome_columns(str(FIRST_LOAD), LOADED_BADLY, companies=sizes.companies),
    )
    spread = sizes.rows - sizes.loaded
    busy = max(sizes.runs // sizes.busy_every, 1)
    many = spread // 10
    _insert(
        "jobs_outcome",
        many,
        _outcome_columns(
            f"((n * {busy} / {many + 1}) * {sizes.busy_every} % {sizes.runs} + 2)",
            5,
            companies=sizes.companies,
        ),
    )
    few = spread - many
    run = f"(2 + (n - 1) * {sizes.runs - 2} / {few})"
    _insert("jobs_outcome", few, _outcome_columns(run, 50, companies=sizes.companies))
    for number, ledger in enumerate(_make_ledgers(mappings)):
        size = sizes.entries if number == 0 else sizes.companies // 10
        _insert("jobs_ledgerentry", size, _entry_columns(ledger))
    _set_sequences()
    _analyze()
    print(f"{sizes.rows:,} outcomes made in {time.monotonic() - begun:.0f} s", flush=True)


def _make_mappings() -> list[Any]:
    from datetime import timedelta

    from common import clock
    from integrations.models import Connection
    from jobs import schedules
    from mapping.models import Mapping

    made = []
    for number in range(MAPPINGS):
        connection, new = Connection.objects.get_or_create(
            name=("本番", "検証", "開発")[number % 3],
            defaults={"subdomain": "demo", "login": "sync"},
        )
        if new:
            schedules.ensure(connection, now=clock.now())
        kind = ("company", "company", "department", "lead", "lead", "lead")[number]
        made.append(
            Mapping.objects.create(
                connection=connection,
                record_type=kind,
                app=number + 1,
                app_name=f"アプリ{number + 1}",
                update_key="code",
                enabled=True,
                enabled_at=clock.now(),
                form_read_at=clock.now() - timedelta(minutes=1),
            )
        )
    return made


def _make_ledgers(mappings: Sequence[Any]) -> list[int]:
    from common import clock
    from jobs.models import Ledger

    return [
        Ledger.objects.create(
            mapping=mapping,
            host=mapping.connection.host,
            app=mapping.app,
            key_field=mapping.update_key,
            watermark=clock.now(),
        ).pk
        for mapping in mappings
    ]


def _run_columns(sizes: Sizes, mappings: Sequence[Any]) -> dict[str, str]:
    """Runs by number, the oldest first; of the newest none is under way."""
    ago = f"({sizes.runs} - n) / {MAPPINGS} * 300"
    mapping = "CASE n % 6 " + " ".join(
        f"WHEN {(number + 1) % 6} THEN {one.pk}" for number, one in enumerate(mappings)
    )
    # One in twenty failed somewhere, one in thousand as a whole.
    return {
        "id": "n",
        "mapping_id": f"{mapping} END",
        "trigger": f"CASE WHEN n = {FIRST_LOAD} THEN 'first_load' ELSE 'schedule' END",
        "status": "CASE WHEN n % 1000 = 7 THEN 'failed' WHEN n % 20 = 1 THEN 'partial'"
        " ELSE 'succeeded' END",
        "slot": _moment(ago),
        "queued_at": _moment(ago),
        "started_at": _moment(ago),
        "finished_at": _moment(ago),
        "created": "n % 3",
        "updated": "n % 7",
        "rejected": "CASE WHEN n % 20 = 1 THEN 2 ELSE 0 END",
        "counted": "1",
        "requests": "1",
        "failure_kind": "CASE WHEN n % 1000 = 7 THEN 'transient' ELSE '' END",
        "left_out": "'[]'",
        "message": "'{}'",
    }


def _outcome_columns(run: str, failed_every: int, *, companies: int) -> dict[str, str]:
    """Outcomes of this run; one of so many failed, half of them at kintone."""
    failed = f"{_mixed('n')} % {failed_every} = 0"
    outcome = (
        f"CASE WHEN {failed} THEN CASE WHEN n % 2 = 0 THEN 'rejected' ELSE 'invalid' END"
        " WHEN n % 4 = 0 THEN 'created' ELSE 'updated' END"
    )
    return {
        "run_id": run,
        "source_id": f"1 + {_mixed('n')} % {companies}",
        "label": "'株式会社青葉商事' || n % 1000",
        "outcome": outcome,
        "key": "'C' || n",
        "record_id": f"CASE WHEN {failed} THEN NULL ELSE n % 1000000 END",
        **_if_failed(failed),
        "at": _moment("0"),
    }


def _entry_columns(ledger: int) -> dict[str, str]:
    """Entries by source row."""
    failed = f"n % {FAILED_EVERY} = 0"
    return {
        "ledger_id": str(ledger),
        "source_id": "n",
        "state": f"CASE WHEN {failed} THEN 'failed' ELSE 'synced' END",
        "version": "1",
        "key": "'C' || n",
        "record_id": "n",
        "rules_version": "1",
        "due_at": f"CASE WHEN n % {FAILED_EVERY * 10} = 0 THEN {_moment('-86400')} END",
        "attempts": "0",
        "label": "'株式会社青葉商事' || n % 1000",
        **_if_failed(failed),
        "touched_at": _moment("0"),
    }


def _mixed(number: str) -> str:
    """A number as if by chance, the same in both databases."""
    return f"(({number} * 48271 + 11) % 2147483647)"


def _if_failed(failed: str) -> dict[str, str]:
    """The problems of a row that failed, of one cause or another, and what they come to."""
    import json

    from common.problems import Problem
    from jobs.causes import NO_CAUSE, cause_of

    cases: dict[str, list[str]] = {"problems": [], **{name: [] for name in NO_CAUSE}}
    below = 0
    for code, field, said_code, message, share in CAUSES:
        below += share
        params: dict[str, Any] = {"code": said_code, "message": message} if message else {}
        problem = Problem(code=code, field=field, value="0123", params=params)
        stored = json.dumps([problem.as_json()], ensure_ascii=False)
        said = {"problems": stored, **cause_of([problem])}
        for name, value in said.items():
            cases[name].append(f"WHEN {_mixed('n')} / 100 % 100 < {below} THEN '{value}'")
    otherwise = {"problems": "[]", **NO_CAUSE}
    return {
        name: f"CASE WHEN {failed} THEN CASE {' '.join(some)} END ELSE '{otherwise[name]}' END"
        for name, some in cases.items()
    }


def _moment(seconds_ago: str) -> str:
    """So long before now, in SQL."""
    from django.db import connection

    if connection.vendor == "postgresql":
        return f"(now() - ({seconds_ago}) * interval '1 second')"
    return f"datetime('now', (-({seconds_ago})) || ' seconds')"


def _insert(table: str, count: int, columns: dict[str, str]) -> None:
    """Rows by number `n`, from 1; what is not named gets its default."""
    from django.apps import apps
    from django.db import connection, models, transaction

    model = next(one for one in apps.get_models() if one._meta.db_table == table)
    given = dict(columns)
    for field in model._meta.concrete_fields:
        if field.column not in given and not field.primary_key and not field.null:
            default = field.get_default()
            given[str(field.column)] = _literal(
                default, is_json=isinstance(field, models.JSONField)
            )
    postgresql = connection.vendor == "postgresql"
    if postgresql:
        for field in model._meta.concrete_fields:
            if isinstance(field, models.JSONField) and field.column in given:
                given[str(field.column)] = f"({given[str(field.column)]})::jsonb"
    names = ", ".join(f'"{name}"' for name in given)
    values = ", ".join(given.values())
    for start in range(1, count + 1, CHUNK):
        end = min(start + CHUNK - 1, count)
        numbers = (
            f"generate_series({start}::bigint, {end}::bigint) AS numbers(n)"
            if postgresql
            else f"(WITH RECURSIVE numbers(n) AS (SELECT {start} UNION ALL SELECT n + 1"
            f" FROM numbers WHERE n < {end}) SELECT n FROM numbers)"
        )
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"INSERT INTO {table} ({names}) SELECT {values} FROM {numbers}")


def _literal(value: Any, *, is_json: bool) -> str:
    import json

    if is_json:
        return f"'{json.dumps(value)}'"
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int) else f"'{value}'"


def _set_sequences() -> None:
    from django.core.management.color import no_style
    from django.db import connection

    from jobs.models import Run

    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), [Run]):
            cursor.execute(statement)
        if connection.vendor == "postgresql":  # what a server that is at rest has done
            cursor.execute("VACUUM ANALYZE")


# What is asked for


def _pages(sizes: Sizes) -> dict[str, tuple[str, bool]]:
    """What is asked for → address, whether as a fragment."""
    from crm.models import Company
    from jobs.models import Outcome, Run
    from mapping.models import Mapping

    middle, old = sizes.runs // 2, sizes.runs // 20
    large = Mapping.objects.order_by("pk")[0].pk
    small = Mapping.objects.order_by("pk")[1].pk
    busy = Outcome.objects.filter(run_id__gt=FIRST_LOAD, outcome="rejected").order_by("-run_id")
    busy_run = 2 + (sizes.runs // 2) // sizes.busy_every * sizes.busy_every
    usual = busy.values_list("run_id", flat=True)[0]
    record = Company.objects.order_by("pk")[sizes.companies // 2].pk
    newest = Run.objects.order_by("-pk")[0].pk
    code, field = "no_option", "industry"
    rare = "cause=required&field=name"
    failures = f"/settings/mappings/{large}/failures/"
    first = f"/runs/{FIRST_LOAD}/"
    return {
        "dashboard": ("/", False),
        "runs": ("/runs/", False),
        "runs, in the middle": (f"/runs/?below={middle}", False),
        "runs, the oldest": (f"/runs/?below={60}", False),
        "runs, refresh": (f"/runs/?up_to={newest}", True),
        "runs, refresh of an old page": (f"/runs/?up_to={old}", True),
        "runs of a type": ("/runs/?record_type=department", False),
        "runs of an app": ("/runs/?app=2", False),
        "runs, failed": ("/runs/?status=failed", False),
        "runs, failed, in the middle": (f"/runs/?status=failed&below={middle}", False),
        "runs, of a status that none has": ("/runs/?status=canceled", False),
        "runs, status and app": ("/runs/?status=failed&app=2", False),
        "runs, status and app, none": ("/runs/?status=canceled&app=2", False),
        "runs of 7 days": ("/runs/?period=7", False),
        "runs of 30 days, failed": ("/runs/?status=failed&period=30", False),
        "runs of 30 days, none": ("/runs/?status=held&period=30&record_type=lead", False),
        "a usual run": (f"/runs/{usual}/", False),
        "a run with many records": (f"/runs/{busy_run}/", False),
        "the first load's run": (first, False),
        "…, its report alone": (first, True),
        "…, of one cause": (f"{first}?cause={code}&field={field}", False),
        "…, of one cause, far down": (
            f"{first}?cause={code}&field={field}&after={sizes.loaded * 9 // 10}",
            False,
        ),
        "…, of a rare cause": (f"{first}?{rare}", False),
        "failed records, 200,000": (failures, False),
        "…, of one cause ": (f"{failures}?cause={code}&field={field}", False),
        "…, of a rare cause ": (f"{failures}?{rare}", False),
        "…, of a rare cause, far down": (
            f"{failures}?{rare}&after={sizes.entries * 9 // 10}",
            False,
        ),
        "failed records, 2,000": (f"/settings/mappings/{small}/failures/", False),
        "a record's state": (f"/records/company/{record}/", False),
        "a record's state, fragment": (f"/records/company/{record}/", True),
        "a record": (f"/customers/company/{record}/", False),
        "an exchange": (f"/settings/mappings/{large}/failures/{record}/", False),
        "settings": ("/settings/", False),
        "deleting a mapping, the question": (f"/settings/mappings/{large}/delete/", False),
        "first load, the forecast": (f"/settings/mappings/{large}/first-load/", False),
    }


def _ask(sizes: Sizes, *, plans: bool) -> None:
    from django.conf import settings
    from django.test import Client

    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}
    client = Client()
    client.force_login(_administrator())
    client.get("/")
    client.get("/runs/")
    slow: dict[str, list[str]] = {}
    print("| page | p50 ms | max ms | queries |\n| --- | --- | --- | --- |")
    for name, (address, fragment) in _pages(sizes).items():
        headers = {"HX-Request": "true"} if fragment else {}
        get = lambda: client.get(address, headers=headers)  # noqa: B023, E731 — called at once
        times = [_milliseconds(get) for _ in range(ROUNDS)]
        queries = _queries(get)
        mark = " **" if statistics.median(times) > ASKED else ""
        told = f"{statistics.median(times):.0f}{mark} | {max(times):.0f} | {len(queries)}"
        print(f"| {name} | {told} |", flush=True)
        taking_long = [one["sql"] for one in queries if float(one["time"]) * 1000 > SLOW]
        if taking_long:
            slow[name] = taking_long
    if plans:
        _explain(slow)


def _milliseconds(get: Callable[[], Any]) -> float:
    begun = time.monotonic()
    answer = get()
    assert answer.status_code in (200, 286), answer.status_code
    return (time.monotonic() - begun) * 1000


def _queries(get: Callable[[], Any]) -> list[dict[str, str]]:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as captured:
        get()
    return captured.captured_queries


def _explain(slow: dict[str, list[str]]) -> None:
    from django.db import connection

    ways = {"postgresql": "EXPLAIN (ANALYZE, BUFFERS)", "sqlite": "EXPLAIN QUERY PLAN"}
    with connection.cursor() as cursor:
        for name, statements in slow.items():
            for statement in statements:
                print(f"\n{name}\n{statement}\n")
                cursor.execute(f"{ways[connection.vendor]} {statement.replace('%', '%%')}", [])
                print("\n".join(str(row[-1]) for row in cursor.fetchall()), flush=True)


def _download() -> None:
    """CSV: when the heading comes, and the first row; how long all takes; how the process grows."""
    from django.test import Client

    from mapping.models import Mapping

    client = Client()
    client.force_login(_administrator())
    large = Mapping.objects.order_by("pk")[0].pk
    files = {
        "runs of 30 days": "/runs/list.csv?period=30",
        "the first load's failed records": f"/runs/{FIRST_LOAD}/records.csv",
        "…, of a rare cause": f"/runs/{FIRST_LOAD}/records.csv?cause=required&field=name",
        "a mapping's failed records": f"/settings/mappings/{large}/failures/list.csv",
    }
    columns = ("CSV", "heading, ms", "first row, ms", "all, s", "rows", "grew by, MB")
    print(f"\n| {' | '.join(columns)} |\n|{' --- |' * len(columns)}")
    for name, address in files.items():
        before = _resident()
        begun = time.monotonic()
        answer: Any = client.get(address)
        parts: Iterator[bytes] = iter(answer)
        lines = next(parts).count(b"\r\n")
        heading = (time.monotonic() - begun) * 1000
        lines += next(parts, b"").count(b"\r\n")
        first = (time.monotonic() - begun) * 1000
        lines += sum(part.count(b"\r\n") for part in parts)
        took = time.monotonic() - begun
        grew = (_resident() - before) / 1024
        told = f"{heading:.0f} | {first:.0f} | {took:.1f} | {lines - 1:,} | {grew:.0f}"
        print(f"| {name} | {told} |", flush=True)


def _forget(sizes: Sizes) -> None:
    """What became of the oldest million records, and their runs, deleted as ticks do it."""
    from datetime import timedelta

    from django.conf import settings

    from common import clock
    from jobs import run_history
    from jobs.models import Outcome

    wanted = sizes.rows // 5
    before = Outcome.objects.count()
    # Days are told so that the first load and what follows it are too old.
    settings.RUN_HISTORY_DAYS = 355
    begun, ticks, longest = time.monotonic(), 0, 0.0
    while Outcome.objects.filter(run_id=FIRST_LOAD).exists() or not ticks:
        tick = time.monotonic()
        if not run_history.forget_old(now=clock.now() + timedelta(days=1)):
            break
        ticks, longest = ticks + 1, max(longest, time.monotonic() - tick)
    took, gone = time.monotonic() - begun, before - Outcome.objects.count()
    print(
        f"\n{gone:,} outcomes (of {wanted:,} wanted) deleted in {took:.0f} s, {ticks} ticks, the"
        f" longest {longest:.1f} s, {gone / took:,.0f} a second",
        flush=True,
    )


def _resident() -> int:
    """The most that this process has had, in KB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


if __name__ == "__main__":
    main()
