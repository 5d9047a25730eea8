"""「なぜkintoneにないのか」: where one record stands, mapping by mapping."""

from datetime import timedelta
from typing import Any

from django.test import Client

from common import clock
from common.problems import Problem
from jobs import enabling
from jobs.models import Run
from jobs.states import RunStatus, Trigger
from mapping.models import Mapping
from tests.builders_crm import change, make_company, make_department, make_lead, make_member
from tests.flows.conftest import enabled_mapping, run_now
from tests.pages.reading import Page


def state_of(client: Client, record: Any) -> Page:
    return Page(client.get(f"/records/{type(record).__name__.lower()}/{record.pk}/"))


def stop(mapping: Mapping, status: RunStatus, **values: Any) -> Run:
    """The mapping's newest run ended, or rests, like this."""
    now = clock.now()
    return Run.objects.create(
        mapping=mapping,
        trigger=Trigger.SCHEDULE,
        status=status,
        slot=now,
        queued_at=now,
        started_at=now,
        **values,
    )


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


def test_a_change_of_no_value_that_is_sent_says_so(
    as_administrator: Client, company_mapping: Mapping
) -> None:
    company = make_company()
    run_now(company_mapping)
    assert "値は同じため" not in state_of(as_administrator, company).text()

    change(company, note="kintoneにない項目")
    run_now(company_mapping)

    assert (
        "連携する項目の値は同じため、送信していません。"
        in state_of(as_administrator, company).text()
    )


def test_an_empty_key_says_which_value_is_missing(
    as_administrator: Client, company_mapping: Mapping
) -> None:
    company = make_company(external_id="")
    run_now(company_mapping)

    page = state_of(as_administrator, company).text()

    assert "連携の対象外" in page
    assert "更新キーの値が空です" in page
    assert "値を入力すると連携します。" in page


def test_a_lead_that_the_sync_user_does_not_see_says_so_and_when_it_is_looked_at_again(
    as_administrator: Client, chain: list[Mapping]
) -> None:
    lead = make_lead(visibility="owner", owner=make_member())
    run_now(chain[2])

    page = state_of(as_administrator, lead).text()

    assert "連携ユーザーが参照できません" in page
    assert "に自動で再試行します。" in page


def test_a_record_that_waits_for_its_parent_names_it_and_when_it_is_tried_again(
    as_administrator: Client, chain: list[Mapping]
) -> None:
    department = make_department(make_company(name="株式会社青葉商事", external_id="C-7"))
    run_now(chain[1])

    page = state_of(as_administrator, department).text()

    assert "株式会社青葉商事（C-7）" in page
    assert "に自動で再試行します。" in page


def test_a_record_whose_key_another_one_holds_names_that_one(
    as_administrator: Client, kintone: Any
) -> None:
    mapping = enabled_mapping(kintone, rules={"code": "corporate_number", "name": "name"})
    make_company(name="株式会社一番", corporate_number="1234567890123")
    second = make_company(name="株式会社二番", corporate_number="1234567890123")
    run_now(mapping)

    page = state_of(as_administrator, second).text()

    assert "連携できていません" in page
    assert "株式会社一番" in page


def test_a_run_that_is_held_says_until_when_and_why(
    as_administrator: Client, company_mapping: Mapping
) -> None:
    company = make_company()
    problem = Problem(code="budget").as_json()
    run = stop(
        company_mapping, RunStatus.HELD, resume_at=clock.now() + timedelta(hours=3), message=problem
    )

    page = state_of(as_administrator, company)

    assert "データ処理を保留しています。" in page.text()
    assert "に再開して連携します。" in page.text()
    assert page.links()["データ処理を開く"] == f"/runs/{run.pk}/"


def test_a_run_that_a_person_paused_says_that_it_must_be_resumed(
    as_administrator: Client, company_mapping: Mapping
) -> None:
    company = make_company()
    stop(company_mapping, RunStatus.HELD, paused=True)

    assert "再開すると連携します。" in state_of(as_administrator, company).text()


def test_a_run_that_failed_as_a_whole_says_why_and_when_the_next_one_is(
    as_administrator: Client, company_mapping: Mapping
) -> None:
    company = make_company()
    problem = Problem(code="lost").as_json()
    stop(company_mapping, RunStatus.FAILED, finished_at=clock.now(), message=problem)

    page = state_of(as_administrator, company).text()

    assert "前回のデータ処理がエラーで止まったため、まだ連携していません。" in page
    assert "に自動で再試行します。" in page


def test_the_history_tells_what_became_of_the_record_in_each_run_newest_first(
    as_administrator: Client, company_mapping: Mapping
) -> None:
    company = make_company(business_category_kbn="情報・通信業")
    run_now(company_mapping)
    change(company, business_category_kbn="製造業")
    run_now(company_mapping)
    change(company, name="株式会社改名")
    run_now(company_mapping)
    make_company()
    run_now(company_mapping)

    text = state_of(as_administrator, company).text()
    history = text[text.index("連携の履歴") :]

    places = [history.index(word) for word in ("更新", "新規", "エラー（送信前）")]
    assert places == sorted(places)
    assert history.count("顧客リスト") == 3
    assert "レコード番号1" in history


def test_the_history_is_of_this_record_and_not_of_one_of_another_type_with_its_number(
    as_administrator: Client, chain: list[Mapping]
) -> None:
    company = make_company()
    department = make_department(company)
    assert company.pk == department.pk
    run_now(chain[0])

    assert "連携の履歴" in state_of(as_administrator, company).text()
    assert "連携の履歴" not in state_of(as_administrator, department).text()


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
