"""Many rows by one statement, on each of the databases."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from common import clock
from jobs import setwise
from jobs.book import BLANK
from jobs.ledger import ledger_of
from jobs.models import Ledger, LedgerEntry
from jobs.states import EntryState


def insert(ledger, columns, *, unique=("ledger", "source_id"), **same):
    blank = {name: value for name, value in BLANK.items() if name not in columns}
    setwise.insert(
        LedgerEntry,
        columns,
        same={**blank, "touched_at": clock.now(), **same, "ledger": ledger.pk},
        unique=unique,
    )


def update(ledger, columns, *, by, **same):
    setwise.update(LedgerEntry, columns, same=same, by=by, where={"ledger": ledger.pk})


@pytest.fixture
def ledger(company_mapping):
    return ledger_of(company_mapping)


def test_rows_are_inserted_with_what_each_and_what_all_have(ledger):
    insert(
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
    insert(
        ledger, {"source_id": [1, 2], "doubt_until": [now, None]}, due_at=now + timedelta(days=1)
    )

    first, second = LedgerEntry.objects.order_by("source_id")
    assert (first.doubt_until, second.doubt_until) == (now, None)
    assert second.due_at == now + timedelta(days=1)


def test_rows_that_are_there_stay_as_they_are(ledger):
    insert(ledger, {"source_id": [1], "key": ["old"]})

    insert(ledger, {"source_id": [1, 2], "key": ["new", "two"]})

    assert list(LedgerEntry.objects.order_by("source_id").values_list("key", flat=True)) == [
        "old",
        "two",
    ]


def test_without_a_constraint_to_go_by_a_row_that_is_there_is_an_error(ledger):
    insert(ledger, {"source_id": [1]})

    with pytest.raises(IntegrityError), transaction.atomic():
        insert(ledger, {"source_id": [1]}, unique=())


def test_each_row_that_is_found_gets_its_own_values_and_those_of_all(ledger):
    now = clock.now()
    insert(ledger, {"source_id": [1, 2, 3]})

    update(
        ledger,
        {"key": ["one", "A'B %s"], "record_id": [None, 7], "doubt_until": [now, None]},
        by={"source_id": [1, 2]},
        version=5,
        problems=[{"code": "x"}],
    )

    rows = LedgerEntry.objects.order_by("source_id").values_list(
        "key", "record_id", "doubt_until", "version", "problems"
    )
    assert list(rows) == [
        ("one", None, now, 5, [{"code": "x"}]),
        ("A'B %s", 7, None, 5, [{"code": "x"}]),
        ("", None, None, 0, []),
    ]


def test_what_is_not_there_stays_away_and_another_ledger_is_left_alone(ledger):
    other = Ledger.objects.create(mapping=ledger.mapping, host="h", app=99, key_field="k")
    insert(ledger, {"source_id": [1]})
    insert(other, {"source_id": [1]})

    update(ledger, {"key": ["new", "gone"]}, by={"source_id": [1, 2]})

    entries = LedgerEntry.objects.order_by("ledger_id").values_list("ledger", "source_id", "key")
    assert sorted(entries) == sorted([(ledger.pk, 1, "new"), (other.pk, 1, "")])
