"""Many rows by one statement, on each of the databases."""

from contextlib import suppress
from datetime import date, timedelta

import pytest
from django.db import DataError, IntegrityError, connection, transaction

from common import clock, setwise
from crm.models import Company, CompanySearch, Lead
from jobs.book import BLANK
from jobs.ledger import ledger_of
from jobs.models import Ledger, LedgerEntry
from jobs.states import EntryState
from tests.builders_mapping import make_connection, make_mapping


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
def ledger(db):
    return ledger_of(make_mapping(make_connection(), app=1))


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


def company(number, **values):
    now = clock.now()
    times = {"created_at": now, "updated_at": now, "changed_at": now}
    return Company(**{"external_id": f"C{number}", "name": f"会社{number}", **times, **values})


def test_whole_rows_are_created_and_get_keys_that_nobody_has(db):
    first = company(1)
    first.save()
    rows = [company(2, tags=["a", '"b\\'], custom={"x": "改\n行"}), company(3, tags=[])]

    setwise.create(rows)
    company(4).save()

    assert len({first.pk, *(row.pk for row in rows)}) == 3
    stored = Company.objects.get(external_id="C2")
    assert (stored.pk, stored.tags, stored.custom) == (rows[0].pk, ["a", '"b\\'], {"x": "改\n行"})
    assert stored.changed_at == rows[0].changed_at
    assert Company.objects.count() == 4


def test_keys_of_deleted_rows_are_not_given_again(db):
    gone = company(1)
    setwise.create([gone])
    key = gone.pk
    Company.objects.all().delete()

    again = company(2)
    setwise.create([again])

    assert again.pk > key


def test_days_flags_and_references_are_stored_as_they_are(db):
    owner = company(1)
    setwise.create([owner])
    now = clock.now()
    lead = Lead(
        external_id="L1",
        company_id=owner.pk,
        family_name="青葉",
        trade_on=date(2026, 1, 31),
        not_mail=True,
        created_at=now,
        updated_at=now,
        changed_at=now,
    )

    setwise.create([lead])

    stored = Lead.objects.get()
    assert (stored.trade_on, stored.not_mail, stored.not_tel) == (date(2026, 1, 31), True, False)
    assert (stored.company, stored.department_id) == (owner, None)


def test_rows_that_changed_are_saved_each_with_its_own_values(db):
    rows = [company(1), company(2), company(3)]
    setwise.create(rows)
    rows[0].name, rows[1].custom = "青葉", {"x": 1}

    setwise.save(rows[:2], ["name", "custom"])

    found = Company.objects.order_by("external_id").values_list("name", "custom")
    assert list(found) == [("青葉", {}), ("会社2", {"x": 1}), ("会社3", {})]


def test_a_row_that_is_there_can_be_renewed(db):
    rows = [company(1), company(2)]
    setwise.create(rows)
    CompanySearch.objects.create(row=rows[0], text="old", pairs="ol ld")

    keys = [row.pk for row in rows]
    setwise.insert(
        CompanySearch,
        {"row": keys, "text": ["new", "two"], "pairs": ["ne ew", "tw wo"]},
        unique=["row"],
        renew=["text"],
    )

    found = CompanySearch.objects.order_by("row").values_list("text", "pairs")
    assert list(found) == [("new", "ol ld"), ("two", "tw wo")]


@pytest.mark.parametrize("way", ["create", "save"])
def test_a_text_that_is_too_long_is_refused_or_kept_whole_but_never_cut_off(db, way):
    row = company(1)
    if way == "save":
        setwise.create([row])
    row.corporate_number = "1" * 14

    with suppress(DataError), transaction.atomic():
        if way == "create":
            setwise.create([row])
        else:
            setwise.save([row], ["corporate_number"])

    assert not Company.objects.filter(corporate_number="1" * 13).exists()
    whole = Company.objects.filter(corporate_number="1" * 14).exists()
    assert whole == (connection.vendor == "sqlite")  # which knows no lengths
