"""Tables that were filled a moment ago are known to PostgreSQL's planner."""

import pytest
from django.db import connection

from common import clock, planner, setwise
from crm.models import Company
from jobs.models import KeyClaim, LedgerEntry
from tests.builders_crm import make_companies
from tests.flows.conftest import enabled_mapping, run_now

pytestmark = [pytest.mark.django_db, pytest.mark.stack]


@pytest.fixture(autouse=True)
def empty(db):
    """All tables are empty on disk, too: other tests leave room that new rows would fill."""
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE crm_company, jobs_ledgerentry, jobs_keyclaim CASCADE")


def known_rows() -> dict[str, int]:
    """How many rows the planner believes in."""
    tables = [model._meta.db_table for model in (Company, LedgerEntry, KeyClaim)]
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname, reltuples FROM pg_class WHERE relname = ANY(%s)", [tables])
        return {name: int(count) for name, count in cursor.fetchall()}


def fill_companies(number: int) -> None:
    """Past `crm.writing`, which has the planner look."""
    now = clock.now()
    times = {"created_at": now, "updated_at": now, "changed_at": now}
    names = [f"株式会社テスト{one}" for one in range(number)]
    setwise.create([Company(name=name, external_id=name, **times) for name in names])


def test_a_table_that_has_outgrown_what_is_known_of_it_is_looked_at_once(
    django_assert_num_queries,
):
    fill_companies(1000)

    with django_assert_num_queries(2):
        planner.look_at(Company)
    with django_assert_num_queries(1):
        planner.look_at(Company)

    assert known_rows()["crm_company"] >= 1000


def test_a_run_begins_by_looking_at_what_it_joins(kintone):
    mapping = enabled_mapping(kintone)
    fill_companies(1000)

    run_now(mapping)

    assert known_rows()["crm_company"] >= 1000


def test_a_run_looks_again_at_what_it_fills(kintone):
    mapping = enabled_mapping(kintone)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE jobs_ledgerentry, jobs_keyclaim")  # while they are empty
    fill_companies(3000)

    run_now(mapping)

    known = known_rows()
    assert known["jobs_ledgerentry"] >= 1000
    assert known["jobs_keyclaim"] >= 1000


def test_rows_that_come_in_are_looked_at_so_that_keys_are_not_sought_as_in_an_empty_table(db):
    make_companies(1000)

    assert known_rows()["crm_company"] >= 500
