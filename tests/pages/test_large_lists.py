"""What keeps lists fast over millions of outcomes: the indexes that answer them.

How long it takes is measured by `benchmarks/outcomes.py`.
"""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from jobs.models import Run
from jobs.pages import health, select_runs
from mapping.models import Mapping
from tests.builders_crm import make_companies
from tests.flows.conftest import run_now

pytestmark = pytest.mark.skipif(
    connection.vendor != "sqlite", reason="PostgreSQL goes by statistics: few rows need no index"
)


@pytest.fixture
def failed(company_mapping: Mapping) -> Run:
    """A run that failed for two records of three."""
    make_companies(1)
    make_companies(2, business_category_kbn="情報・通信業")
    return run_now(company_mapping)


def plans_of(act: Callable[[], Any], *, table: str) -> list[str]:
    """How SQLite answers the statements about this table."""
    with CaptureQueriesContext(connection) as queries:
        act()
    plans = []
    with connection.cursor() as cursor:
        for query in queries.captured_queries:
            if f'FROM "{table}"' in query["sql"]:
                cursor.execute("EXPLAIN QUERY PLAN " + query["sql"].replace("%", "%%"), [])
                plans.append(" / ".join(row[-1] for row in cursor.fetchall()))
    return plans


def test_failed_records_are_counted_by_cause_in_an_index_alone(failed: Run) -> None:
    counted, _ = plans_of(
        lambda: select_runs.failure_causes(failed.mapping), table="jobs_ledgerentry"
    )

    assert "COVERING INDEX ledger_entry_cause" in counted


def test_those_that_wait_for_a_person_are_counted_there_too(failed: Run) -> None:
    (counted,) = plans_of(health._failed_counts, table="jobs_ledgerentry")

    assert "COVERING INDEX ledger_entry_cause" in counted


def test_a_page_of_failed_records_comes_in_the_order_of_an_index(failed: Run) -> None:
    found = select_runs.failure_causes(failed.mapping)[0]
    (page,) = plans_of(lambda: select_runs.failures_page(failed.mapping), table="jobs_ledgerentry")
    (narrowed,) = plans_of(
        lambda: select_runs.failures_page(failed.mapping, code=found.code, field=found.field),
        table="jobs_ledgerentry",
    )

    assert "ledger_entry_failed" in page
    assert "ledger_entry_cause" in narrowed
    assert "TEMP B-TREE" not in page + narrowed


def test_a_runs_causes_and_records_come_from_indexes_of_what_failed(failed: Run) -> None:
    found = select_runs.causes(failed)[0]
    counted, _ = plans_of(lambda: select_runs.causes(failed), table="jobs_outcome")
    (page,) = plans_of(
        lambda: select_runs.troubled_records(failed, select_runs.failed_of(failed)),
        table="jobs_outcome",
    )
    (narrowed,) = plans_of(
        lambda: select_runs.troubled_records(
            failed, select_runs.failed_of(failed), code=found.code, field=found.field
        ),
        table="jobs_outcome",
    )

    assert "COVERING INDEX outcome_cause" in counted
    assert "outcome_failed" in page
    assert "outcome_cause" in narrowed
    assert "TEMP B-TREE" not in page + narrowed
