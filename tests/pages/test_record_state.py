"""「なぜkintoneにないのか」: where one record stands, mapping by mapping."""

from typing import Any

from django.test import Client

from common import clock
from jobs import enabling
from mapping.models import Mapping
from tests.builders_crm import change, make_company
from tests.flows.conftest import run_now
from tests.pages.reading import Page


def state_of(client: Client, company: Any) -> Page:
    return Page(client.get(f"/records/company/{company.pk}/"))


def test_a_record_that_arrived_says_where(
    as_administrator: Client, company_mapping: Mapping, kintone: Any
) -> None:
    company = make_company()
    run_now(company_mapping)

    page = state_of(as_administrator, company)

    number = kintone.records(company_mapping.app)[0]["$id"]
    assert f"連携済み レコード番号{number}" in page.text()


def test_a_record_that_cannot_be_sent_says_why_and_what_to_do(
    as_administrator: Client, company_mapping: Mapping
) -> None:
    company = make_company(business_category_kbn="情報・通信業")
    run_now(company_mapping)

    page = state_of(as_administrator, company)

    assert "連携できていません" in page.text()
    assert "値の変換表で選択肢に置き換えるか" in page.text()
    assert "再実行" in page.buttons()


def test_a_new_record_waits_for_the_next_slot(
    as_administrator: Client, company_mapping: Mapping
) -> None:
    company = make_company()

    page = state_of(as_administrator, company)

    assert "連携待ち" in page.text()
    assert "の実行で連携します。操作は不要です。" in page.text()


def test_a_changed_record_waits_with_its_kintone_record_named(
    as_administrator: Client, company_mapping: Mapping
) -> None:
    company = make_company()
    run_now(company_mapping)
    change(company, name="株式会社改名")

    assert "変更を連携待ち レコード番号" in state_of(as_administrator, company).text()


def test_a_record_from_before_enabling_says_how_to_send_it(
    as_administrator: Client, company_mapping: Mapping
) -> None:
    enabling.disable(company_mapping, now=clock.now())
    company = make_company()
    enabling.enable(company_mapping, now=clock.now(), send_changed_meanwhile=False)
    change(company, note="x")
    fresh = make_company()
    enabling.disable(company_mapping, now=clock.now())
    enabling.enable(company_mapping, now=clock.now(), send_changed_meanwhile=False)

    assert "連携の開始前のデータ" in state_of(as_administrator, fresh).text()


def test_a_mapping_that_is_off_says_so(as_administrator: Client, company_mapping: Mapping) -> None:
    enabling.disable(company_mapping, now=clock.now())

    page = state_of(as_administrator, make_company())

    assert "連携が無効" in page.text()
    assert page.links()["テストと有効化を開く"].endswith(f"/{company_mapping.pk}/test/")


def test_a_type_without_a_mapping_leads_to_the_settings(as_administrator: Client) -> None:
    page = state_of(as_administrator, make_company())

    assert page.links()["kintone連携設定を開く"] == "/settings/"


def test_the_records_page_gets_the_fragment_alone(
    as_administrator: Client, company_mapping: Mapping
) -> None:
    company = make_company()

    answer = as_administrator.get(f"/records/company/{company.pk}/", headers={"HX-Request": "true"})

    assert b"<html" not in answer.content
    assert "なぜkintoneにないのか" in answer.content.decode()


def test_an_unknown_type_or_record_is_not_found(as_administrator: Client) -> None:
    assert as_administrator.get("/records/person/1/").status_code == 404
    assert as_administrator.get("/records/company/1/").status_code == 404
