"""A draft in Chromium: left, come back to, registered; leaving unsaved work is asked about."""

from typing import TYPE_CHECKING, Any

import pytest

from jobs.models import Schedule
from mapping.models import SettingsDraft
from mapping.rules import specs_of
from tests.browser.choosing import choose
from tests.builders_crm import make_company
from tests.flows.conftest import enabled_mapping, run_now

if TYPE_CHECKING:
    from playwright.sync_api import Dialog, Page

pytestmark = pytest.mark.browser


def test_a_draft_is_left_come_back_to_looked_at_and_registered(page: "Page", kintone: Any) -> None:
    make_company(main_tel="03-1234-5678")
    mapping = enabled_mapping(kintone)
    page.goto(f"/settings/{mapping.connection_id}/")
    page.locator("[name=interval]").select_option("1h")
    page.get_by_role("button", name="下書きを保存").click()
    page.get_by_text("下書きに保存しました。").wait_for()
    page.get_by_role("link", name="2 項目のマッピング").click()
    choose(page, "main_tel", "")
    page.get_by_role("button", name="保存して次へ").click()
    page.get_by_role("heading", level=1, name="テストと有効化").wait_for()

    page.goto("/")
    assert run_now(mapping).status
    page.get_by_role("link", name="kintone連携設定").click()
    page.get_by_role("link", name="続きから").click()
    page.get_by_role("link", name="変更を確認").click()
    page.get_by_text("0件のレコード").wait_for()
    assert Schedule.objects.get().interval == "5m"
    page.get_by_role("button", name="登録", exact=True).click()
    page.get_by_text("下書きを登録しました。").wait_for()

    assert Schedule.objects.get().interval == "1h"
    assert "main_tel" not in {spec.source for spec in specs_of(mapping)}
    assert not SettingsDraft.objects.exists()


def test_leaving_changes_that_are_not_saved_is_asked_about_and_saving_is_not(
    page: "Page", kintone: Any
) -> None:
    mapping = enabled_mapping(kintone)
    asked: list[str] = []

    def stay(dialog: "Dialog") -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", stay)
    page.goto(f"/settings/mappings/{mapping.pk}/")
    page.get_by_role("link", name="1 接続先の設定").click()
    page.get_by_role("heading", level=1, name="接続先の設定").wait_for()
    assert asked == []

    page.get_by_label("通知先メールアドレス").fill("ops@example.com")
    page.get_by_role("link", name="2 項目のマッピング").click()
    page.wait_for_timeout(300)
    assert asked == ["beforeunload"]
    assert page.get_by_label("通知先メールアドレス").input_value() == "ops@example.com"
    page.get_by_role("button", name="接続を確認").click()
    page.locator("#check .chain").wait_for()
    page.get_by_role("link", name="2 項目のマッピング").click()
    page.wait_for_timeout(300)
    assert asked == ["beforeunload"] * 2

    page.get_by_role("button", name="下書きを保存").click()
    page.get_by_text("下書きに保存しました。").wait_for()
    page.get_by_role("link", name="2 項目のマッピング").click()
    page.get_by_role("heading", level=1, name="項目のマッピング").wait_for()
    assert asked == ["beforeunload"] * 2
