"""A field is renamed in kintone: an administrator sees it on the dashboard and presses once."""

from typing import TYPE_CHECKING, Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from common import clock
from integrations import connections
from mapping import mappings
from mapping.models import Mapping
from tests.builders_crm import change, make_company
from tests.flows.conftest import enabled_mapping, run_now

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser


@pytest.fixture
def renamed(kintone: Any, transactional_db: None) -> Mapping:
    """A mapping that left a field out of its last run, and of which an option is gone."""
    mapping = enabled_mapping(kintone)
    company = make_company(name="株式会社青葉商事", main_tel="03-1111-1111")
    run_now(mapping)
    kintone.rename_field(mapping.app, "tel", "telephone")
    kintone.remove_option(mapping.app, "industry", "小売業")
    with connections.client_for(mapping.connection) as client:
        mappings.read_form(mapping, client, now=clock.now())
    change(company, main_tel="03-2222-2222")
    run_now(mapping)
    return mapping


def test_a_renamed_field_is_seen_and_mended_by_one_press(
    page: "Page", kintone: Any, renamed: Mapping
) -> None:
    page.goto("/")
    notice = page.get_by_role("region", name="kintoneのフォームが変更されました")
    assert "「telephone」に変更されたと見られます。" in notice.inner_text()
    assert kintone.records(renamed.app)[0]["telephone"] == "03-1111-1111"

    button = notice.get_by_role("button", name="提案どおりに変更")
    button.focus()
    page.keyboard.press("Enter")
    page.get_by_text("提案どおりに変更しました。").wait_for()

    assert page.get_by_text("対応が必要な連携はありません。").is_visible()
    run_now(renamed)
    assert kintone.records(renamed.app)[0]["telephone"] == "03-2222-2222"


@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (1280, "light")])
def test_what_is_said_of_it_shuts_nobody_out(
    page: "Page", renamed: Mapping, width: int, scheme: Any
) -> None:
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 800})
    pk, run = renamed.pk, renamed.runs.latest("pk").pk

    for address in ("/", f"/settings/mappings/{pk}/", f"/runs/{run}/"):
        page.goto(address)
        assert "フォーム" in page.locator("main").inner_text()
        assert Axe().run(page).response["violations"] == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
