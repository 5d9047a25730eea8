"""Many rows by one statement, on each of the databases."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from common import clock
from jobs import setwise
from jobs.book import BLANK
from jobs.ledger import ledger_of
from jobs.models import LedgerEntry
from jobs.states import EntryState


def write(ledger, columns, *, update=(), unique=("ledger", "source_id"), **same):
    blank = {name: value for name, value in BLANK.items() if name not in columns}
    setwise.insert(
        LedgerEntry,
        columns,
        same={**blank, "touched_at": clock.now(), **same, "ledger": ledger.pk},
        unique=unique,
        update=update,
    )


@pytest.fixture
def ledger(company_mapping):
    return ledger_of(company_mapping)


def test_rows_are_inserted_with_what_each_and_what_all_have(ledger):
    write(
        ledger,
        {"source_id": [1, 2], "key": ["青葉", 'A\'B\\ "C" {x} %s'], "record_id": [None, 7]},
        problems=[{"code": "too_long"}],
        state=EntryState.FAILED,
    )

    entries = LedgerEntry.objects.order_by("source_id")
    assert [(one.key, one.record_id) for one in entries] == [
        ("青葉", None),
        ('A\'B\\ "C" {x} %s', 7),
    ]
    assert entries[0].problems == [{"code": "too_long"}]
    assert entries[0].state == EntryState.FAILED


def test_moments_may_differ_from_row_to_row(ledger):
    now = clock.now()
    write(ledger, {"source_id": [1, 2], "doubt_until": [now, None]}, due_at=now + timedelta(days=1))

    first, second = LedgerEntry.objects.order_by("source_id")
    assert (first.doubt_until, second.doubt_until) == (now, None)
    assert second.due_at == now + timedelta(days=1)


def test_rows_that_are_there_get_the_values_that_are_named_and_keep_the_others(ledger):
    write(ledger, {"source_id": [1], "key": ["old"], "version": [3]})

    write(ledger, {"source_id": [1, 2], "key": ["new", "two"], "version": [4, 4]}, update=["key"])

    rows = LedgerEntry.objects.order_by("source_id").values_list("key", "version")
    assert list(rows) == [("new", 3), ("two", 4)]


def test_rows_that_are_there_stay_as_they_are_where_nothing_is_named(ledger):
    write(ledger, {"source_id": [1], "key": ["old"]})

    write(ledger, {"source_id": [1, 2], "key": ["new", "two"]})

    assert list(LedgerEntry.objects.order_by("source_id").values_list("key", flat=True)) == [
        "old",
        "two",
    ]


def test_without_a_constraint_to_go_by_a_row_that_is_there_is_an_error(ledger):
    write(ledger, {"source_id": [1]})

    with pytest.raises(IntegrityError), transaction.atomic():
        write(ledger, {"source_id": [1]}, unique=())
