"""Takes the pictures of the documentation from a running product, so that they stay true.

Begin with an empty variable folder, start it (`make run`), and in a second terminal:

    python scripts/screenshots.py --address http://127.0.0.1:8000 --password …

It walks the three steps with the demo's data against the sandbox (address and login as the sandbox
greets), waits until the first load has arrived, and writes `docs/images/*.png`: 1280 pixels wide,
light. Where a connection is set up already it takes the pictures of what is there.
"""

import argparse
import sys
import time
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

IMAGES = Path(__file__).resolve().parent.parent / "docs" / "images"
WIDTH, HEIGHT = 1280, 800
LARGEST = 200_000
PATIENCE_SECONDS = 90
CHROMIUM = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
#: Item → field of the sandbox's 顧客リスト (docs/sandbox.md).
COMPANY_RULES = {
    "external_id": "会社ID",
    "corporate_number": "法人番号",
    "name": "会社名",
    "name_kana": "フリガナ",
    "zip": "郵便番号",
    "pref": "都道府県",
    "address": "住所",
    "main_tel": "電話番号",
    "url": "URL",
    "business_category_kbn": "業種",
    "worker_number_kbn": "従業員数",
    "capital_kbn": "資本金",
    "ipo_kbn": "上場区分",
    "sales_last_year": "前年売上",
}


def main() -> None:
    """Take every picture; exit 1 if one is too large."""
    given = _arguments()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=given.chromium, args=CHROMIUM)
        context = browser.new_context(
            base_url=given.address,
            locale="ja-JP",
            timezone_id="Asia/Tokyo",
            color_scheme="light",
            viewport={"width": WIDTH, "height": HEIGHT},
        )
        page = context.new_page()
        _sign_in(page, user=given.user, password=given.password)
        if page.get_by_role("link", name="設定を開始").count():
            _connect(page)
            _map_and_enable(page)
        IMAGES.mkdir(parents=True, exist_ok=True)
        sizes = [_dashboard(page), _mapping(page), _run(page)]
        browser.close()
    sys.exit(max(sizes) > LARGEST)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Take the pictures of the documentation.")
    parser.add_argument("--address", default="http://127.0.0.1:8000")
    parser.add_argument("--user", default="admin")
    parser.add_argument("--password", required=True, help="as make run prints it")
    parser.add_argument("--chromium", default="/usr/bin/chromium")
    return parser.parse_args()


def _sign_in(page: Page, *, user: str, password: str) -> None:
    page.goto("/")
    page.get_by_label("ユーザー名").fill(user)
    page.get_by_label("パスワード").fill(password)
    page.get_by_role("button", name="サインイン").click()
    page.get_by_role("button", name="サインアウト").wait_for()


def _connect(page: Page) -> None:
    """Step 1, into the sandbox."""
    page.get_by_role("link", name="設定を開始").click()
    page.get_by_label("接続名").fill("本番")
    page.get_by_label("サブドメイン").fill("demo")
    page.locator("[name=login]").fill("sync")
    page.locator("[name=password]").fill("kintone-demo")
    page.locator("[name=apps-0-app]").fill("1")
    page.get_by_role("button", name="読み込み", exact=True).click()


def _map_and_enable(page: Page) -> None:
    """Steps 2 and 3 for companies, and a first load of all of them."""
    page.get_by_role("link", name="会社 → 顧客リスト", exact=True).click()
    for item, field in COMPANY_RULES.items():
        page.locator(f'select[name="to:{item}"]').select_option(field)
    page.locator('input[name="key"][value="external_id"]').check()
    page.get_by_role("button", name="保存して次へ").click()
    page.get_by_label("会社情報の連携を行う").check()
    page.locator('input[name="existing"][value="send"]').check()
    page.get_by_role("button", name="登録", exact=True).click()
    page.get_by_role("heading", level=1, name="データ処理").wait_for()


def _dashboard(page: Page) -> int:
    """Once nothing waits any more."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    page.goto("/runs/")
    while page.locator("#runs[data-polled]").count() and time.monotonic() < deadline:
        time.sleep(1)
        page.goto("/runs/")
    page.goto("/")
    return _take(page, "dashboard")


def _mapping(page: Page) -> int:
    """Step 2 of the first mapping."""
    page.goto("/settings/")
    page.get_by_role("link", name="項目のマッピング").first.click()
    page.locator("#mapping-form").wait_for()
    return _take(page, "mapping")


def _run(page: Page) -> int:
    """The newest run with failed records, or the newest of all."""
    page.goto("/runs/?status=partial")
    if not page.locator("#runs tbody a").count():
        page.goto("/runs/")
    page.locator("#runs tbody a").first.click()
    page.locator("#report").wait_for()
    return _take(page, "run")


def _take(page: Page, name: str) -> int:
    """What a person sees without scrolling; returns the size of the file."""
    path = IMAGES / f"{name}.png"
    page.mouse.move(0, 0)
    page.screenshot(path=path, animations="disabled")
    size = path.stat().st_size
    print(f"{path.name}: {size // 1000} kB")
    return size


if __name__ == "__main__":
    main()
