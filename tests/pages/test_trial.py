"""Step 3: 連携テスト with one record for real, and the switch."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from common import clock
from jobs import enabling, schedules, trial
from jobs.models import Ledger, LedgerEntry, Run, Schedule
from jobs.states import Trigger
from mapping.models import Mapping
from tests.builders_crm import change, make_companies, make_company, make_lead, make_member
from tests.builders_mapping import make_mapping
from tests.flows.conftest import enabled_mapping
from tests.pages.reading import Page, filled


@pytest.fixture
def mapping(kintone: Any, db: None) -> Mapping:
    """A mapping that is ready and was never enabled."""
    ready = enabled_mapping(kintone)
    Ledger.objects.all().delete()
    Mapping.objects.update(enabled=False, enabled_at=None)
    ready.refresh_from_db()
    return ready


def address(mapping: Mapping, rest: str = "test/") -> str:
    return f"/settings/mappings/{mapping.pk}/{rest}"


def test_records_are_searched_by_name(as_administrator: Client, mapping: Mapping) -> None:
    make_company(name="株式会社青葉商事")
    make_company(name="有限会社みどり")

    page = Page(as_administrator.get(address(mapping), {"q": "青葉"}))

    assert "株式会社青葉商事" in page.text("trial-panel")
    assert "みどり" not in page.text("trial-panel")


def test_a_search_without_a_match_says_so(as_administrator: Client, mapping: Mapping) -> None:
    page = Page(as_administrator.get(address(mapping), {"q": "no such company"}))

    assert "該当するデータはありません。" in page.text("trial-panel")


def test_a_chosen_record_shows_source_value_and_value_to_be_sent(
    as_administrator: Client, mapping: Mapping, kintone: Any
) -> None:
    company = make_company(name="株式会社青葉商事", main_tel="03-1234-5678")
    before = len(list(kintone.requests))

    page = Page(as_administrator.get(address(mapping), {"record": company.pk}))

    text = page.text("trial-panel")
    assert "会社名 会社名 株式会社青葉商事 株式会社青葉商事" in text
    assert "電話番号" in text
    assert "マッピング設定を再読み込み" in page.links()
    assert len(list(kintone.requests)) == before


def test_a_test_pushes_exactly_that_record_for_real(
    as_administrator: Client, mapping: Mapping, kintone: Any
) -> None:
    company, _other = make_companies(2)

    page = Page(as_administrator.post(address(mapping, "test/push/"), {"record": company.pk}))

    (record,) = kintone.records(mapping.app)
    assert record["code"] == company.external_id
    assert "正常に処理が行われました。" in page.text("trial-result")
    assert f"レコード番号{record['$id']}を新規に登録しました。" in page.text("trial-result")
    link = next(url for text, url in page.links().items() if text.startswith("kintoneで開く"))
    assert link.endswith(f"/k/{mapping.app}/show#record={record['$id']}")


def test_a_second_test_of_the_same_record_updates_it(
    as_administrator: Client, mapping: Mapping, kintone: Any
) -> None:
    company = make_company()
    as_administrator.post(address(mapping, "test/push/"), {"record": company.pk})

    answer = as_administrator.post(address(mapping, "test/push/"), {"record": company.pk})

    assert "を更新しました。" in Page(answer).text("trial-result")
    assert len(kintone.records(mapping.app)) == 1


def test_a_value_that_cannot_be_sent_is_told_beside_its_field(
    as_administrator: Client, mapping: Mapping, kintone: Any
) -> None:
    company = make_company(business_category_kbn="情報・通信業")

    page = Page(as_administrator.post(address(mapping, "test/push/"), {"record": company.pk}))

    assert page.text("trial-result").startswith("テストに失敗しました")
    assert (
        "値が選択肢にありません 「情報・通信業」は、ドロップダウン「業種」の選択肢にありません。"
        in page.text("trial-panel")
    )
    assert kintone.records(mapping.app) == []


def test_kintones_refusal_stands_beside_the_field_it_concerns(
    as_administrator: Client, mapping: Mapping, kintone: Any
) -> None:
    company = make_company(main_tel="0123456789")
    kintone.set_field(mapping.app, "tel", maxLength="5")

    page = Page(as_administrator.post(address(mapping, "test/push/"), {"record": company.pk}))

    assert page.text("trial-result").startswith("テストに失敗しました")
    row = page.text("trial-panel").partition("電話番号")[2].partition("業種")[0]
    assert "kintoneが値を受け付けませんでした" in row
    assert "6文字より短くなければなりません" in row


def test_a_refusal_names_the_field_by_label_and_code(
    as_administrator: Client, mapping: Mapping, kintone: Any
) -> None:
    company = make_company(main_tel="0123456789")
    kintone.set_field(mapping.app, "tel", maxLength="5")

    page = Page(as_administrator.post(address(mapping, "test/push/"), {"record": company.pk}))

    assert "「電話番号（tel）」" in page.text("trial-panel")


def test_a_record_that_another_run_is_sending_is_told_to_wait(
    as_administrator: Client, mapping: Mapping
) -> None:
    company = make_company()
    trial.push(mapping, company.pk)
    LedgerEntry.objects.update(doubt_until=clock.now() + timedelta(minutes=5))

    page = Page(as_administrator.post(address(mapping, "test/push/"), {"record": company.pk}))

    assert "このデータは別の処理で送信中です" in page.text("trial-panel")
    assert "もう一度［テスト］を押してください。" in page.text("trial-panel")


def test_a_refused_login_is_told_above_the_fields(
    as_administrator: Client, mapping: Mapping, kintone: Any
) -> None:
    company = make_company()
    kintone.change_password("another")

    page = Page(as_administrator.post(address(mapping, "test/push/"), {"record": company.pk}))

    assert "kintoneにログインできません" in page.text("trial-panel")


def test_the_panel_alone_is_answered_to_htmx(as_administrator: Client, mapping: Mapping) -> None:
    answer = as_administrator.get(address(mapping), headers={"HX-Request": "true"})

    assert b"<html" not in answer.content
    assert Page(answer).has("trial-panel")


def test_the_box_switches_the_mapping_on_from_now(
    as_administrator: Client, mapping: Mapping
) -> None:
    make_companies(3)
    page = Page(as_administrator.get(address(mapping)))
    assert "会社情報の連携を行う" in page.text("trial-panel")

    sent = filled(page, {"enabled": "on"})
    page = Page(as_administrator.post(address(mapping, "enable/"), sent, follow=True))

    mapping.refresh_from_db()
    assert mapping.enabled
    assert "連携を有効にしました。" in page.text()
    assert not Run.objects.exists()


def test_existing_data_is_sent_at_once_where_that_is_chosen(
    as_administrator: Client, mapping: Mapping
) -> None:
    make_companies(3)
    page = Page(as_administrator.get(address(mapping)))
    assert "連携する（全件連携：3件）" in page.text("trial-panel")

    sent = filled(page, {"enabled": "on", "existing": "send"})
    answer = as_administrator.post(address(mapping, "enable/"), sent)

    run = Run.objects.get()
    assert (run.trigger, run.full) == (Trigger.FIRST_LOAD, True)
    assert answer.headers["Location"] == f"/runs/{run.pk}/"


def test_without_the_box_the_mapping_is_switched_off(
    as_administrator: Client, mapping: Mapping
) -> None:
    enabling.enable(mapping, now=clock.now())

    page = Page(as_administrator.post(address(mapping, "enable/"), follow=True))

    mapping.refresh_from_db()
    assert not mapping.enabled
    assert "連携を無効にしました。" in page.text()


def test_enabling_again_asks_about_what_changed_meanwhile(
    as_administrator: Client, mapping: Mapping
) -> None:
    company = make_company()
    enabling.enable(mapping, now=clock.now())
    enabling.disable(mapping, now=clock.now())
    change(company, name="株式会社改名")

    page = Page(as_administrator.get(address(mapping)))
    assert "無効の間に変更されたデータ" in page.text("trial-panel")
    assert "連携する（1件）" in page.text("trial-panel")

    sent = filled(page, {"enabled": "on", "meanwhile": "leave"})
    as_administrator.post(address(mapping, "enable/"), sent)
    assert enabling.owed_since_disabled(mapping) == 0


def test_a_mapping_without_rules_cannot_be_switched_on(
    as_administrator: Client, mapping: Mapping
) -> None:
    mapping.rules.all().delete()

    page = Page(as_administrator.get(address(mapping)))
    assert "登録" not in page.buttons()
    page = Page(as_administrator.post(address(mapping, "enable/"), {"enabled": "on"}, follow=True))

    mapping.refresh_from_db()
    assert not mapping.enabled
    assert "更新キーと項目のマッピングを登録してから、有効にしてください。" in page.text()


def test_looking_at_the_page_writes_nothing(as_administrator: Client, mapping: Mapping) -> None:
    as_administrator.get(address(mapping))

    assert not Ledger.objects.exists()


def test_existing_data_of_an_enabled_mapping_goes_with_its_cost_told(
    as_administrator: Client, mapping: Mapping
) -> None:
    make_companies(101)
    enabling.enable(mapping, now=clock.now())

    links = Page(as_administrator.get(address(mapping))).links()
    confirmation = links["既存データをすべて連携（全件連携）"]
    text = Page(as_administrator.get(confirmation)).text()
    assert "101件" in text
    assert "最大2件（1日の上限5,000件の1%未満）" in text
    assert not Run.objects.exists()
    as_administrator.post(confirmation)

    assert Run.objects.get().full


def test_of_leads_those_are_offered_that_the_sync_user_sees(
    as_administrator: Client, db: None
) -> None:
    viewer = make_member()
    mapping = make_mapping(record_type="lead", rules={})
    schedule = schedules.ensure(mapping.connection, now=clock.now())
    Schedule.objects.filter(pk=schedule.pk).update(sync_user=viewer)
    make_lead(family_name="見える")
    make_lead(family_name="隠れた", visibility="営業担当者のみ", owner=make_member())

    page = as_administrator.get(reverse("jobs:trial", args=[mapping.pk])).text

    assert "見える" in page
    assert "隠れた" not in page
