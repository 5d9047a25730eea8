"""The dashboard: the three steps on the first visit, then one line per mapping, worst first."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from common import clock
from common.problems import Problem
from integrations import budget
from jobs.models import LedgerEntry
from jobs.notices.models import NoticeChannel, NoticePlan
from jobs.notices.states import ChannelKind
from jobs.pages.health import Health, mapping_lines
from jobs.pages.select_settings import connection_cards
from mapping.models import Mapping
from tests.builders_crm import change, make_company
from tests.builders_mapping import make_connection, make_mapping
from tests.flows.conftest import enabled_mapping, run_now
from tests.pages.reading import Page


def health_of(mapping: Mapping) -> Health:
    lines = {line.mapping.pk: line.health for line in mapping_lines(now=clock.now())}
    return lines[mapping.pk]


def test_the_first_visit_begins_with_the_connection(as_administrator: Client) -> None:
    page = Page(as_administrator.get("/"))

    assert "3ステップ中0ステップ完了" in page.text()
    assert page.links()["設定を開始"] == "/settings/new/"
    assert "1の完了後に設定できます" in page.text()


def test_the_first_visit_goes_on_where_one_left_off(as_administrator: Client) -> None:
    mapping = make_mapping(rules={})
    page = Page(as_administrator.get("/"))
    assert "3ステップ中1ステップ完了" in page.text()
    assert page.links()["続きから設定"] == f"/settings/mappings/{mapping.pk}/"

    ready = make_mapping()
    page = Page(as_administrator.get("/"))
    assert "3ステップ中2ステップ完了" in page.text()
    assert page.links()["続きから設定"] == f"/settings/mappings/{ready.pk}/test/"


def test_once_enabled_there_is_one_line_per_mapping(
    as_administrator: Client, company_mapping: Mapping
) -> None:
    make_company()
    run = run_now(company_mapping)

    page = Page(as_administrator.get("/"))

    assert "正常 会社 → 顧客リスト 0分 0件 0件" in page.text()
    assert "新規1件" in page.text()
    assert page.links()["会社 → 顧客リスト"] == f"/runs/{run.pk}/"
    assert "対応が必要な連携はありません。" in page.text()


def test_a_failed_record_needs_a_person_and_is_linked(
    as_administrator: Client, company_mapping: Mapping
) -> None:
    make_company(business_category_kbn="情報・通信業")
    run_now(company_mapping)

    page = Page(as_administrator.get("/"))

    assert "要対応 会社 → 顧客リスト" in page.text()
    assert page.links()["1件"] == f"/settings/mappings/{company_mapping.pk}/failures/"


def test_a_failure_that_heals_by_itself_needs_nobody(company_mapping: Mapping) -> None:
    make_company(business_category_kbn="情報・通信業")
    run_now(company_mapping)
    LedgerEntry.objects.update(due_at=clock.now() + timedelta(minutes=5))

    assert health_of(company_mapping) == Health.HEALTHY


def test_a_refused_login_needs_a_person(
    as_administrator: Client, company_mapping: Mapping, kintone: Any
) -> None:
    make_company()
    kintone.change_password("another")
    run_now(company_mapping)

    page = Page(as_administrator.get("/"))

    assert "要対応 会社 → 顧客リスト" in page.text()
    assert "kintoneにログインできません" in page.text()


def test_a_kintone_that_is_down_only_delays(
    company_mapping: Mapping, kintone: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("integrations.kintone.client.time.sleep", lambda _seconds: None)
    make_company()
    kintone.fail(status=503, body="", times=None)

    run_now(company_mapping)

    assert health_of(company_mapping) == Health.DELAYED


def test_what_heals_by_itself_is_not_told_as_something_to_mend(
    as_administrator: Client,
    company_mapping: Mapping,
    kintone: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Failed records wait for a person while kintone is down: both are told, apart."""
    monkeypatch.setattr("integrations.kintone.client.time.sleep", lambda _seconds: None)
    make_company(business_category_kbn="情報・通信業")
    run_now(company_mapping)
    make_company()
    kintone.fail(status=503, body="", times=None)
    run_now(company_mapping)

    answer = as_administrator.get("/")

    html = answer.content.decode()
    assert "1件のデータを連携できていません" in Page(answer).text()
    before, _, after = html.partition("kintoneから応答がないため待機しています")
    assert after
    assert before.rfind("notice-warn") > before.rfind("notice-err")


def test_what_stops_a_whole_connection_is_said_once_and_leads_to_its_settings(
    as_administrator: Client, company_mapping: Mapping, kintone: Any
) -> None:
    connection = company_mapping.connection
    other = enabled_mapping(kintone, connection=connection)
    make_company()
    kintone.change_password("another")
    run_now(company_mapping)
    run_now(other)

    page = Page(as_administrator.get("/"))

    assert page.text().count(f"{connection.name} ：kintoneにログインできません") == 1
    assert page.links()["接続先の設定を開く"] == f"/settings/{connection.pk}/"


def test_a_spent_day_is_held(company_mapping: Mapping) -> None:
    make_company()
    host, app = company_mapping.connection.host, company_mapping.app
    budget.set_daily_requests(host, app, 1)
    budget.spend(host, app, now=clock.now())

    run_now(company_mapping)

    assert health_of(company_mapping) == Health.HELD


def test_changes_that_wait_are_counted_with_their_age(company_mapping: Mapping) -> None:
    company = make_company()
    run_now(company_mapping)
    change(company, name="株式会社改名")

    (line,) = mapping_lines(now=clock.now() + timedelta(minutes=35))

    assert line.waiting.count == 1
    assert timedelta(minutes=34) < line.behind < timedelta(minutes=36)
    assert line.health == Health.DELAYED


def test_a_mapping_that_is_off_or_not_set_up_says_so(db: None) -> None:
    off, unset = make_mapping(), make_mapping(rules={}, update_key="")

    assert health_of(off) == Health.OFF
    assert health_of(unset) == Health.UNSET


def test_the_worst_line_stands_first(company_mapping: Mapping, kintone: Any) -> None:
    other = enabled_mapping(kintone)
    make_company(business_category_kbn="情報・通信業")
    run_now(other)

    lines = mapping_lines(now=clock.now())

    assert [line.mapping for line in lines] == [other, company_mapping]


def test_requests_of_today_are_shown_against_the_limit(
    as_administrator: Client, company_mapping: Mapping
) -> None:
    host, app = company_mapping.connection.host, company_mapping.app
    budget.set_daily_requests(host, app, 5000)
    budget.spend(host, app, now=clock.now())

    assert "顧客リスト 1／5,000件" in Page(as_administrator.get("/")).text()


def test_the_dashboard_costs_a_fixed_number_of_queries_and_one_per_enabled_mapping(
    company_mapping: Mapping, kintone: Any, django_assert_max_num_queries: Any
) -> None:
    for _ in range(4):
        make_mapping(company_mapping.connection, app=100 + _)

    with django_assert_max_num_queries(8):
        mapping_lines(now=clock.now())


def test_the_list_of_connections_shows_each_with_its_mappings(
    as_administrator: Client, company_mapping: Mapping
) -> None:
    page = Page(as_administrator.get("/settings/"))

    assert company_mapping.connection.name in page.text()
    assert page.links()["項目のマッピング"] == f"/settings/mappings/{company_mapping.pk}/"
    assert page.links()["テストと有効化"] == f"/settings/mappings/{company_mapping.pk}/test/"


def test_an_empty_list_of_connections_says_what_for(as_administrator: Client) -> None:
    page = Page(as_administrator.get("/settings/"))

    assert page.links()["接続を追加"] == "/settings/new/"


def test_parents_stand_before_children_in_the_list_of_connections(db: None) -> None:
    connection = make_connection()
    for record_type in ("lead", "department", "company"):
        make_mapping(connection, record_type=record_type, rules={}, update_key="")

    (card,) = connection_cards(now=clock.now())

    shown = [line.mapping.record_type for line in card.lines]
    assert shown == ["company", "department", "lead"]


def test_it_says_when_the_day_s_requests_will_not_suffice(
    as_administrator: Client, company_mapping: Mapping, time_machine: Any
) -> None:
    time_machine.move_to(datetime(2026, 11, 27, 12, tzinfo=clock.JAPAN), tick=False)
    host, app = company_mapping.connection.host, company_mapping.app
    budget.spend(host, app, now=clock.now(), requests=2400)
    assert "このままでは" not in Page(as_administrator.get("/")).text()

    budget.spend(host, app, now=clock.now(), requests=600)

    assert "このままでは 20:00 ごろに上限に達します。" in Page(as_administrator.get("/")).text()


def test_who_is_not_told_any_more_stands_on_the_dashboard(
    as_administrator: Client, company_mapping: Mapping
) -> None:
    plan = NoticePlan.objects.create(connection=company_mapping.connection)
    failed: dict[str, Any] = {
        "failed_at": clock.now(),
        "failure": Problem(code="notice.gone").as_json(),
    }
    channels = NoticeChannel.objects
    channels.create(plan=plan, kind=ChannelKind.SLACK, name="運用チーム", **failed)
    channels.create(plan=plan, kind=ChannelKind.SLACK, name="営業チーム", succeeded_at=clock.now())

    page = Page(as_administrator.get("/"))

    assert "通知が届いていません" in page.text()
    assert "運用チーム ：" in page.text()
    assert "営業チーム" not in page.text()
    assert page.links()["通知を開く"] == f"/notices/#origin-{company_mapping.connection.pk}"
