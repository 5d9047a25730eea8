"""Somebody who is signed in, in front of a browser."""

from typing import TYPE_CHECKING, Any

import pytest

from tests.conftest import PASSWORD

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from crm.models import Account


@pytest.fixture
def page(transactional_db: None, browser_page: "Page", administrator: "Account") -> "Page":
    """A browser in which an administrator has signed in by the form."""
    browser_page.goto("/")
    browser_page.get_by_label("ユーザー名").fill(administrator.username)
    browser_page.get_by_label("パスワード").fill(PASSWORD)
    browser_page.keyboard.press("Enter")
    browser_page.get_by_role("heading", level=1, name="kintoneへの連携を設定する").wait_for()
    return browser_page


@pytest.fixture
def customer_app(kintone: Any) -> int:
    """An app that takes companies, by 会社ID."""
    return int(
        kintone.add_app(
            "顧客リスト",
            {
                "code": {"type": "SINGLE_LINE_TEXT", "label": "会社ID", "unique": True},
                "name": {"type": "SINGLE_LINE_TEXT", "label": "会社名", "required": True},
                "tel": {"type": "LINK", "label": "電話番号", "protocol": "CALL"},
            },
        )
    )
