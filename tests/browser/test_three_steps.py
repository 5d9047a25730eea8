"""①②③ by hand in Chromium against the sandbox, and what stands in kintone afterwards."""

import re
from typing import TYPE_CHECKING, Any

import pytest

from jobs import liveness
from jobs.execute import execute
from jobs.models import Run
from tests.browser.choosing import choose
from tests.builders_crm import make_company
from tests.conftest import PASSWORD
from tests.flows.conftest import enabled_mapping

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser


def fill_in_the_connection(page: "Page", kintone: Any, app: int) -> None:
    """Step 1, as somebody fills it in who pastes the app's address."""
    page.get_by_role("link", name="設定を開始").click()
    page.get_by_label("接続名").fill("本番")
    page.get_by_label("サブドメイン").fill("demo")
    page.get_by_label("ログイン名", exact=False).first.wait_for()
    page.locator("[name=login]").fill(kintone.login)
    page.locator("[name=password]").fill(kintone.password)
    page.locator("[name=apps-0-app]").fill(f"https://demo.cybozu.com/k/{app}/")


def map_the_items(page: "Page") -> None:
    """Step 2: three items, the external ID as the update key."""
    choose(page, "external_id", "code")
    choose(page, "name", "name")
    choose(page, "main_tel", "tel")
    page.locator('input[name="key"][value="external_id"]').check()
    page.get_by_role("button", name="マッピングを保存").click()
    page.get_by_text("マッピングを保存しました。").wait_for()


def test_a_newcomer_walks_the_three_steps_and_sees_the_data_arrive(
    page: "Page", kintone: Any, customer_app: int
) -> None:
    aoba = make_company(name="株式会社青葉商事", main_tel="03-1234-5678")
    midori = make_company(name="有限会社みどり")

    fill_in_the_connection(page, kintone, customer_app)
    page.get_by_role("button", name="接続を確認").click()
    page.locator("#check .chain").wait_for()
    assert page.locator("#check").inner_text().count("問題なし") == 5
    page.get_by_role("button", name="読み込み", exact=True).click()
    page.get_by_text("読み込みに成功しました").wait_for()

    page.get_by_role("link", name="会社 → 顧客リスト", exact=True).click()
    map_the_items(page)
    page.get_by_role("button", name="保存して次へ").click()

    page.get_by_label("テストする会社").fill("青葉")
    page.get_by_role("button", name="検索").click()
    page.get_by_role("link", name=re.compile("株式会社青葉商事")).click()
    page.get_by_role("button", name="テスト", exact=True).click()
    page.locator("#trial-result").wait_for()
    assert "正常に処理が行われました。" in page.locator("#trial-result").inner_text()
    (record,) = kintone.records(customer_app)
    assert (record["code"], record["name"]) == (aoba.external_id, "株式会社青葉商事")

    page.get_by_label("会社情報の連携を行う").check()
    page.get_by_role("button", name="登録", exact=True).click()
    page.get_by_text("連携を有効にしました。").wait_for()
    nagare = make_company(name="ながれ株式会社")
    page.get_by_role("button", name="今すぐ実行").click()
    page.get_by_role("heading", level=1, name=re.compile("データ処理")).wait_for()
    execute(Run.objects.latest("pk").pk, owner=liveness.owner_here())
    page.get_by_text("1件の連携に成功しました。").wait_for()

    page.get_by_role("link", name="データ処理状況一覧").first.click()
    newest = page.locator("#runs tbody tr").first
    assert "完了" in newest.inner_text()
    arrived = {one["code"] for one in kintone.records(customer_app)}
    assert arrived == {aoba.external_id, nagare.external_id}
    assert midori.external_id not in arrived


def test_a_running_row_refreshes_until_it_has_ended_and_keeps_the_focus(
    page: "Page", kintone: Any, customer_app: int
) -> None:
    make_company()
    mapping = enabled_mapping(kintone)
    page.goto(f"/settings/mappings/{mapping.pk}/test/")
    page.get_by_role("button", name="今すぐ実行").click()
    run = Run.objects.latest("pk")
    page.goto("/runs/")
    row = page.locator(f"#run-{run.pk}")
    row.get_by_role("link").focus()

    with page.expect_response(re.compile(r"/runs/\?up_to=")):
        execute(run.pk, owner=liveness.owner_here())
    row.get_by_text("完了").wait_for()

    focused = "document.activeElement.closest('tr')?.id"
    assert page.evaluate(focused) == f"run-{run.pk}"
    assert page.get_by_role("button", name="停止").count() == 0


def test_polling_stops_on_request(page: "Page", kintone: Any) -> None:
    mapping = enabled_mapping(kintone)
    page.goto(f"/settings/mappings/{mapping.pk}/test/")
    page.get_by_role("button", name="今すぐ実行").click()
    page.goto("/runs/")
    page.get_by_role("button", name="停止").click()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))

    page.wait_for_timeout(2500)

    assert asked == []


def test_a_wrong_password_takes_the_focus_to_the_summary_that_leads_to_the_field(
    page: "Page", kintone: Any, customer_app: int
) -> None:
    fill_in_the_connection(page, kintone, customer_app)
    page.locator("[name=password]").fill("no-such-password")
    page.get_by_role("button", name="読み込み", exact=True).click()
    page.get_by_text("読み込みに失敗しました").wait_for()
    assert page.evaluate("document.activeElement.id") == "error-summary"

    page.get_by_role("link", name=re.compile("^パスワード：")).click()

    assert page.evaluate("document.activeElement.name") == "password"


def test_the_update_key_is_offered_only_beside_a_field_that_forbids_duplicates(
    page: "Page", kintone: Any, customer_app: int
) -> None:
    fill_in_the_connection(page, kintone, customer_app)
    page.get_by_role("button", name="読み込み", exact=True).click()
    page.get_by_role("link", name="会社 → 顧客リスト", exact=True).click()
    key = page.locator('input[name="key"][value="external_id"]')
    key.wait_for(state="hidden")

    choose(page, "external_id", "code")
    key.wait_for(state="visible")
    choose(page, "external_id", "name")

    key.wait_for(state="hidden")


def test_enter_that_ends_a_japanese_composition_does_not_search(page: "Page", kintone: Any) -> None:
    mapping = enabled_mapping(kintone)
    page.goto(f"/settings/mappings/{mapping.pk}/test/")
    page.get_by_label("テストする会社").fill("あおば")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))

    page.get_by_label("テストする会社").dispatch_event(
        "keydown", {"key": "Enter", "isComposing": True, "bubbles": True, "cancelable": True}
    )
    page.wait_for_timeout(300)

    assert asked == []


def test_the_three_steps_need_no_script(
    chromium: Any, live_server: Any, administrator: Any, kintone: Any, customer_app: int
) -> None:
    make_company(name="株式会社青葉商事")
    context = chromium.new_context(
        base_url=live_server.url, locale="ja-JP", java_script_enabled=False
    )
    page = context.new_page()
    page.goto("/")
    page.get_by_label("ユーザー名").fill(administrator.username)
    page.get_by_label("パスワード").fill(PASSWORD)
    page.get_by_role("button", name="サインイン").click()

    fill_in_the_connection(page, kintone, customer_app)
    page.get_by_role("button", name="接続を確認").click()
    page.locator("#check .chain").wait_for()
    page.get_by_role("button", name="読み込み", exact=True).click()
    page.get_by_role("link", name="会社 → 顧客リスト", exact=True).click()
    map_the_items(page)
    page.get_by_role("button", name="保存して次へ").click()
    page.get_by_label("テストする会社").fill("青葉")
    page.get_by_role("button", name="検索").click()
    page.get_by_role("link", name=re.compile("株式会社青葉商事")).click()
    page.get_by_role("button", name="テスト", exact=True).click()

    assert "正常に処理が行われました。" in page.locator("#trial-result").inner_text()
    assert len(kintone.records(customer_app)) == 1
    context.close()
