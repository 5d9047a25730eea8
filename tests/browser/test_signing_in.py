"""Two-factor authentication in a real browser, from setting it up to losing the app."""

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from crm.models import Account
from signin import factors
from signin.models import SecondFactor
from tests.conftest import PASSWORD
from tests.signin.conftest import code_of, give_factor

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser, Page
    from pytest_django.live_server_helper import LiveServer

pytestmark = pytest.mark.browser

QR_SIZE = 100


def sign_in(page: "Page", name: str = "kanri") -> None:
    """Name and password, by keyboard alone."""
    page.goto("/account/")
    page.get_by_label("ユーザー名").focus()
    page.keyboard.type(name)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")


def give(page: "Page", code: str) -> None:
    page.locator("#id_code").fill(code)
    page.keyboard.press("Enter")


def sign_out(page: "Page") -> None:
    page.get_by_role("button", name="サインアウト", exact=True).click()
    page.get_by_role("heading", level=1, name="サインイン").wait_for()


def wait_for_heading(page: "Page", name: str) -> None:
    page.get_by_role("heading", level=1, name=name, exact=True).wait_for()


def assert_open_to_all(page: "Page") -> None:
    """axe finds nothing, in either theme, at a desk and on a phone."""
    for scheme, width in (("light", 1280), ("dark", 390)):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        page.set_viewport_size({"width": width, "height": 800})
        assert [one["id"] for one in Axe().run(page).response["violations"]] == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def free_the_code() -> None:
    """The code that was just used is good once more, so that no test waits for half a minute."""
    SecondFactor.objects.update(last_step=0)


def set_up(page: "Page") -> str:
    """The key, once the app is confirmed and the recovery codes are shown."""
    page.get_by_role("link", name="2要素認証を設定").click()
    page.get_by_role("button", name="設定を始める").click()
    wait_for_heading(page, "2要素認証の設定")
    key = page.locator("#key").inner_text()
    give(page, code_of(key))
    wait_for_heading(page, "リカバリーコード")
    return key


def test_the_whole_way_from_setting_it_up_to_a_recovery_code(
    transactional_db: None, browser_page: "Page", administrator: Account, tmp_path: "Path"
) -> None:
    page = browser_page
    sign_in(page)
    wait_for_heading(page, "自分のアカウント")
    key = set_up(page)
    assert_open_to_all(page)
    codes = page.locator(".recovery-codes .code").all_inner_texts()
    with page.expect_download() as saving:
        page.get_by_role("link", name="ファイルに保存").click()
    file = tmp_path / "codes.txt"
    saving.value.save_as(file)
    assert saving.value.suggested_filename == "hpsync-recovery-codes.txt"
    assert set(codes) <= set(file.read_text(encoding="utf-8").split())
    assert page.get_by_role("button", name="印刷").is_visible()
    sign_out(page)

    used = code_of(key)
    sign_in(page)
    wait_for_heading(page, "2要素認証")
    assert_open_to_all(page)
    give(page, used)
    page.get_by_text("この確認コードは使用済みです。").first.wait_for()
    assert_open_to_all(page)
    assert page.evaluate("document.activeElement.id") == "error-summary"
    for _ in range(3):
        give(page, "000000")
        page.get_by_text("確認コードが正しくありません。").first.wait_for()
    free_the_code()
    give(page, code_of(key))
    wait_for_heading(page, "自分のアカウント")
    sign_out(page)

    sign_in(page)
    page.get_by_role("link", name="リカバリーコードを使用").click()
    assert_open_to_all(page)
    give(page, codes[0])
    page.get_by_text("残りは9個です。").wait_for()
    assert page.get_by_text("成功（リカバリーコード）").is_visible()
    assert page.get_by_text("失敗（使用済みの確認コード）").is_visible()


def test_the_qr_code_is_drawn_on_light_ground_in_the_dark(
    transactional_db: None, browser_page: "Page", administrator: Account
) -> None:
    page = browser_page
    page.emulate_media(color_scheme="dark")
    sign_in(page)
    page.get_by_role("link", name="2要素認証を設定").click()
    page.get_by_role("button", name="設定を始める").click()
    drawing = page.locator(".qr svg")

    box = drawing.bounding_box()
    assert box
    assert box["width"] >= QR_SIZE
    assert drawing.locator("path[fill='#fff'], path[stroke='#fff']").count() == 1
    assert drawing.locator("path[stroke='#000']").count() == 1


@pytest.mark.parametrize("with_script", [True, False])
def test_the_password_is_asked_for_again_and_the_form_is_carried_out(
    transactional_db: None,
    chromium: "Browser",
    live_server: "LiveServer",
    administrator: Account,
    settings: Any,
    with_script: bool,
) -> None:
    settings.PASSWORD_AGAIN_AFTER = timedelta()
    context = chromium.new_context(
        base_url=live_server.url, locale="ja-JP", java_script_enabled=with_script
    )
    page = context.new_page()
    sign_in(page)
    wait_for_heading(page, "自分のアカウント")
    page.goto("/customers/accounts/add/")
    page.get_by_label("ユーザー名").fill("hanako")
    page.get_by_label("パスワード").fill("とても長い合言葉です2026")
    page.keyboard.press("Enter")
    wait_for_heading(page, "パスワードの確認")
    if with_script:
        assert_open_to_all(page)
    page.get_by_label("パスワード").fill("wrong")
    page.keyboard.press("Enter")
    page.get_by_text("パスワードが正しくありません。").first.wait_for()
    page.get_by_label("パスワード").fill(PASSWORD)
    page.keyboard.press("Enter")

    page.get_by_text("ユーザー「hanako」を追加しました。").wait_for()
    context.close()
    assert Account.objects.get(username="hanako").check_password("とても長い合言葉です2026")


def test_without_script_every_step_works(
    transactional_db: None, chromium: "Browser", live_server: "LiveServer", administrator: Account
) -> None:
    context = chromium.new_context(
        base_url=live_server.url, locale="ja-JP", java_script_enabled=False
    )
    page = context.new_page()
    sign_in(page)
    key = set_up(page)
    assert not page.get_by_role("button", name="印刷").is_visible()
    sign_out(page)
    free_the_code()
    sign_in(page)
    give(page, code_of(key))
    wait_for_heading(page, "自分のアカウント")
    context.close()

    assert factors.factor_of(administrator)


def test_a_password_manager_finds_its_fields(
    transactional_db: None, browser_page: "Page", administrator: Account
) -> None:
    give_factor(administrator)
    page = browser_page
    page.goto("/sign-in/")
    assert page.locator("input[autocomplete=username]").count() == 1
    assert page.locator("input[autocomplete=current-password]").count() == 1
    sign_in(page)
    field = page.locator("input[autocomplete='one-time-code']")
    assert field.get_attribute("inputmode") == "numeric"
    assert page.locator("main input:visible").count() == 1

    # Pasting is not hindered, also with the space in the middle that apps show.
    field.focus()
    page.evaluate("document.execCommand('insertText', false, '123 456')")
    assert re.sub(r"\D", "", field.input_value()) == "123456"
