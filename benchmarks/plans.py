"""Which queries a piece of work makes, and by which plan the database answers those that read."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any, Self

from django.db import connection

from benchmarks.harness import tell_heading, tell_row

#: Lines of a plan that read a whole table, or all of one ledger whatever that is searched for.
_WALKS = (
    re.compile(r"SCAN (?!CONSTANT|json_each|jobs_run\b|jobs_ledger\b)"),
    re.compile(r"USING \w*\s*INDEX sqlite_autoindex_jobs_ledgerentry_\d+ \(ledger_id=\?\)"),
    re.compile(r"Seq Scan on (crm_company|jobs_ledgerentry)\b"),
    re.compile(r"Index (Only )?Scan using ledger_entry_of_row .*Index Cond: \(ledger_id = \d+\)"),
)

_KIND = re.compile(r"\s*(SELECT|INSERT|UPDATE|DELETE|WITH)")
_TABLE = re.compile(r"(?:FROM|INTO|UPDATE) \"?(\w+)\"?")

#: Tables that grow with the customer data; what is asked of the others costs the same for ever.
GROWING = ("crm_company", "jobs_ledgerentry", "jobs_keyclaim", "jobs_outcome")

#: Longest line of a plan that is printed; what follows are lists of ids.
WIDTH = 160

Execute = Callable[[str, Any, bool, dict[str, Any]], Any]


class Recorder:
    """Remembers each statement while a `with` lasts."""

    def __init__(self) -> None:
        self._seen: list[tuple[str, Any]] = []
        self._wrapper = connection.execute_wrapper(self._note)

    def __enter__(self) -> Self:
        self._wrapper.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._wrapper.__exit__(None, None, None)

    def _note(
        self, execute: Execute, sql: str, params: Any, many: bool, context: dict[str, Any]
    ) -> Any:
        self._seen.append((sql, next(iter(params), ()) if many else params))
        return execute(sql, params, many, context)

    @property
    def count(self) -> int:
        """How many there were, transactions' own not among them."""
        return sum(_place(sql)[0] != "-" for sql, _ in self._seen)

    def touches(self, table: str) -> int:
        """How many of them name the table."""
        return sum(table in sql for sql, _ in self._seen)

    def walks(self) -> list[str]:
        """What walks through a table that grows: each such statement with its plan."""
        plans = {sql: _plan(sql, params) for sql, params in self._seen if _grows(sql)}
        return ["\n".join([_short(sql), *plan]) for sql, plan in plans.items() if _walks(plan)]

    def tell(self) -> None:
        """Print how many of which kind on which table, then each plan on a growing table once."""
        print(f"{self.count} statements, those of transactions not counted:\n")
        tell_heading("table", "kind", "statements")
        places = Counter(_place(sql) for sql, _ in self._seen)
        for (table, kind), number in sorted(places.items()):
            if table != "-":
                tell_row(table, kind, number)
        growing = {_short(sql): (sql, params) for sql, params in self._seen if _grows(sql)}
        total = sum(_grows(sql) for sql, _ in self._seen)
        print(f"\n{total} of them on tables that grow with the data; their plans:\n")
        for short, (sql, params) in growing.items():
            print(f"```\n{short}")
            for line in _plan(sql, params):
                print(f"    {line[:WIDTH]}")
            print("```\n")


def _grows(sql: str) -> bool:
    return _place(sql)[0] != "-" and any(table in sql for table in GROWING)


def _walks(plan: Sequence[str]) -> bool:
    # PostgreSQL tells the condition of an index on the line after it.
    lines = [*map(" ".join, pairwise([*plan, ""]))]
    return any(walk.search(line) for walk in _WALKS for line in lines)


def _place(sql: str) -> tuple[str, str]:
    table, kind = _TABLE.search(sql), _KIND.match(sql)
    return table[1] if table else "-", kind[1] if kind else sql.split()[0]


def _short(sql: str) -> str:
    """Kind, table and condition of a statement, lists cut short."""
    table, kind = _place(sql)
    condition = re.sub(r'"(\w+)"\.|"', "", sql.partition(" WHERE ")[2])
    condition = re.sub(r"%s(, %s)+", "…", " ".join(condition.split()))
    return f"{kind} {table} {condition}".strip()[: 2 * WIDTH]


def _plan(sql: str, params: Any) -> Sequence[str]:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"EXPLAIN (COSTS OFF) {sql}", params)
            return [str(row[0]) for row in cursor.fetchall()]
        cursor.execute(f"EXPLAIN QUERY PLAN {sql}", params)
        return [str(row[3]) for row in cursor.fetchall()]
