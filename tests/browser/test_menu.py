"""The navigation: a line on a wide screen, behind a button on a narrow one."""

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser


def test_on_a_phone_the_menu_opens_and_closes_by_keyboard(page: "Page") -> None:
    page.set_viewport_size({"width": 390, "height": 800})
    menu, first = page.get_by_role("button", name="メニュー"), page.get_by_role("link", name="通知")
    expect(first).to_be_hidden()

    menu.focus()
    page.keyboard.press("Enter")
    expect(first).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="ダッシュボード")).to_be_focused()
    page.keyboard.press("Escape")

    expect(first).to_be_hidden()
    expect(menu).to_be_focused()


def test_on_a_wide_screen_there_is_a_line_and_no_menu(page: "Page") -> None:
    page.set_viewport_size({"width": 1280, "height": 800})

    expect(page.get_by_role("button", name="メニュー")).to_be_hidden()
    page.get_by_role("link", name="操作履歴").click()

    expect(page.get_by_role("heading", level=1, name="操作履歴")).to_be_visible()
