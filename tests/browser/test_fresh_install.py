"""Tenant → hpsync → kintone by hand in Chromium, through a fault of each kind.

INSTALLATION=full pytest tests/browser/test_fresh_install.py   as `tests/flows/fresh`
"""

import re
from typing import TYPE_CHECKING

import pytest

from jobs.models import LedgerEntry
from jobs.states import EntryState
from pulls.models import Pull
from sandbox.hotprofile.demo import churn
from sandbox.hotprofile.world import Tenant
from tests.fixtures.installation import CHANGES, LEADS, Installation
from tests.fixtures.kintone import Kintone
from tests.flows.fresh.customers import Target
from tests.flows.fresh.trouble import (
    SYNC_USER,
    hide_leads,
    slots_until,
    spoil_kintone,
    spoil_tenant,
)

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.timeout(3600)]

#: What people call each record type, and what some of the tenant's records have in their names.
TYPES = {"会社": "株式会社", "部署": "部", "リード": "佐藤"}
ALL_WELL = "対応が必要な連携はありません。"


def set_up_tenant(page: "Page", installation: Installation) -> None:
    """Where customers come from."""
    page.get_by_role("link", name="ホットプロファイル連携元").click()
    page.get_by_label("ホスト名").fill(installation.hotprofile.host)
    page.get_by_label("APIキー").fill(installation.hotprofile.api_key)
    page.get_by_role("button", name="保存", exact=True).click()
    page.get_by_role("button", name="今すぐ取り込む").click()
    page.get_by_text("取り込みの開始を待っています。").wait_for()


def set_up_connection(page: "Page", kintone: Kintone, target: Target) -> None:
    """Step 1, with an app for each record type."""
    page.goto("/")
    page.get_by_role("link", name="設定を開始").click()
    page.get_by_label("接続名").fill("本番")
    page.get_by_label("サブドメイン").fill("demo")
    page.locator("[name=login]").fill(kintone.login)
    page.locator("[name=password]").fill(kintone.password)
    member = page.locator("[name=sync_user] option", has_text=SYNC_USER).get_attribute("value")
    page.locator("[name=sync_user]").select_option(member)
    for number, app in enumerate(target.apps.values()):
        page.locator(f"[name=apps-{number}-app]").fill(str(app))
    page.get_by_role("button", name="読み込み", exact=True).click()
    page.get_by_text("読み込みに成功しました").wait_for()


def map_and_enable(page: "Page", name: str, *, words: str) -> None:
    """Steps 2 and 3 of one mapping: the rules that are proposed, a test with what is found."""
    page.get_by_role("link", name="kintone連携設定", exact=True).click()
    row = page.get_by_role("row").filter(has_text=f"{name} →")
    row.get_by_role("link", name="項目のマッピング").click()
    page.get_by_role("button", name="選択した候補を取り入れる").click()
    page.get_by_role("button", name="保存して次へ").click()
    page.get_by_label(f"テストする{name}").fill(words)
    page.get_by_role("button", name="検索").click()
    page.locator(".matches[data-say] a.match").first.click()  # of those that were found
    page.get_by_role("button", name="テスト", exact=True).click()
    page.locator("#trial-result").get_by_text("正常に処理が行われました。").wait_for()
    page.get_by_label(f"{name}情報の連携を行う").check()
    page.get_by_role("button", name="登録", exact=True).click()
    page.get_by_text("連携を有効にしました。").wait_for()


def load_all(page: "Page") -> None:
    """全件連携 of the mapping that was enabled just now."""
    page.get_by_role("link", name="既存データをすべて連携（全件連携）").click()
    page.get_by_role("button", name="全件連携を開始").click()
    page.get_by_role("heading", level=1, name=re.compile("データ処理")).wait_for()


def test_a_fresh_install_brings_exactly_what_is_visible_to_kintone_whatever_fails(
    page: "Page", installation: Installation, customers_at_tenant: Tenant, kintone: Kintone
) -> None:
    tenant = customers_at_tenant
    target = Target.in_kintone(kintone)
    spoil_tenant(installation)
    set_up_tenant(page, installation)
    installation.until(lambda: Pull.objects.filter(leads__gte=LEADS // 4).exists())
    installation.kill_worker()
    installation.hotprofile.served.delay = 0
    installation.until(lambda: not Pull.objects.filter(status__in=Pull.ACTIVE).exists())
    page.get_by_text("完了").first.wait_for()
    visible = hide_leads(installation, tenant)

    set_up_connection(page, kintone, target)
    for name, words in TYPES.items():
        map_and_enable(page, name, words=words)
        if name == "リード":
            spoil_kintone(installation)
        load_all(page)
        installation.settle()
    page.goto("/")
    assert page.get_by_text(ALL_WELL).count() == 0
    slots_until(installation, lambda: target.holds_leads_of(tenant, numbers=visible))
    assert not installation.wire.has_more_to_do
    page.goto("/")
    page.get_by_text(ALL_WELL).wait_for()

    assert target.holds_companies_of(tenant)
    assert target.holds_leads_of(tenant, numbers=visible)
    assert not LedgerEntry.objects.filter(state=EntryState.FAILED).exists()
    before = target.revisions()
    changed = churn(tenant, changes=CHANGES)
    installation.slot()
    assert target.moved_since(before) == {
        "company": {str(number) for number in changed["clients"]},
        "department": set(),
        "lead": {str(number) for number in changed["leads"] if number in visible},
    }
