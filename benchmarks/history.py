"""How long the pages of 操作履歴 take over a million entries, and how the database reads them.

    .venv/bin/python -m benchmarks.history [--rows 1000000] [--plans]
    DATABASE_URL=postgres://user@host/NAME .venv/bin/python -m benchmarks.history

The entries are made in the database named (an empty one: it is migrated), else in SQLite in a
folder of its own. Each page is asked for five times as an administrator asks for it; the time is
that of the server, and of its processor alone.
"""

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from typing import Any, Final

from benchmarks.imports import start_product
from benchmarks.searching import _administrator, _analyze

ROUNDS: Final = 5
CHUNK: Final = 20_000
#: What is asked for; MIDDLE is an id in the middle, the account has made every ninth entry.
PAGES: Final = {
    "newest": "",
    "in the middle": "below=MIDDLE",
    "kind": "kind=mapping.key",
    "area, in the middle": "kind=data&below=MIDDLE",
    "a kind that is rare and old": "kind=token.revoke",
    "command": "actor=origin:command",
    "a connection": "connection=2",
    "rare kind of the last 30 days": "kind=token.revoke&period=30",
    "kind and command": "kind=member.add&actor=origin:command",
}


def main() -> None:
    """Make the entries, ask for the pages, print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--plans", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["VAR_DIR"] = folder
        os.environ.setdefault("ALLOWED_HOSTS", "testserver")
        start_product()
        _make(options.rows)
        _ask(options.rows)
        if options.plans:
            _print_plans(options.rows)


def _make(rows: int) -> None:
    from django.db import connection, transaction

    from audit.models import Entry
    from integrations.models import Connection

    for name in ("本番", "検証", "開発"):
        Connection.objects.get_or_create(name=name, defaults={"subdomain": "demo"})
    begun = time.monotonic()
    columns = [str(field.column) for field in Entry._meta.concrete_fields if not field.primary_key]
    names = ", ".join(f'"{column}"' for column in columns)
    places = ", ".join(["%s"] * len(columns))
    # As in one statement a chunk, without a thousand model instances.
    with connection.cursor() as cursor:
        for start in range(0, rows, CHUNK):
            values = list(_entries(start, min(start + CHUNK, rows), rows, columns))
            with transaction.atomic():
                cursor.executemany(f"INSERT INTO audit_entry ({names}) VALUES ({places})", values)
    _analyze()
    print(f"entries {time.monotonic() - begun:.0f} s", flush=True)


def _entries(start: int, end: int, rows: int, columns: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    """Spread over 400 days; tokens were revoked only among the first thousandth."""
    import json
    from datetime import timedelta

    from audit.kinds import Kind, Origin
    from common import clock

    now, span = clock.now(), timedelta(days=400)
    usual = [kind for kind in Kind if kind.area != "token"]
    origins = list(Origin)
    mapping = {"record_type": "company", "app": 1}
    said = [json.dumps({"mappings": {"1": {**mapping, "enabled": on}}}) for on in (True, False)]
    for number in range(start, end):
        rare = number < rows // 1000 and number % 100 == 0
        kind = Kind.TOKEN_REVOKE if rare else usual[number * 7 % len(usual)]
        entry: dict[str, Any] = {
            "at": now - span * ((rows - number) / rows),
            "kind": kind.value,
            "area": kind.area,
            "origin": origins[number % 5].value,
            "account_id": number % 9,
            "actor": f"user{number % 9}",
            "connection_id": number % 3 + 1,
            "connection_name": ("本番", "検証", "開発")[number % 3],
            "record_type": "company",
            "label": f"顧客リスト{number % 50}",
            "before": said[0],
            "after": said[1],
            "secrets": "[]",
            "details": "{}",
            "erased": False,
        }
        yield tuple(entry.get(column) for column in columns)


def _ask(rows: int) -> None:
    from django.conf import settings
    from django.test import Client

    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}
    client = Client()
    client.force_login(_administrator())
    print("| page | p50 ms | of it processor |\n| --- | --- | --- |")
    for name, query in PAGES.items():
        times, busy = [], []
        for _round in range(ROUNDS):
            begun, spent = time.monotonic(), time.process_time()
            answer = client.get(f"/history/?{query.replace('MIDDLE', str(rows // 2))}")
            times.append((time.monotonic() - begun) * 1000)
            busy.append((time.process_time() - spent) * 1000)
            assert answer.status_code == 200
        told = f"{statistics.median(times):.0f} | {statistics.median(busy):.0f}"
        print(f"| {name} | {told} |", flush=True)


def _print_plans(rows: int) -> None:
    from django.http import QueryDict

    from common import clock
    from history.forms import HistoryFilter
    from history.selectors import matching

    for name, query in PAGES.items():
        given = QueryDict(query.replace("MIDDLE", str(rows // 2)))
        found = matching(HistoryFilter(given).query(now=clock.now()))
        if below := given.get("below"):
            found = found.filter(pk__lt=int(below))
        print(f"\n{name}\n{found[:51].explain()}")


if __name__ == "__main__":
    main()
