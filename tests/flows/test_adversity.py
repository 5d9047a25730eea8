"""What a hostile reader thought of: each test broke a promise of the design before it was kept."""

from datetime import timedelta
from typing import Any

import pytest

from common import clock
from integrations import budget
from integrations.kintone import transport
from integrations.kintone.client import REQUEST_LIFE
from jobs import ledger, trial
from jobs.book import DatabaseBook
from jobs.models import KeyClaim, LedgerEntry, Outcome
from jobs.source import OwedRows
from jobs.states import EntryState, RunStatus
from mapping.models import Mapping
from mapping.rules import save_rules, specs_of
from tests.builders_crm import (
    change,
    make_companies,
    make_company,
    make_department,
)
from tests.flows.conftest import FIELDS, enabled_mapping, outcomes, run_now

CODE = {"type": "SINGLE_LINE_TEXT", "unique": True}


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """The client's pauses between attempts are as long as they need to be in a test."""
    monkeypatch.setattr(transport, "FIRST_PAUSE", 0.01)
    monkeypatch.setattr(transport, "LONGEST_PAUSE", 0.02)


def names(kintone: Any, mapping: Mapping) -> list[str]:
    return [record["name"] for record in kintone.records(mapping.app)]


# Rights on single records


def test_a_record_without_rights_stops_only_itself(kintone, company_mapping):
    *others, barred = make_companies(5)
    kintone.fail(code="CB_NO02", status=403, times=None, containing=barred.external_id)

    run = run_now(company_mapping)

    assert (run.status, outcomes(run)) == (RunStatus.PARTIAL, {"created": 4, "rejected": 1})
    assert names(kintone, company_mapping) == [company.name for company in others]
    assert Outcome.objects.get(outcome="rejected").source_id == barred.pk


def test_without_any_right_on_the_app_the_run_stops_soon_and_says_so(kintone, company_mapping):
    make_companies(250)
    kintone.fail(code="CB_NO02", status=403, times=None)

    run = run_now(company_mapping)

    assert (run.status, run.message["code"]) == (RunStatus.FAILED, "kintone_config.permission")
    assert (run.requests, outcomes(run)) == (10, {"unsent": 250})
    assert not LedgerEntry.objects.filter(doubt_until__isnull=False).exists()


# Doubt


def test_a_refusal_after_a_lost_answer_leaves_no_second_record_behind(
    kintone, company_mapping, time_machine
):
    time_machine.move_to(clock.now(), tick=True)
    company = make_company(external_id="K1")
    kintone.cut(before_write=False, times=1)
    kintone.fail(code="GAIA_LO04", times=1)  # meets the second attempt

    refused = run_now(company_mapping)
    change(company, external_id="K2")
    time_machine.shift(REQUEST_LIFE * 5)
    run_now(company_mapping)

    assert outcomes(refused) == {"rejected": 1}
    assert [record["code"] for record in kintone.records(company_mapping.app)] == ["K2"]


def test_doubt_of_a_whole_request_stays_with_the_record_that_is_refused_when_it_is_split(
    kintone, company_mapping, time_machine
):
    time_machine.move_to(clock.now(), tick=True)
    good, bad = make_companies(2, main_tel="1")
    run_now(company_mapping)
    change(good, main_tel="2")
    change(bad, main_tel="2")
    kintone.cut(before_write=False, times=1)  # both are written
    kintone.fail(code="GAIA_LO04", times=2, skip=0, containing=bad.external_id)

    split = run_now(company_mapping)
    change(bad, main_tel="1")  # as the ledger has it, but not kintone
    time_machine.shift(REQUEST_LIFE * 5)
    run_now(company_mapping)

    assert outcomes(split) == {"updated": 1, "rejected": 1}
    assert [record["tel"] for record in kintone.records(company_mapping.app)] == ["2", "1"]


def test_a_row_that_was_tested_while_it_waited_in_a_batch_is_not_sent_as_it_was_before(
    kintone, company_mapping, monkeypatch
):
    company = make_company(external_id="K1", name="A")
    real = DatabaseBook.intend

    def test_in_between(self, batch, **named):
        monkeypatch.setattr(DatabaseBook, "intend", real)
        change(company, external_id="K2", name="B")
        assert trial.push(company_mapping, company.pk).ok
        return real(self, batch, **named)

    monkeypatch.setattr(DatabaseBook, "intend", test_in_between)

    run_now(company_mapping)
    run_now(company_mapping)

    (record,) = kintone.records(company_mapping.app)
    assert (record["code"], record["name"]) == ("K2", "B")


def test_an_unchanged_row_does_not_clear_the_doubt_of_a_test_under_way(
    kintone, company_mapping, monkeypatch, time_machine
):
    time_machine.move_to(clock.now(), tick=True)
    company = make_company(name="A")
    run_now(company_mapping)
    change(company, note="nothing that is mapped")
    real = DatabaseBook.settle

    def test_dies_in_between(self, settled):
        monkeypatch.setattr(DatabaseBook, "settle", real)
        change(company, name="B")
        kintone.cut(before_write=False, times=None)
        trial.push(company_mapping, company.pk)
        kintone.heal()
        return real(self, settled)

    monkeypatch.setattr(DatabaseBook, "settle", test_dies_in_between)
    run_now(company_mapping)
    change(company, name="A")
    time_machine.shift(REQUEST_LIFE * 5)
    run_now(company_mapping)

    assert names(kintone, company_mapping) == ["A"]


def test_requests_that_run_out_in_the_middle_of_a_split_leave_no_doubt(kintone, company_mapping):
    make_companies(4)
    kintone.fail(code="GAIA_LO04", times=None)
    budget.set_daily_requests(company_mapping.connection.host, company_mapping.app, 2)

    run = run_now(company_mapping)

    assert (run.status, run.unsent) == (RunStatus.HELD, 4)
    assert not LedgerEntry.objects.filter(doubt_until__isnull=False).exists()


def test_a_test_of_a_record_whose_first_sending_is_in_doubt_under_another_key_arrives_at_once(
    kintone, company_mapping, time_machine
):
    time_machine.move_to(clock.now(), tick=True)
    company = make_company(external_id="K1")
    kintone.cut(before_write=False, times=None)
    run_now(company_mapping)
    kintone.heal()
    change(company, external_id="K2")
    time_machine.shift(REQUEST_LIFE * 5)

    result = trial.push(company_mapping, company.pk)

    assert (result.ok, result.outcome) == (True, "updated")
    assert [record["code"] for record in kintone.records(company_mapping.app)] == ["K2"]


def test_doubt_from_a_clock_that_was_ahead_ends_when_the_clock_is_put_right(
    kintone, company_mapping, time_machine
):
    now = clock.now()
    time_machine.move_to(now + timedelta(days=400), tick=True)
    company = make_company()
    kintone.cut(before_write=True, times=None, path="records.json")
    run_now(company_mapping)
    kintone.heal()

    time_machine.move_to(now + timedelta(minutes=1), tick=True)
    run_now(company_mapping)
    time_machine.shift(timedelta(minutes=10))
    run_now(company_mapping)

    assert names(kintone, company_mapping) == [company.name]


def test_a_pause_from_a_clock_that_was_ahead_ends_when_the_clock_is_put_right(
    kintone, company_mapping, time_machine
):
    now = clock.now()
    time_machine.move_to(now + timedelta(days=400), tick=True)
    company = make_company()
    kintone.fail(code="GAIA_LO04", times=1, path="records.json")
    assert outcomes(run_now(company_mapping)) == {"rejected": 1}

    time_machine.move_to(now + timedelta(minutes=1), tick=True)
    run_now(company_mapping)

    assert names(kintone, company_mapping) == [company.name]


# Keys


def test_a_swap_whose_temporary_key_is_refused_stops_only_its_own_records(
    kintone, company_mapping, monkeypatch
):
    one, two = make_companies(2)
    run_now(company_mapping)
    first, second = one.external_id, two.external_id
    change(one, external_id="swap")
    change(two, external_id=first)
    change(one, external_id=second)
    third = make_company()
    monkeypatch.setattr("jobs.execute.temporary_key", lambda field: "parked-key")
    kintone.fail(code="GAIA_LO04", times=1, containing="parked-key")

    run = run_now(company_mapping)

    assert run.status == RunStatus.PARTIAL
    assert outcomes(run) == {"created": 1, "rejected": 1, "invalid": 1}
    assert third.name in names(kintone, company_mapping)
    assert not LedgerEntry.objects.filter(doubt_until__isnull=False).exists()
    assert not KeyClaim.objects.filter(key="parked-key").exists()

    ledger.retry(company_mapping, now=clock.now())
    again = run_now(company_mapping)

    assert outcomes(again) == {"updated": 2}
    assert {r["name"]: r["code"] for r in kintone.records(company_mapping.app)} == {
        one.name: second,
        two.name: first,
        third.name: third.external_id,
    }


def test_a_swap_is_not_robbed_by_a_third_that_wants_one_of_its_keys(kintone, db):
    mapping = enabled_mapping(kintone, rules={"code": "corporate_number", "name": "name"})
    third = make_company(corporate_number="")
    one = make_company(corporate_number="1111111111111")
    two = make_company(corporate_number="2222222222222")
    run_now(mapping)

    change(third, corporate_number="1111111111111")
    change(one, corporate_number="2222222222222")
    change(two, corporate_number="1111111111111")
    run_now(mapping)

    assert {r["name"]: r["code"] for r in kintone.records(mapping.app)} == {
        one.name: "2222222222222",
        two.name: "1111111111111",
    }
    assert [entry.source_id for entry in ledger.failed_entries(mapping)] == [third.pk]


def test_a_swap_that_fails_half_way_leaves_no_temporary_key_in_kintone(kintone, company_mapping):
    one, two = make_companies(2, main_tel="1")
    run_now(company_mapping)
    first, second = one.external_id, two.external_id
    change(one, external_id="swap")
    change(two, external_id=first, main_tel="123456")
    change(one, external_id=second)
    kintone.set_field(company_mapping.app, "tel", maxLength="5")

    run = run_now(company_mapping)

    assert outcomes(run) == {"rejected": 1, "invalid": 1}
    assert {r["name"]: r["code"] for r in kintone.records(company_mapping.app)} == {
        one.name: first,
        two.name: second,
    }
    change(two, main_tel="12345")
    assert outcomes(run_now(company_mapping))["updated"] == 2
    assert {r["name"]: r["code"] for r in kintone.records(company_mapping.app)} == {
        one.name: second,
        two.name: first,
    }


@pytest.mark.parametrize("refused", range(4))
def test_a_ring_of_which_one_is_refused_goes_back_to_the_keys_that_they_had(
    refused, kintone, company_mapping
):
    rows = make_companies(4)
    run_now(company_mapping)
    before = names_by_key(kintone, company_mapping)
    keys = [row.external_id for row in rows]
    change(rows[0], external_id="frei")
    for row, key in zip(rows[1:], keys, strict=False):
        change(row, external_id=key)
    change(rows[0], external_id=keys[-1])
    bad = rows[refused]
    kintone.fail(code="GAIA_LO04", times=None, path="records.json", containing=f'"{bad.name}"')

    run = run_now(company_mapping)

    held = names_by_key(kintone, company_mapping)
    assert run.rejected == 1
    assert set(held) == set(before), "nobody is left under a temporary key"
    kintone.heal()
    ledger.retry(company_mapping, now=clock.now())
    assert run_now(company_mapping).status == RunStatus.SUCCEEDED
    after = names_by_key(kintone, company_mapping)
    assert after == {row.external_id: row.name for row in rows}
    assert len(kintone.records(company_mapping.app)) == 4


def names_by_key(kintone, mapping) -> dict[str, str]:
    return {record["code"]: record["name"] for record in kintone.records(mapping.app)}


def test_a_key_is_free_for_who_waits_for_it_when_its_holder_was_deleted(kintone, db):
    mapping = enabled_mapping(kintone, rules={"code": "corporate_number", "name": "name"})
    holder = make_company(corporate_number="1234567890123")
    heir = make_company(corporate_number="1234567890123")
    run_now(mapping)
    assert [entry.source_id for entry in ledger.failed_entries(mapping)] == [heir.pk]

    holder.delete()
    run_now(mapping)

    assert not ledger.failed_entries(mapping).exists()
    assert names(kintone, mapping) == [heir.name]


def test_a_key_is_free_for_who_waits_for_it_when_the_mapping_that_held_it_is_gone(kintone, db):
    rules = {"code": "corporate_number", "name": "name"}
    holder = enabled_mapping(kintone, rules=rules)
    waiting = enabled_mapping(kintone, app=holder.app, rules=rules)
    make_company(corporate_number="1234567890123")
    run_now(holder)
    assert outcomes(run_now(waiting)) == {"invalid": 1}

    holder.delete()

    assert outcomes(run_now(waiting)) == {"updated": 1}


def test_a_mapping_that_left_an_app_and_comes_back_still_holds_its_keys(kintone, db):
    mapping = enabled_mapping(kintone, rules={"code": "corporate_number", "name": "name"})
    former = mapping.app
    owner = make_company(corporate_number="1234567890123")
    run_now(mapping)
    switch(mapping, app=kintone.add_app("別のアプリ", kintone.app(former).definitions))
    run_now(mapping)
    switch(mapping, app=former)

    thief = make_company(corporate_number="1234567890123")
    run_now(mapping)

    assert names(kintone, mapping) == [owner.name]
    assert [entry.source_id for entry in ledger.failed_entries(mapping)] == [thief.pk]


def test_a_mapping_that_left_an_app_gives_its_keys_to_another_that_wants_them(kintone, db):
    rules = {"code": "corporate_number", "name": "name"}
    leaver = enabled_mapping(kintone, rules=rules)
    stayer = enabled_mapping(kintone, app=leaver.app, rules=rules)
    make_company(corporate_number="1234567890123")
    run_now(leaver)
    assert outcomes(run_now(stayer)) == {"invalid": 1}

    switch(leaver, app=enabled_mapping(kintone).app)

    assert outcomes(run_now(stayer)) == {"updated": 1}


def test_a_mapping_that_left_a_kintone_gives_its_keys_to_another_that_wants_them(kintone, db):
    rules = {"code": "corporate_number", "name": "name"}
    leaver = enabled_mapping(kintone, rules=rules)
    stayer = enabled_mapping(kintone, app=leaver.app, rules=rules)
    make_company(corporate_number="1234567890123")
    run_now(leaver)
    assert outcomes(run_now(stayer)) == {"invalid": 1}

    type(leaver.connection).objects.filter(pk=leaver.connection_id).update(subdomain="another")

    assert outcomes(run_now(stayer)) == {"updated": 1}


# What stands in the list of failed records


def test_a_failed_record_whose_row_is_deleted_leaves_the_list(company_mapping):
    company = make_company(business_category_kbn="宇宙業")
    run_now(company_mapping)
    assert ledger.failed_entries(company_mapping).exists()

    company.delete()
    run_now(company_mapping)

    assert not ledger.failed_entries(company_mapping).exists()


def test_a_record_in_doubt_that_failed_is_tried_again_when_the_rules_change(
    kintone, company_mapping, time_machine
):
    time_machine.move_to(clock.now(), tick=True)
    company = make_company()
    kintone.cut(before_write=False, times=None)
    run_now(company_mapping)
    kintone.heal()
    change(company, business_category_kbn="宇宙業")
    time_machine.shift(REQUEST_LIFE * 5)
    assert outcomes(run_now(company_mapping)) == {"invalid": 1}

    remove_rule(company_mapping, "industry")

    assert outcomes(run_now(company_mapping)) == {"updated": 1}


def test_a_record_without_a_key_is_looked_at_again_when_the_rules_change(kintone, db):
    mapping = enabled_mapping(kintone, rules={"code": "corporate_number", "name": "name"})
    make_company(corporate_number="")
    assert outcomes(run_now(mapping)) == {"skipped": 1}
    assert outcomes(run_now(mapping)) == {}

    give_key(mapping, "external_id")

    assert outcomes(run_now(mapping)) == {"created": 1}
    assert outcomes(run_now(mapping)) == {}


def test_a_long_name_of_a_failed_record_is_cut(kintone, db):
    fields = {"code": CODE, "name": {"type": "SINGLE_LINE_TEXT", "maxLength": "5"}}
    mapping = enabled_mapping(
        kintone,
        record_type="department",
        fields=fields,
        rules={"code": "external_id", "name": "name"},
    )
    make_department(make_company(name="社" * 255), name="部" * 255)

    run = run_now(mapping)

    assert (run.status, outcomes(run)) == (RunStatus.PARTIAL, {"invalid": 1})
    assert len(ledger.failed_entries(mapping).get().label) == 255


# Another target


def test_a_failed_record_is_not_forgotten_when_the_mapping_gets_another_app(kintone, db):
    mapping = enabled_mapping(kintone)
    sent, failed = make_companies(2)
    change(failed, business_category_kbn="宇宙業")
    run_now(mapping)
    wider = {**FIELDS, "industry": {**FIELDS["industry"], "options": ["製造業", "宇宙業"]}}

    switch(mapping, app=enabled_mapping(kintone, fields=wider).app)
    run = run_now(mapping)

    assert names(kintone, mapping) == [failed.name], outcomes(run)
    assert (
        LedgerEntry.objects.get(ledger=ledger.ledger_of(mapping), source_id=sent.pk).state
        == EntryState.BASELINE
    )


def test_a_record_stays_one_record_when_the_mapping_gets_another_update_key(kintone, db):
    fields = {**FIELDS, "number": CODE}
    mapping = enabled_mapping(kintone, fields=fields)
    sent, refused = make_companies(2, corporate_number="1234567890123")
    change(refused, corporate_number="9876543210987")
    run_now(mapping)
    change(refused, business_category_kbn="宇宙業")
    run_now(mapping)
    change(refused, business_category_kbn="")

    specs = [spec for spec in specs_of(mapping) if spec.field != "code"]
    specs.append(type(specs[0])(field="number", source="corporate_number"))
    save_rules(mapping, specs, update_key="number")
    change(sent, name="改名株式会社")
    run_now(mapping)

    assert {r["number"]: r["name"] for r in kintone.records(mapping.app)} == {
        "1234567890123": "改名株式会社",
        "9876543210987": refused.name,
    }


def test_a_mapping_that_comes_back_to_an_app_under_another_key_owes_what_changed_elsewhere(
    kintone, db
):
    fields = {**FIELDS, "number": CODE}
    mapping = enabled_mapping(kintone, fields=fields)
    home = mapping.app
    company = make_company(corporate_number="1234567890123")
    run_now(mapping)
    switch(mapping, app=enabled_mapping(kintone, fields=fields).app)
    change(company, name="改名株式会社")
    run_now(mapping)

    switch(mapping, app=home)
    specs = [spec for spec in specs_of(mapping) if spec.field != "code"]
    specs.append(type(specs[0])(field="number", source="corporate_number"))
    save_rules(mapping, specs, update_key="number")
    run_now(mapping)

    assert names(kintone, mapping) == ["改名株式会社"]


# What it costs when nothing happens, and what it does not


def test_a_quiet_tick_does_not_look_at_every_row_even_when_the_form_is_old(
    company_mapping, monkeypatch, time_machine
):
    time_machine.move_to(clock.now(), tick=True)
    make_companies(2)
    run_now(company_mapping)
    Mapping.objects.update(form_read_at=clock.now() - timedelta(days=2))

    def too_dear(self):
        pytest.fail("counted every row")

    monkeypatch.setattr(OwedRows, "count", too_dear)
    run = run_now(company_mapping)

    assert (run.status, run.requests) == (RunStatus.SUCCEEDED, 0)


def test_a_form_that_was_mended_in_kintone_is_noticed_within_a_day(
    kintone, company_mapping, time_machine
):
    time_machine.move_to(clock.now(), tick=True)
    company = make_company(main_tel="0" * 20)
    kintone.set_field(company_mapping.app, "tel", maxLength="5")
    assert outcomes(run_now(company_mapping)) == {"rejected": 1}

    kintone.set_field(company_mapping.app, "tel", maxLength="50")
    time_machine.shift(timedelta(days=1, minutes=1))
    run_now(company_mapping)

    assert [r["tel"] for r in kintone.records(company_mapping.app)] == [company.main_tel]


def test_an_update_key_that_came_back_in_kintone_lets_the_mapping_run_within_an_hour(
    kintone, company_mapping, time_machine
):
    time_machine.move_to(clock.now(), tick=True)
    kintone.rename_field(company_mapping.app, "code", "number")
    Mapping.objects.update(form_read_at=clock.now() - timedelta(days=2))
    make_company()
    assert run_now(company_mapping).status == RunStatus.FAILED

    kintone.rename_field(company_mapping.app, "number", "code")
    time_machine.shift(timedelta(hours=1))

    assert outcomes(run_now(company_mapping)) == {"created": 1}


def switch(mapping: Mapping, *, app: int) -> None:
    """The mapping sends into another app from now on."""
    Mapping.objects.filter(pk=mapping.pk).update(app=app, form_read_at=None)
    mapping.refresh_from_db()


def remove_rule(mapping: Mapping, field: str) -> None:
    mapping.refresh_from_db()
    specs = [spec for spec in specs_of(mapping) if spec.field != field]
    save_rules(mapping, specs, update_key=mapping.update_key)


def give_key(mapping: Mapping, source: str) -> None:
    mapping.refresh_from_db()
    specs = [spec for spec in specs_of(mapping) if spec.field != mapping.update_key]
    specs.append(type(specs[0])(field=mapping.update_key, source=source))
    save_rules(mapping, specs, update_key=mapping.update_key)
