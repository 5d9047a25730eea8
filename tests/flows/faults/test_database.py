"""The database goes away in the middle of a run, and comes back."""

import sqlite3
import time

import psycopg
import pytest
from django.conf import settings
from django.db import connection

from jobs.models import Alert, LedgerEntry, Run
from jobs.states import RunStatus
from tests.builders_crm import make_companies
from tests.flows.faults.conftest import ONE_BY_ONE, by_code, open_runs
from tests.flows.faults.processes import PROGRAM, database_url, wait_until
from tests.flows.faults.wire import meanwhile

#: Longer than a process of these tests waits for the lock of SQLite (`program._hurry`).
TOO_LONG = 3.0


def cut_connections() -> None:
    """Every connection of the product's processes to this database is ended."""
    with psycopg.connect(database_url()) as other:
        other.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND application_name = %s",
            [PROGRAM],
        )


def lock_for_too_long() -> None:
    """Somebody else writes, and does not come to an end."""
    other = sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    time.sleep(TOO_LONG)
    other.execute("ROLLBACK")
    other.close()


def check_that_all_arrives(product, kintone, mapping, rows):
    wait_until(lambda: not open_runs())
    product.slot()
    assert by_code(kintone, mapping) == {row.external_id: row.name for row in rows}
    assert Run.objects.latest("pk").status == RunStatus.SUCCEEDED
    assert not LedgerEntry.objects.filter(doubt_until__isnull=False).exists()
    assert not Alert.objects.filter(ended_at=None).exists()


@pytest.mark.stack
def test_connections_that_are_cut_in_the_middle_of_a_run_lose_and_double_nothing(
    product, wire, kintone, mapping
):
    rows = make_companies(250)
    wire.do(meanwhile(cut_connections))
    product.begin(mapping, queue=ONE_BY_ONE)

    wait_until(lambda: len(kintone.records(mapping.app)) >= 100)
    product.rest()
    check_that_all_arrives(product, kintone, mapping, rows)


@pytest.mark.stack
def test_a_worker_whose_idle_connections_were_cut_does_the_next_slot_all_the_same(
    product, kintone, mapping
):
    product.slot()
    rows = make_companies(1)
    cut_connections()

    product.slot()

    assert by_code(kintone, mapping) == {row.external_id: row.name for row in rows}


@pytest.mark.skipif(not settings.USES_SQLITE, reason="PostgreSQL locks rows, not itself")
def test_a_database_that_is_locked_for_too_long_loses_and_doubles_nothing(
    product, wire, kintone, mapping
):
    rows = make_companies(250)
    wire.do(meanwhile(lock_for_too_long))
    product.begin(mapping, queue=ONE_BY_ONE)

    wait_until(lambda: len(kintone.records(mapping.app)) >= 100)
    product.rest()
    check_that_all_arrives(product, kintone, mapping, rows)
