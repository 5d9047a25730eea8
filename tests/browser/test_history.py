"""操作履歴 by keyboard alone: from the list to the setting that is as it was."""

from typing import TYPE_CHECKING, Any

import pytest

from mapping.rules import save_rules, specs_of
from tests.flows.conftest import enabled_mapping

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser


def press(page: "Page", name: str) -> None:
    """Tab to what is called so, and press Enter."""
    for _step in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent.trim()") == name:
            page.keyboard.press("Enter")
            return
    pytest.fail(f"{name} cannot be reached by keyboard")


def test_a_rule_comes_back_without_a_mouse(page: "Page", kintone: Any) -> None:
    mapping = enabled_mapping(kintone)
    former = specs_of(mapping)
    save_rules(mapping, former[:2], update_key="code")

    page.goto("/history/")
    press(page, "項目のマッピングを変更")
    page.get_by_role("heading", name="変更の内容").wait_for()
    press(page, "元に戻す")
    page.get_by_role("heading", name="元に戻すと変わる設定").wait_for()
    press(page, "元に戻す")
    page.get_by_text("元に戻しました。").wait_for()

    assert specs_of(mapping) == former
