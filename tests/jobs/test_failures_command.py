"""`manage.py failures`: what did not arrive, and why."""

import json

import pytest
from django.core.management import CommandError, call_command

from jobs.models import LedgerEntry, Schedule
from mapping.rules import save_rules
from mapping.rulespec import RuleSpec
from tests.builders_crm import make_company, make_lead, make_member
from tests.flows.conftest import enabled_mapping, outcomes, run_now


@pytest.fixture
def failures(capsys, company_mapping):
    """What the command prints about the mapping."""

    def act(*options: str):
        call_command("failures", f"{company_mapping.connection.name}/company", *options)
        return capsys.readouterr().out

    return act


def test_a_record_that_cannot_be_expressed_is_listed_with_field_and_reason(
    company_mapping, failures
):
    make_company(external_id="C-1", name="長い", main_tel="1" * 30)
    make_company(name="良")
    run_now(company_mapping)

    (failure,) = json.loads(failures("--json"))

    assert list(failure) == [
        *("external_id", "key", "outcome", "field"),
        *("code", "reason", "attempts", "next_try"),
    ]
    assert failure["external_id"] == failure["key"] == "C-1"
    assert (failure["outcome"], failure["field"]) == ("invalid", "tel")
    assert failure["code"] == "too_long"
    assert failure["attempts"] == 1
    assert "文字" in failure["reason"]


def test_a_record_that_kintone_refused_is_listed_with_kintones_code(
    company_mapping, kintone, failures
):
    make_company(external_id="C-1")
    kintone.set_field(company_mapping.app, "name", maxLength="2")
    run_now(company_mapping)

    (failure,) = json.loads(failures("--json"))

    assert (failure["outcome"], failure["field"]) == ("rejected", "name")
    assert failure["code"] == "CB_VA01"


def test_a_record_without_an_update_key_is_listed_as_it_did_not_arrive(company_mapping, failures):
    make_company(external_id="", name="鍵なし")
    run_now(company_mapping)

    (failure,) = json.loads(failures("--json"))

    assert (failure["outcome"], failure["code"]) == ("skipped", "empty_key")
    assert (failure["key"], failure["field"]) == ("", company_mapping.update_key)


def test_of_two_records_with_one_key_the_second_is_listed_with_the_key_field(
    company_mapping, failures
):
    save_rules(
        company_mapping,
        [RuleSpec(field="code", source="corporate_number"), RuleSpec(field="name", source="name")],
        update_key="code",
    )
    make_company(external_id="C-1", name="先", corporate_number="1000000000001")
    make_company(external_id="C-2", name="後", corporate_number="1000000000001")
    run_now(company_mapping)

    (failure,) = json.loads(failures("--json"))

    assert failure["external_id"] == "C-2"
    assert (failure["outcome"], failure["code"]) == ("invalid", "key_taken")
    assert (failure["key"], failure["field"]) == ("1000000000001", "code")
    assert "先" in failure["reason"]
    assert "後" in failure["reason"]


def test_a_lead_that_the_sync_user_may_not_see_is_no_failure(kintone, db, capsys):
    mapping = enabled_mapping(
        kintone, record_type="lead", rules={"code": "external_id", "name": "family_name"}
    )
    Schedule.objects.update(sync_user=make_member())
    make_lead(visibility="owner", owner=make_member())
    assert outcomes(run_now(mapping)) == {"skipped": 1}

    call_command("failures", f"{mapping.connection.name}/lead", "--json")

    assert json.loads(capsys.readouterr().out) == []


def test_for_a_person_there_is_one_line_each(company_mapping, failures):
    make_company(external_id="C-1", name="長い", main_tel="1" * 30)
    run_now(company_mapping)

    out = failures()

    assert out.startswith("長い（C-1）  C-1  ")


def test_a_record_whose_row_is_gone_is_still_told(company_mapping, failures):
    company = make_company(external_id="C-1", main_tel="1" * 30)
    run_now(company_mapping)
    company.delete()

    (failure,) = json.loads(failures("--json"))

    assert failure["external_id"] == ""


def test_many_failures_are_told_in_a_few_queries(
    company_mapping, failures, django_assert_max_num_queries
):
    for _ in range(5):
        make_company(main_tel="1" * 30)
    run_now(company_mapping)
    assert LedgerEntry.objects.count() == 5

    with django_assert_max_num_queries(15):
        assert len(json.loads(failures("--json"))) == 5


def test_where_all_is_well_the_list_is_empty(failures):
    assert json.loads(failures("--json")) == []
    assert failures() == "エラーのデータはありません。\n"


def test_an_unknown_mapping_ends_with_two(db):
    with pytest.raises(CommandError) as refused:
        call_command("failures", "nowhere/company")

    assert refused.value.returncode == 2
