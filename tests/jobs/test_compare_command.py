"""`manage.py compare`: kintone itself held against what was sent."""

import json

import pytest
from django.core.management import CommandError, call_command

from common import clock
from integrations import budget
from jobs.models import Outcome
from tests.builders_crm import change, make_companies, make_company
from tests.flows.conftest import enabled_mapping, run_now


@pytest.fixture
def compare(capsys, company_mapping):
    """Runs the command; returns what its last line says."""

    def act(*options: str, mapping=company_mapping):
        name = f"{mapping.connection.name}/company/{mapping.app}"
        try:
            call_command("compare", name, "--yes", "--json", *options)
            code = 0
        except SystemExit as end:
            code = int(end.code or 0)
        told = json.loads(capsys.readouterr().out.splitlines()[-1])
        return {**told, "exit": code}

    return act


def counts(told):
    return {
        name: told[name]["count"]
        for name in ("missing", "differing", "rekeyed", "extra")
        if told[name]["count"]
    }


def edit(kintone, app, record_id, **values):
    """Somebody changes a record in kintone by hand."""
    from dataclasses import replace

    one = kintone.app(app)
    record = one.records[record_id]
    one.records[record_id] = replace(record, values={**record.values, **values})
    one.rebuild()


def record_of(kintone, app, code):
    (found,) = [int(r["$id"]) for r in kintone.records(app) if r["code"] == code]
    return found


def test_an_unchanged_app_is_the_same_and_costs_one_count_and_a_read_for_every_500(
    kintone, company_mapping, compare
):
    make_companies(1200)
    run_now(company_mapping)
    kintone.forget_requests()

    told = compare()

    assert (told["status"], told["exit"], counts(told)) == ("same", 0, {})
    assert (told["compared"], told["records_in_kintone"], told["waiting"]) == (1200, 1200, 0)
    assert len(kintone.requests) == told["requests"] == 1 + 3


def test_a_record_deleted_by_hand_is_missing_and_comes_back_when_resent(
    kintone, company_mapping, compare
):
    company, _other = make_companies(2)
    run_now(company_mapping)
    old = record_of(kintone, company_mapping.app, company.external_id)
    kintone.remove_record(company_mapping.app, old)

    told = compare()
    assert (told["status"], told["exit"], counts(told)) == ("different", 1, {"missing": 1})
    assert told["missing"]["first"][0]["external_id"] == company.external_id
    assert len(kintone.records(company_mapping.app)) == 1

    again = compare("--resend")
    assert (again["exit"], again["run"]["status"]) == (0, "succeeded")
    assert len(kintone.records(company_mapping.app)) == 2
    assert Outcome.objects.latest("pk").recreated_from == old
    assert compare()["status"] == "same"


def test_what_somebody_wrote_by_hand_is_named_cell_by_cell_and_put_right_when_resent(
    kintone, company_mapping, compare
):
    company = make_company(name="青葉商事", main_tel="03-1")
    run_now(company_mapping)
    record = record_of(kintone, company_mapping.app, company.external_id)
    edit(kintone, company_mapping.app, record, name="手で変えた", tel="")

    told = compare("--resend")

    assert counts(told) == {"differing": 1}
    assert told["differing"]["first"][0]["cells"] == [
        {"field": "name", "ours": "青葉商事", "kintone": "手で変えた"},
        {"field": "tel", "ours": "03-1", "kintone": ""},
    ]
    (held,) = kintone.records(company_mapping.app)
    assert (held["name"], held["tel"], int(held["$id"])) == ("青葉商事", "03-1", record)


def test_a_key_changed_by_hand_is_named_and_given_back_to_the_same_record(
    kintone, company_mapping, compare
):
    company = make_company()
    run_now(company_mapping)
    record = record_of(kintone, company_mapping.app, company.external_id)
    edit(kintone, company_mapping.app, record, code="by hand")

    told = compare()
    assert (counts(told), told["rekeyed"]["first"][0]["key"]) == ({"rekeyed": 1}, "by hand")

    compare("--resend")
    (held,) = kintone.records(company_mapping.app)
    assert (held["code"], int(held["$id"])) == (company.external_id, record)


def test_records_that_are_not_ours_are_listed_and_left_alone(kintone, company_mapping, compare):
    make_company()
    run_now(company_mapping)
    (extra,) = kintone.add_records(company_mapping.app, [{"code": "X", "name": "手で登録"}])

    told = compare("--resend")

    assert (told["status"], told["exit"], counts(told)) == ("same", 0, {"extra": 1})
    assert (told["extra"]["first"][0]["record_id"], told["run"]) == (extra, None)
    assert len(kintone.records(company_mapping.app)) == 2


def test_records_of_another_mapping_into_the_same_app_are_not_called_extra(
    kintone, company_mapping, compare
):
    make_company(corporate_number="1000000000001")
    make_company(corporate_number="1000000000002")
    run_now(company_mapping)
    other = enabled_mapping(
        kintone, app=company_mapping.app, rules={"code": "corporate_number", "name": "name"}
    )
    run_now(other, full=True)

    assert counts(compare()) == {}
    assert counts(compare(mapping=other)) == {}


def test_what_changed_since_it_was_sent_waits_for_the_next_run_and_is_no_difference(
    kintone, company_mapping, compare
):
    company, _other = make_companies(2)
    run_now(company_mapping)
    change(company, name="新しい名前")
    make_company(name="まだ送っていない")

    told = compare("--resend")

    assert (told["status"], told["waiting"], told["compared"]) == ("same", 2, 1)
    assert {r["name"] for r in kintone.records(company_mapping.app)}.isdisjoint({"新しい名前"})


def test_where_the_day_s_requests_do_not_suffice_nothing_is_read(kintone, company_mapping, compare):
    make_companies(3)
    run_now(company_mapping)
    host = company_mapping.connection.host
    used = budget.used(host, company_mapping.app, now=clock.now())
    budget.set_daily_requests(host, company_mapping.app, used + 1)
    kintone.forget_requests()

    with pytest.raises(CommandError, match="残りが足りません") as caught:
        compare()

    assert caught.value.returncode == 2
    assert len(kintone.requests) == 1


def test_more_records_than_a_reading_holds_may_be_gone(kintone, company_mapping, compare):
    make_companies(1100)
    run_now(company_mapping)
    for record in kintone.records(company_mapping.app)[:1050]:
        kintone.remove_record(company_mapping.app, int(record["$id"]))

    told = compare("--resend")

    assert counts(told) == {"missing": 1050}
    assert len(told["missing"]["first"]) == 100
    assert len(kintone.records(company_mapping.app)) == 1100


def test_in_words_it_says_what_it_costs_and_what_it_found(kintone, company_mapping, capsys):
    company = make_company(name="青葉商事")
    run_now(company_mapping)
    edit(
        kintone,
        company_mapping.app,
        record_of(kintone, company_mapping.app, company.external_id),
        name="別",
    )

    with pytest.raises(SystemExit):
        call_command("compare", f"{company_mapping.connection.name}/company", "--yes")

    told = capsys.readouterr()
    assert "kintoneに1件のレコードがあります。読み取りにAPIリクエストを1件使用します" in told.err
    assert "内容が違うレコード: 1件" in told.out
    assert "name: '別' → '青葉商事'" in told.out


def test_a_mapping_that_is_not_there_is_not_compared(db):
    with pytest.raises(CommandError) as caught:
        call_command("compare", "nowhere/company")

    assert caught.value.returncode == 2
