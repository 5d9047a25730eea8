"""The proposals of step 2 in Chromium: from reading the form to rules by two clicks."""

import re
from typing import TYPE_CHECKING, Any

import pytest

from mapping.models import Mapping
from mapping.rules import specs_of
from tests.browser.choosing import choose
from tests.browser.test_three_steps import fill_in_the_connection
from tests.builders_crm import make_company
from tests.builders_mapping import make_mapping
from tests.conftest import PASSWORD

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

TAKE = "選択した候補を取り入れる"


def test_two_clicks_map_what_a_person_would_choose(
    page: "Page", kintone: Any, customer_app: int
) -> None:
    make_company(name="株式会社青葉商事", main_tel="03-1234-5678")
    fill_in_the_connection(page, kintone, customer_app)
    page.get_by_role("button", name="読み込み", exact=True).click()
    page.get_by_role("link", name="会社 → 顧客リスト", exact=True).click()

    assert page.get_by_label("「会社ID（code）」を更新キーにする").is_checked()
    page.get_by_role("button", name=TAKE).click()
    page.get_by_text("3個の候補を取り入れました。").wait_for()
    mapping = Mapping.objects.get()
    assert specs_of(mapping) == []
    page.get_by_role("button", name="マッピングを保存").click()
    page.get_by_text("マッピングを保存しました。").wait_for()

    rules = {spec.field: spec.source for spec in specs_of(mapping)}
    assert rules == {"code": "external_id", "name": "name", "tel": "main_tel"}
    mapping.refresh_from_db()
    assert mapping.update_key == "code"
    assert page.locator("#suggestions").count() == 0


def test_an_unticked_proposal_is_left_and_a_choice_by_hand_is_kept(page: "Page") -> None:
    make_company(name="株式会社青葉商事", note="メモ")
    fields = {
        "会社名": {"type": "SINGLE_LINE_TEXT"},
        "備考": {"type": "MULTI_LINE_TEXT"},
        "摘要": {"type": "SINGLE_LINE_TEXT"},
        "住所": {"type": "SINGLE_LINE_TEXT"},
    }
    mapping = make_mapping(form=fields, rules={}, update_key="")
    page.goto(f"/settings/mappings/{mapping.pk}/")
    panel = page.locator("#suggestions")

    panel.get_by_role("checkbox", name=re.compile("^住所")).uncheck()
    choose(page, "zip", "摘要")
    panel.get_by_role("button", name=TAKE).focus()
    page.keyboard.press("Enter")
    page.get_by_text("個の候補を取り入れました。").wait_for()

    assert page.locator('select[name="to:name"]').input_value() == "会社名"
    assert page.locator('select[name="to:zip"]').input_value() == "摘要"
    assert page.locator('select[name="to:address"]').input_value() == ""
    page.locator("#suggestions summary").click()
    assert not panel.get_by_role("checkbox", name=re.compile("^住所")).is_checked()


def test_enter_in_a_field_saves_what_was_chosen_and_takes_no_proposal(page: "Page") -> None:
    fields: dict[str, dict[str, Any]] = {
        "会社ID": {"type": "SINGLE_LINE_TEXT", "unique": True},
        "会社名": {"type": "SINGLE_LINE_TEXT"},
    }
    mapping = make_mapping(form=fields, rules={"会社ID": "external_id"}, update_key="会社ID")
    page.goto(f"/settings/mappings/{mapping.pk}/")
    page.get_by_role("button", name=re.compile("^詳細 ?：外部ID$")).click()

    page.get_by_label("空のときに入れる固定値").press("Enter")
    page.get_by_text("変更はありません。").wait_for()

    assert [spec.source for spec in specs_of(mapping)] == ["external_id"]


@pytest.mark.parametrize("width", [1280, 390])
def test_the_proposals_fit_the_window(page: "Page", width: int) -> None:
    make_company(name="とても長い名前の" * 8, address="とても長い住所の" * 12)
    mapping = make_mapping(
        form={"会社名": {"type": "SINGLE_LINE_TEXT"}, "住所": {"type": "SINGLE_LINE_TEXT"}},
        rules={},
        update_key="",
    )
    page.set_viewport_size({"width": width, "height": 800})

    page.goto(f"/settings/mappings/{mapping.pk}/")

    assert page.locator("#suggestions").get_by_role("checkbox").count() == 2
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_proposals_need_no_script(chromium: Any, live_server: Any, administrator: Any) -> None:
    mapping = make_mapping(
        form={"会社ID": {"type": "SINGLE_LINE_TEXT", "unique": True}}, rules={}, update_key=""
    )
    context = chromium.new_context(
        base_url=live_server.url, locale="ja-JP", java_script_enabled=False
    )
    page = context.new_page()
    page.goto("/")
    page.get_by_label("ユーザー名").fill(administrator.username)
    page.get_by_label("パスワード").fill(PASSWORD)
    page.get_by_role("button", name="サインイン").click()
    page.goto(f"/settings/mappings/{mapping.pk}/")

    page.get_by_role("button", name=TAKE).click()
    page.get_by_role("button", name="マッピングを保存").click()

    assert page.get_by_text("マッピングを保存しました。").count() == 1
    assert [spec.source for spec in specs_of(mapping)] == ["external_id"]
    context.close()
