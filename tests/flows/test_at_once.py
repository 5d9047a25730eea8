"""Several workers at the same moment: nobody loses, nobody deadlocks."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection

from common import clock
from jobs import ledger, liveness, runs, trial
from jobs.execute import execute
from jobs.models import KeyClaim, Run
from jobs.states import RunStatus, Trigger
from mapping.models import Mapping
from tests.builders_crm import change, make_companies
from tests.flows.conftest import enabled_mapping

pytestmark = pytest.mark.django_db(transaction=True)

RULES = {"code": "corporate_number", "name": "name"}


def number(n: int) -> str:
    return f"{n:013}"


def at_once(*works: Callable[[], Any]) -> list[Any]:
    """What each returns, each in a thread with a database connection of its own."""

    def do(work: Callable[[], Any]) -> Any:
        try:
            return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(works)) as pool:
        return [future.result() for future in [pool.submit(do, work) for work in works]]


def run_of(mapping: Mapping) -> Callable[[], Run]:
    run = runs.start(mapping, trigger=Trigger.MANUAL, now=clock.now())
    return lambda: execute(run.pk, owner=liveness.owner_here())


def test_two_mappings_into_one_app_share_its_keys_without_a_deadlock(kintone, transactional_db):
    one = enabled_mapping(kintone, rules=RULES)
    two = enabled_mapping(kintone, app=one.app, rules=RULES)
    rows = make_companies(60)
    for n, row in enumerate(rows):
        change(row, corporate_number=number(n // 2))

    for turn in range(3):
        first, second = at_once(run_of(one), run_of(two))
        assert {first.status, second.status} <= {RunStatus.SUCCEEDED, RunStatus.PARTIAL}, (
            first.traceback or second.traceback
        )
        for n, row in enumerate(rows):
            change(row, corporate_number=number((n + 7 * turn) % 45))

    codes = [record["code"] for record in kintone.records(one.app)]
    assert len(codes) == len(set(codes))
    assert KeyClaim.objects.values("key").distinct().count() == KeyClaim.objects.count()


def test_tests_beside_a_run_leave_one_record_a_row(kintone, transactional_db):
    mapping = enabled_mapping(kintone, rules=RULES)
    rows = make_companies(40)
    for n, row in enumerate(rows):
        change(row, corporate_number=number(n))

    def push_some() -> None:
        for n, row in enumerate(rows[::4]):
            change(row, corporate_number=number(100 + n))
            trial.push(mapping, row.pk)

    run, _ = at_once(run_of(mapping), push_some)
    at_once(run_of(mapping))

    assert run.status == RunStatus.SUCCEEDED, run.traceback
    assert len(kintone.records(mapping.app)) == 40
    assert not ledger.failed_entries(mapping).exists()
    assert {r["name"]: r["code"] for r in kintone.records(mapping.app)} == {
        row.name: number(100 + n // 4) if n % 4 == 0 else number(n) for n, row in enumerate(rows)
    }
