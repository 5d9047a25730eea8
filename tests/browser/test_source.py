"""An administrator sets up the Hot Profile that data comes from, and watches it come in."""

from typing import TYPE_CHECKING

import pytest

from crm.models import Lead
from jobs import tasks
from pulls.models import Pull
from tests.fixtures.hotprofile import Source

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser


def test_from_an_empty_page_to_customers(
    page: "Page", hotprofile: Source, rung_for_pulls: list[int]
) -> None:
    hotprofile.add_lead(hotprofile.add_company(name="株式会社青葉商事"), family_name="佐藤")
    page.get_by_role("link", name="ホットプロファイル連携元").click()
    page.get_by_label("ホスト名").fill(f"{hotprofile.url}/clients/1")
    page.get_by_label("APIキー").fill("wrong")
    page.get_by_role("button", name="接続テスト").click()
    page.get_by_text("APIキーが正しくありません").wait_for()

    page.get_by_text("APIキーを変更").click()
    page.get_by_label("新しいAPIキー").fill(hotprofile.api_key)
    page.get_by_role("button", name="接続テスト").click()
    page.get_by_text("会社1件、リード1件を参照できます。").wait_for()
    page.get_by_role("button", name="保存", exact=True).click()
    page.get_by_role("button", name="今すぐ取り込む").click()
    page.get_by_text("取り込みの開始を待っています。").wait_for()

    # What is typed meanwhile stays when the state above it is fetched again.
    page.get_by_label("通知先メールアドレス").fill("ops@example.com")
    tasks.pull(rung_for_pulls.pop())
    row = page.locator(f"#pull-{Pull.objects.get().pk}")
    row.get_by_text("完了").wait_for()

    assert page.get_by_label("通知先メールアドレス").input_value() == "ops@example.com"
    assert Lead.objects.get().company.name == "株式会社青葉商事"
    page.get_by_role("link", name="顧客データ").click()
    page.get_by_role("link", name="株式会社青葉商事").wait_for()
