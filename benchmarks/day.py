"""A first load, then a day of five-minute slots while one company in a hundred changes every hour.

    DATABASE_URL=postgres://user@host/ .venv/bin/python -m benchmarks.day [--companies 1000000]

PostgreSQL, a Redis of its own and two workers; kintone is the stand-in and takes no time. The day
is simulated: each slot falls due as soon as the one before is done. At the end `manage.py compare`
reads all of kintone and holds it against what was sent, cell by cell.
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from statistics import median, quantiles

import psutil

from benchmarks.harness import (
    MAPPING,
    ROOT,
    TEN_FIELDS,
    Product,
    StandIn,
    parser_of,
    product,
    tell_heading,
    tell_machine,
    tell_row,
)

SLOTS = 288
WORKERS = 2
#: Tables that a run writes.
WRITTEN = ("jobs_ledgerentry", "jobs_outcome", "jobs_run", "jobs_keyclaim", "integrations_traffic")


@contextmanager
def redis() -> Iterator[str]:
    """Address of a Redis of its own."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    program = shutil.which("redis-server")
    assert program, "redis-server is missing"
    with tempfile.TemporaryDirectory() as folder:
        command = [
            program,
            "--port",
            str(port),
            "--dir",
            folder,
            "--save",
            "",
            "--bind",
            "127.0.0.1",
        ]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        try:
            yield f"redis://127.0.0.1:{port}/0"
        finally:
            process.terminate()
            process.wait()


@contextmanager
def workers(one: Product) -> Iterator[list[psutil.Process]]:
    """Workers as shipped."""
    command = [sys.executable, "-m", "celery", "-A", "hpsync", "worker", "--pool", "threads"]
    command += ["--concurrency", "16", "--loglevel", "WARNING", "--without-gossip"]
    started = [
        subprocess.Popen(
            [*command, "--without-mingle", "--hostname", f"w{number}@%h"],
            cwd=ROOT,
            env=one.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for number in range(WORKERS)
    ]
    try:
        yield [psutil.Process(process.pid) for process in started]
    finally:
        for process in started:
            process.terminate()
        for process in started:
            process.wait()


class Day:
    """Slots, one after the other, on the database of a product."""

    def __init__(self, one: Product, *, companies: int) -> None:
        os.environ |= one.environment
        import django

        django.setup()
        self.one, self.companies = one, companies
        self.seconds: list[float] = []
        self.changed = 0

    def slot(self, number: int) -> None:
        """So many companies have changed as in five minutes; the slot falls due, and is done."""
        from benchmarks import inside
        from common import clock
        from hpsync.celery import app
        from jobs.models import Run, Schedule
        from jobs.states import ACTIVE_STATUSES

        changes = self.companies // 1200
        every = max(1, self.companies // changes)
        inside.rewrite(1 + number % every, self.companies, every=every, turn=101 + number)
        self.changed += len(range(1 + number % every, self.companies + 1, every))
        began = time.monotonic()
        known = Run.objects.count()
        active = Run.objects.filter(status__in=ACTIVE_STATUSES)
        Schedule.objects.update(next_due_at=clock.now() - timedelta(seconds=1))
        app.send_task("jobs.tick", queue="clock")
        while Run.objects.count() == known or active.exists():
            time.sleep(0.01)
        self.seconds.append(time.monotonic() - began)

    def ask(self, sql: str) -> list[tuple[object, ...]]:
        """Rows of a query."""
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute(sql)
            return list(cursor.fetchall())

    def size(self) -> int:
        """Bytes of the database."""
        ((size,),) = self.ask("SELECT pg_database_size(current_database())")
        assert isinstance(size, int)
        return size

    def lost(self) -> int:
        """Records that kintone does not hold as they were sent."""
        told = json.loads(self.one.manage("compare", MAPPING, "--yes", "--json").splitlines()[-1])
        assert told["compared"] == self.companies, told
        return sum(told[kind]["count"] for kind in ("missing", "differing", "rekeyed", "extra"))


def measure(companies: int, slots: int) -> None:
    """Print the tables."""
    with ExitStack() as stack:
        standin = stack.enter_context(StandIn())
        one = stack.enter_context(product(standin, database_url=os.environ["DATABASE_URL"]))
        one.environment["CELERY_BROKER_URL"] = stack.enter_context(redis())
        one.enable(TEN_FIELDS)
        one.insert(1, companies)
        day = Day(one, companies=companies)
        empty = day.size()
        load = one.push()
        loaded = day.size()
        tell_heading(
            "first load of", "seconds", "records/s", "counted requests", "MB", "database grew by"
        )
        tell_row(
            *(f"{companies:,}", f"{load.seconds:.0f}", f"{load.sent / load.seconds:,.0f}"),
            *(f"{load.counted:,}", f"{load.memory:.0f}", f"{(loaded - empty) / 1e6:,.0f} MB"),
        )
        print()
        standin.reset()
        with workers(one) as processes:
            began = time.monotonic()
            for number in range(slots):
                day.slot(number)
            took = time.monotonic() - began
            memory = max(process.memory_info().rss for process in processes) / 1e6
        tell_day(day, standin, took=took, memory=memory, grown=day.size() - loaded)
        print(f"\nNot as it was sent, of {companies:,}: {day.lost()}")


def tell_day(day: Day, standin: StandIn, *, took: float, memory: float, grown: int) -> None:
    """Print what the slots took, and how the tables were written."""
    seen = standin.stats()
    slow = quantiles(day.seconds, n=20)[-1] if len(day.seconds) > 1 else day.seconds[0]
    tell_heading(
        *("slots", "changed", "written", "counted requests", "p50 s", "p95 s", "longest s"),
        *("all s", "MB of a worker", "database grew by"),
    )
    tell_row(
        *(len(day.seconds), f"{day.changed:,}", f"{seen.written:,}", f"{seen.counted:,}"),
        *(f"{median(day.seconds):.2f}", f"{slow:.2f}", f"{max(day.seconds):.2f}"),
        *(f"{took:.0f}", f"{memory:.0f}", f"{grown / 1e6:,.0f} MB"),
    )
    print()
    tell_heading("table", "inserted", "updated", "of which HOT", "dead now", "autovacuums")
    names = ", ".join(f"'{name}'" for name in WRITTEN)
    for name, inserted, updated, hot, dead, vacuums in day.ask(
        "SELECT relname, n_tup_ins, n_tup_upd, n_tup_hot_upd, n_dead_tup, autovacuum_count"
        f" FROM pg_stat_user_tables WHERE relname IN ({names}) ORDER BY n_tup_upd DESC"
    ):
        share = f"{100 * int(str(hot)) / int(str(updated)):.0f} %" if updated else "-"
        tell_row(name, f"{inserted:,}", f"{updated:,}", share, f"{dead:,}", vacuums)


def main() -> None:
    """Measure, as the command line says."""
    parser = parser_of(__doc__)
    parser.add_argument("--companies", type=int, default=1_000_000)
    parser.add_argument("--slots", type=int, default=SLOTS)
    arguments = parser.parse_args()
    if not os.environ.get("DATABASE_URL"):
        sys.exit("DATABASE_URL must name a PostgreSQL server.")
    tell_machine()
    measure(arguments.companies, arguments.slots)


if __name__ == "__main__":
    main()
