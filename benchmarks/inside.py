"""What a benchmark does within an hpsync: companies in bulk, a run under a sampler, its queries.

    python -m benchmarks.inside insert FIRST LAST DAYS
    python -m benchmarks.inside change FIRST LAST EVERY TURN
    python -m benchmarks.inside administrator NAME PASSWORD
    python -m benchmarks.inside sample MAPPING
    python -m benchmarks.inside queries MAPPING

Started by `benchmarks.harness` with the environment of its hpsync. Rows are written by plain SQL
past `crm.writing`, with the version and the times that it would give them.
"""

import sys
from collections.abc import Callable, Sequence
from datetime import timedelta

import django
from django.core.management import call_command
from django.db import connection

#: Item → what stands in it, given a row's number (seven digits) and the turn of its change.
VALUES = {
    "external_id": "'C' || {number}",
    "name": "'株式会社ベンチマーク' || {number} || '号 ' || {turn}",
    "name_kana": "'ベンチマーク' || {number} || ' ' || {turn}",
    "name_disp": "'ベンチマーク' || {number} || '号 ' || {turn}",
    "zip": "'100' || {number} || {turn}",
    "pref": "'東京都' || {turn}",
    "address": "'千代田区丸の内1丁目' || {number} || '番地 ' || {turn}",
    "latitude": "'35.' || {number} || {turn}",
    "longitude": "'139.' || {number} || {turn}",
    "main_tel": "'03-' || {number} || '-' || {turn}",
    "url": "'https://www.example.com/' || {number} || '/' || {turn}",
    "mail_domain": "'mail' || {number} || '-' || {turn} || '.example.com'",
    "business_category_kbn": "'製造業' || {turn}",
    "worker_number_kbn": "'100～299人' || {turn}",
    "capital_kbn": "'1億円以上' || {turn}",
    "ipo_kbn": "'未上場' || {turn}",
    "sales_last_year": "{number} || '百万円 ' || {turn}",
    "corporate_number": "'101' || {number} || {turn}",
    "note": "'前回の訪問から間があいています。次回は月のはじめに。' || {number} || ' ' || {turn}",
}


def insert(first: str, last: str, days: str) -> None:
    """Add companies, their values of turn 100, as if written so many days ago."""
    from crm.models import Company

    cast = "CAST({} AS jsonb)" if connection.vendor == "postgresql" else "{}"
    values = {
        **_values(number="substr(CAST(10000000 + n AS text), 2)", turn="'100'"),
        "custom": cast.format("'{}'"),
        "tags": cast.format("'[]'"),
        "version": "1",
        "owner_id": "NULL",
        # Nobody searches for duplicates here.
        **dict.fromkeys((name for name in _columns() if name.startswith("match_")), "''"),
        **dict.fromkeys(("created_at", "updated_at", "changed_at"), "%s"),
    }
    columns = _columns()
    _execute(
        f"""
        INSERT INTO {Company._meta.db_table} ({", ".join(columns)})
        WITH RECURSIVE numbers(n) AS
            (SELECT {int(first)} UNION ALL SELECT n + 1 FROM numbers WHERE n < {int(last)})
        SELECT {", ".join(values[column] for column in columns)} FROM numbers
        """,
        times=3,
        days=int(days),
    )
    _analyze()


def _columns() -> list[str]:
    from crm.models import Company

    return [str(one.column) for one in Company._meta.concrete_fields if not one.primary_key]


def change(first: str, last: str, every: str, turn: str) -> None:
    """Give companies the values of a turn in all items but their key."""
    rewrite(int(first), int(last), every=int(every), turn=int(turn))
    _analyze()


def rewrite(first: int, last: int, *, every: int, turn: int) -> None:
    """The same, without telling PostgreSQL."""
    from crm.models import Company

    values = _values(number="substr(external_id, 2)", turn=f"'{turn}'")
    del values["external_id"]
    sets = ", ".join(f"{column} = {value}" for column, value in values.items())
    _execute(
        f"""
        UPDATE {Company._meta.db_table}
        SET {sets}, version = version + 1, updated_at = %s, changed_at = %s
        WHERE id BETWEEN {first} AND {last} AND (id - {first}) %% {every} = 0
        """,
        times=2,
    )


def _analyze() -> None:
    """Let PostgreSQL know how many rows there are, as autovacuum does within a minute."""
    if connection.vendor == "postgresql":
        _execute("ANALYZE")


def _values(*, number: str, turn: str) -> dict[str, str]:
    return {column: value.format(number=number, turn=turn) for column, value in VALUES.items()}


def _execute(sql: str, *, times: int = 0, days: int = 0) -> None:
    """Run the statement; each of its `times` parameters is now, or was so many days ago."""
    from common import clock

    now = connection.ops.adapt_datetimefield_value(clock.now() - timedelta(days=days))
    with connection.cursor() as cursor:
        cursor.execute(sql, [now] * times or None)


def administrator(name: str, password: str) -> None:
    """Somebody who may sign in."""
    from crm import accounts
    from crm.models import Account

    accounts.add(username=name, email="", role=Account.Role.ADMINISTRATOR, password=password)


def sample(mapping: str) -> None:
    """Run `sync` under the sampler; its JSON, then the table of shares."""
    from benchmarks import sampler

    with sampler.Sampler() as running:
        _sync(mapping)
    running.tell()


def queries(mapping: str) -> None:
    """Tell which statements a tick makes and which a `sync`, with their plans."""
    from benchmarks.plans import Recorder
    from jobs import tasks

    with Recorder() as ticking:
        tasks.tick()
    print(f"The clock's tick, when nothing is due: {ticking.count} statements.\n")
    with Recorder() as running:
        _sync(mapping)
    print("\nThe run of one mapping:\n")
    running.tell()


def _sync(mapping: str) -> None:
    try:
        call_command("sync", mapping, "--json")
    except SystemExit:
        print("not well", file=sys.stderr)


def main(arguments: Sequence[str]) -> None:
    """Do what the first argument names."""
    django.setup()
    commands: dict[str, Callable[..., None]] = {
        "insert": insert,
        "change": change,
        "administrator": administrator,
        "sample": sample,
        "queries": queries,
    }
    commands[arguments[0]](*arguments[1:])


if __name__ == "__main__":
    main(sys.argv[1:])
