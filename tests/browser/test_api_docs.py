"""An administrator makes a token and tries the API on the page that describes it."""

from typing import TYPE_CHECKING

import pytest

from tests.builders_crm import make_company

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser


def test_from_a_new_token_to_a_first_answer(page: "Page") -> None:
    make_company(external_id="C-1", name="株式会社青葉商事")
    page.get_by_role("link", name="APIトークン").click()
    page.get_by_role("link", name="APIトークンを追加").click()
    page.get_by_label("名前").fill("基幹システム")
    page.get_by_role("button", name="追加").click()
    secret = page.locator("#secret").inner_text()

    # Swagger UI is a large script: a machine that does other things takes a while over it.
    page.set_default_timeout(40_000)
    page.get_by_role("link", name="APIの説明を開く").click()
    page.get_by_role("button", name="Authorize").click()
    page.get_by_label("auth-bearer-value").fill(secret)
    page.get_by_role("button", name="Apply credentials").click()
    page.get_by_role("button", name="Close").click()
    page.get_by_text("1件のデータ", exact=True).click()
    page.get_by_role("button", name="Try it out").click()
    page.get_by_placeholder("external_id").fill("C-1")
    page.get_by_role("button", name="Execute").click()

    page.get_by_text("株式会社青葉商事").first.wait_for()
