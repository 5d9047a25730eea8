"""Step 2 with a hundred items and two hundred fields: by keyboard, filtered, narrow, refused."""

import re
from typing import TYPE_CHECKING, Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from mapping.rules import specs_of
from tests.browser.choosing import choice_of, choose
from tests.builders_wide import make_wide_mapping
from tests.conftest import PASSWORD

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

    from mapping.models import Mapping

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


@pytest.fixture
def mapping(page: "Page") -> "Mapping":
    """The wide one, in front of the browser."""
    made = make_wide_mapping()
    page.goto(f"/settings/mappings/{made.pk}/")
    return made


@pytest.fixture
def asked(page: "Page", mapping: "Mapping") -> list[str]:
    """The addresses that the page asked the server for since it came."""
    found: list[str] = []
    page.on(
        "request",
        lambda request: found.append(request.url) if "/settings/" in request.url else None,
    )
    return found


def sent(page: "Page", item: str) -> str:
    """What the form would send for the item."""
    return page.locator(f'select[name="to:{item}"]').input_value()


def heard(page: "Page") -> str:
    """What a screen reader was told last."""
    return page.locator("#live-status").inner_text()


def active(page: "Page") -> "Locator":
    """The option that the arrow keys are at."""
    name = page.evaluate("document.activeElement.getAttribute('aria-activedescendant')")
    return page.locator(f"#{name}")


def focused(page: "Page") -> str:
    """What the focused element is called."""
    return str(page.evaluate("document.activeElement.getAttribute('aria-label')"))


class TestKeyboard:
    """The keys of the combobox pattern."""

    def test_what_is_typed_filters_and_enter_chooses(
        self, page: "Page", mapping: "Mapping"
    ) -> None:
        box = choice_of(page, "custom.item5")
        box.focus()
        assert box.get_attribute("aria-expanded") == "false"

        page.keyboard.type("しゃない　管理 欄７")
        found = page.locator(".combo-list [role=option]").all_inner_texts()
        assert 1 < len(found) < 15
        assert all("社内管理用の欄7" in one for one in found)
        box.fill("OTHER11")
        assert box.get_attribute("aria-expanded") == "true"
        assert page.locator("[role=listbox]").get_attribute("id") == box.get_attribute(
            "aria-controls"
        )
        page.keyboard.press("ArrowDown")
        assert "社内管理用の欄12（other11）" in active(page).inner_text()
        page.keyboard.press("Enter")

        assert sent(page, "custom.item5") == "other11"
        assert box.input_value() == "社内管理用の欄12（other11）"
        assert box.get_attribute("aria-expanded") == "false"
        assert focused(page) == "請求先住所1の連携先"
        assert "「社内管理用の欄12（other11）」を選択しました。" in heard(page)

    def test_words_are_found_by_their_reading(self, page: "Page", mapping: "Mapping") -> None:
        choice_of(page, "custom.item5").focus()

        page.keyboard.type("じゅうしょ10")
        page.keyboard.press("Enter")

        assert sent(page, "custom.item5") == "field95"

    def test_arrows_open_wrap_and_home_and_end_go_back_to_the_text(
        self, page: "Page", mapping: "Mapping"
    ) -> None:
        choice_of(page, "custom.item5").focus()
        page.keyboard.press("ArrowDown")
        assert "請求先住所1（field5）" in active(page).inner_text()  # what is chosen
        assert active(page).get_attribute("aria-selected") == "true"
        page.keyboard.press("Home")
        assert active(page).count() == 0
        page.keyboard.press("ArrowDown")
        assert active(page).inner_text() == "連携しない"
        page.keyboard.press("ArrowUp")
        assert active(page).get_attribute("aria-disabled") == "true"  # the last are no choice

    def test_escape_closes_and_leaves_what_was_chosen(
        self, page: "Page", mapping: "Mapping"
    ) -> None:
        box = choice_of(page, "custom.item5")
        box.fill("備考")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Escape")

        assert page.locator(".combo-list").count() == 0
        assert box.input_value() == "請求先住所1（field5）"
        assert sent(page, "custom.item5") == "field5"

    def test_tab_takes_the_option_that_is_active_and_goes_on(
        self, page: "Page", mapping: "Mapping"
    ) -> None:
        choice_of(page, "custom.item5").fill("other10")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Tab")

        assert sent(page, "custom.item5") == "other10"
        assert page.evaluate("document.activeElement.name") == "open"

    def test_leaving_forgets_what_was_typed_and_an_emptied_input_clears(
        self, page: "Page", mapping: "Mapping"
    ) -> None:
        box = choice_of(page, "custom.item5")
        box.fill("欄")
        page.keyboard.press("Tab")
        assert (box.input_value(), sent(page, "custom.item5")) == (
            "請求先住所1（field5）",
            "field5",
        )

        box.focus()
        page.keyboard.press("Delete")
        page.keyboard.press("Enter")
        assert (box.input_value(), sent(page, "custom.item5")) == ("連携しない", "")

    def test_enter_that_ends_a_composition_chooses_nothing(
        self, page: "Page", mapping: "Mapping"
    ) -> None:
        box = choice_of(page, "custom.item5")
        box.fill("じゅうしょ10")
        enter = {"key": "Enter", "isComposing": True, "bubbles": True, "cancelable": True}

        box.dispatch_event("keydown", enter)

        assert sent(page, "custom.item5") == "field5"
        assert page.locator(".combo-list").count() == 1

    def test_a_field_that_is_no_choice_says_why_and_one_that_is_taken_by_whom(
        self, page: "Page", mapping: "Mapping"
    ) -> None:
        choose(page, "custom.item5", "other10")
        box = choice_of(page, "custom.item15")
        box.fill("添付")
        option = page.get_by_role("group", name="連携できないフィールド").get_by_role("option")
        assert "添付ファイルの連携には対応していません。" in option.inner_text()
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        assert "このフィールドには連携できません。" in heard(page)
        assert sent(page, "custom.item15") == "field15"

        box.fill("other10")
        assert "「請求先住所1」に設定済み" in page.locator(".combo-list").inner_text()
        box.fill("field5")
        assert "設定済み" not in page.locator('.combo-list [data-path="field5"]').inner_text()

    def test_the_columns_of_a_table_stand_apart(self, page: "Page", mapping: "Mapping") -> None:
        choice_of(page, "custom.item5").fill("明細")

        group = page.get_by_role("group", name="テーブル：商談の明細")

        assert group.get_by_role("option").count() > 0

    def test_enter_in_a_closed_choice_saves(self, page: "Page", mapping: "Mapping") -> None:
        choose(page, "custom.item5", "other10")
        page.keyboard.press("Enter")
        page.get_by_text("マッピングを保存しました。").wait_for()

        assert {spec.source: spec.field for spec in specs_of(mapping)}["custom.item5"] == "other10"


def test_a_filter_acts_at_once_and_the_address_says_it(
    page: "Page", mapping: "Mapping", asked: list[str]
) -> None:
    choose(page, "custom.item5", "other10")
    tab = page.get_by_role("link", name=re.compile("^要確認（"))
    tab.focus()
    page.keyboard.press("Enter")

    rows = page.locator("#rows tbody > tr:visible")
    assert rows.count() == 12
    assert heard(page) == "12個の項目を表示しています。"
    assert page.url.endswith("?show=problems")
    assert tab.get_attribute("aria-current") == "page"
    assert page.evaluate("document.activeElement.dataset.show") == "problems"
    assert sent(page, "custom.item5") == "other10"
    assert asked == []
    page.reload()
    assert rows.count() == 12


def test_the_search_acts_while_typing(page: "Page", mapping: "Mapping", asked: list[str]) -> None:
    page.get_by_label("項目名、フィールド名、フィールドコード").focus()
    page.keyboard.type("さぽーと　10")
    rows = page.locator("#rows tbody > tr:visible")
    page.locator("#live-status", has_text=re.compile("^1個")).wait_for(state="attached")

    assert rows.count() == 1
    assert "サポート窓口10" in rows.inner_text()
    assert asked == []
    page.keyboard.press("Enter")
    page.reload()
    assert rows.count() == 1
    page.get_by_label("項目名、フィールド名、フィールドコード").fill("どこにもない")
    page.get_by_text("該当する項目はありません。").wait_for()


def test_choosing_counts_at_once(page: "Page", mapping: "Mapping") -> None:
    page.get_by_role("link", name="設定済み（61）").wait_for()

    choose(page, "custom.item70", "other10")

    page.get_by_role("link", name="設定済み（62）").wait_for()


def test_what_is_wrong_leads_to_its_row_also_where_a_filter_hides_it(
    page: "Page", mapping: "Mapping"
) -> None:
    page.get_by_label("項目名、フィールド名、フィールドコード").fill("サポート")
    page.locator("#live-status", has_text=re.compile("^10個")).wait_for(state="attached")
    page.get_by_role("link", name="取引区分3", exact=True).focus()
    page.keyboard.press("Enter")

    assert focused(page) == "取引区分3の連携先"
    assert choice_of(page, "custom.item24").is_visible()


def test_a_row_s_settings_unfold_and_are_saved(page: "Page", mapping: "Mapping") -> None:
    page.get_by_role("button", name=re.compile("^詳細 ?：取引区分1$")).focus()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.tagName") == "SUMMARY"
    row = page.locator("tr", has=page.locator('select[name="to:custom.item4"]'))
    assert row.get_by_label("テーブルの行").count() == 0
    href = row.get_by_role("link", name="実際の値から変換表を作る").last.get_attribute("href")
    assert str(href).endswith("?field=field4")

    row.get_by_label("値の変換表").fill("取引停止 → 休眠")
    page.get_by_role("button", name="マッピングを保存").click()
    page.get_by_text("マッピングを保存しました。").wait_for()

    rule = next(spec for spec in specs_of(mapping) if spec.source == "custom.item4")
    assert rule.values == {"取引停止": "休眠"}
    assert "件が拒否" not in row.inner_text()


def test_a_refusal_returns_to_the_row_and_keeps_what_else_was_chosen(
    page: "Page", mapping: "Mapping"
) -> None:
    choose(page, "custom.item70", "other10")
    choose(page, "custom.item71", "field1")
    page.get_by_role("button", name="マッピングを保存").click()
    page.get_by_text("問題があるため、保存していません").first.wait_for()

    assert focused(page) == "契約開始日1の連携先"
    box = choice_of(page, "custom.item1")
    assert box.get_attribute("aria-invalid") == "true"
    said = page.locator(f"#{box.get_attribute('aria-describedby')}").inner_text()
    assert "1つの項目だけに設定してください。" in said
    assert sent(page, "custom.item70") == "other10"
    page.locator("#live-alert", has_text="保存していません").wait_for(state="attached")
    page.get_by_role("link", name=re.compile("^契約開始日8：")).click()
    assert focused(page) == "契約開始日8の連携先"


def test_all_fields_are_listed_on_demand_and_the_focus_is_there(
    page: "Page", mapping: "Mapping"
) -> None:
    page.get_by_role("link", name=re.compile("個のフィールドと、選択できない理由を表示")).focus()
    page.keyboard.press("Enter")
    page.get_by_text("添付ファイルの連携には対応していません。").wait_for()

    assert page.evaluate("document.activeElement.closest('#fields') !== null")
    assert page.locator("#rows").count() == 1


def test_at_390_pixels_the_list_fits_and_a_tap_chooses(page: "Page", mapping: "Mapping") -> None:
    page.set_viewport_size({"width": 390, "height": 700})
    page.reload()
    for item, path in (("custom.item5", "other10"), ("custom.item55", "other15")):
        choice_of(page, item).click()
        box = page.locator(".combo-list").bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 390
        assert box["y"] >= 0
        assert box["y"] + box["height"] <= 700
        option = page.locator(f'.combo-list [data-path="{path}"]')
        option.scroll_into_view_if_needed()
        details = page.get_by_role("button", name=re.compile("^詳細 ?：外部ID$"))
        for pressed in (option, details, choice_of(page, item)):
            size = pressed.bounding_box()
            assert size is not None
            assert size["height"] >= 44
        option.click()
        assert sent(page, item) == path
        assert page.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390), ("dark", 1280)])
def test_nobody_is_shut_out(page: "Page", mapping: "Mapping", scheme: Any, width: int) -> None:
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(f"/settings/mappings/{mapping.pk}/?fields=all")
    page.locator("#unmapped > summary").click()
    page.get_by_role("button", name=re.compile("^詳細 ?：取引区分1$")).click()
    choice_of(page, "custom.item5").click()
    page.keyboard.press("ArrowDown")

    violations = Axe().run(page).response["violations"]

    assert [
        (one["id"], [node["html"][:200] for node in one["nodes"][:3]]) for one in violations
    ] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_nothing_is_blocked_by_the_policy(page: "Page", mapping: "Mapping") -> None:
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.reload()

    choose(page, "custom.item5", "other10")

    assert said == []


def test_without_script_a_row_is_opened_and_chosen_in(
    chromium: Any, live_server: Any, administrator: Any
) -> None:
    mapping = make_wide_mapping()
    context = chromium.new_context(
        base_url=live_server.url, locale="ja-JP", java_script_enabled=False
    )
    page = context.new_page()
    page.goto("/")
    page.get_by_label("ユーザー名").fill(administrator.username)
    page.get_by_label("パスワード").fill(PASSWORD)
    page.get_by_role("button", name="サインイン").click()
    page.goto(f"/settings/mappings/{mapping.pk}/")

    page.get_by_label("項目名、フィールド名、フィールドコード").fill("請求先住所1")
    page.get_by_role("button", name="検索").click()
    assert page.locator("#rows tbody > tr:visible").count() == 2
    assert page.locator('select[name="to:custom.item5"] option').count() > 50
    page.get_by_role("link", name="条件をクリア").click()
    page.get_by_role("button", name=re.compile("^選択肢を表示 ?：請求先住所1$")).click()
    page.locator('select[name="to:custom.item5"]').select_option("other10")
    page.locator("[name='values:custom.item5']").fill("東京都 → 東京")
    page.get_by_role("button", name=re.compile("^選択肢を表示 ?：請求先住所2$")).click()
    assert page.locator('select[name="to:custom.item5"]').input_value() == "other10"
    page.locator('select[name="to:custom.item15"]').select_option("other15")
    page.get_by_role("button", name="マッピングを保存").click()

    assert page.get_by_text("マッピングを保存しました。").count() == 1
    rules = {spec.source: spec for spec in specs_of(mapping)}
    assert rules["custom.item5"].field == "other10"
    assert rules["custom.item5"].values == {"東京都": "東京"}
    assert rules["custom.item15"].field == "other15"
    context.close()


def test_proposals_beside_rules_come_on_demand_and_nothing_chosen_is_lost(
    page: "Page", mapping: "Mapping"
) -> None:
    choose(page, "custom.item5", "other10")
    page.get_by_role("button", name="候補と理由を表示").focus()
    page.keyboard.press("Enter")
    panel = page.locator("#suggestions")
    panel.get_by_role("checkbox").first.wait_for()

    assert panel.get_by_role("checkbox").count() == 40
    assert page.evaluate("document.activeElement.closest('#suggestions') !== null")
    assert sent(page, "custom.item5") == "other10"
