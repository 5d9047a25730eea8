"""What a browser shows in which no script runs."""

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from jobs.states import RunStatus
from tests.flows.conftest import company_mapping, run_now  # noqa: F401 — a fixture

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

    from mapping.models import Mapping

pytestmark = pytest.mark.browser


@pytest.fixture
def plain(page: "Page", chromium: "Browser") -> "Iterator[Page]":
    """A browser without scripts, in which the administrator has signed in."""
    context = chromium.new_context(
        base_url=page.evaluate("location.origin"),
        storage_state=page.context.storage_state(),
        java_script_enabled=False,
        viewport={"width": 390, "height": 800},
        locale="ja-JP",
    )
    yield context.new_page()
    context.close()


def test_the_menu_opens_and_leads_on(plain: "Page") -> None:
    plain.goto("/")

    plain.get_by_role("button", name="メニュー").click()
    plain.get_by_role("link", name="顧客データ").click()

    expect(plain.get_by_role("heading", level=1, name="顧客データ")).to_be_visible()


def test_nothing_says_that_it_renews_itself(plain: "Page", company_mapping: "Mapping") -> None:  # noqa: F811
    run = run_now(company_mapping)
    type(run).objects.filter(pk=run.pk).update(status=RunStatus.RUNNING)
    plain.goto(f"/runs/{run.pk}/")

    expect(plain.get_by_role("link", name="最新の状態を表示")).to_be_visible()
    expect(plain.get_by_text("自動更新中")).to_be_hidden()
    expect(plain.get_by_role("button", name="停止", exact=True)).to_be_hidden()
