"""Switching a mapping on, among however many rows."""

from django.db import connection
from django.test.utils import CaptureQueriesContext

from jobs.models import LedgerEntry
from tests.builders_crm import make_companies
from tests.flows.conftest import enabled_mapping


def test_the_baseline_is_written_without_reading_the_entries(kintone, db):
    # PostgreSQL walked through the growing table again for each row: a million took hours.
    make_companies(3)

    with CaptureQueriesContext(connection) as captured:
        enabled_mapping(kintone)

    table = LedgerEntry._meta.db_table
    written = [query["sql"] for query in captured if f"INSERT INTO {table}" in query["sql"]]
    assert [sql.count(table) for sql in written] == [1]
    assert LedgerEntry.objects.count() == 3
