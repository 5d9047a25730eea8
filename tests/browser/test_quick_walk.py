"""Somebody new goes from `make run` to a first record, as the manual and README say."""

import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests

from manual.places import text_of
from tests.product import ROOT, Product

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("up"), pytest.mark.timeout(300)]

MOST_CLICKS = 12
#: Three minutes for a person; a machine reads nothing and types at once.
MOST_SECONDS = 180
STEP = re.compile(r"^\d\. (.+)$", re.MULTILINE)
BUTTON = re.compile(r"［(.+?)］")


class Newcomer:
    """Presses what is written, and counts; a field is clicked before it is filled in, too."""

    def __init__(self, page: "Page") -> None:
        self.page = page
        self.clicks = 0

    def click(self, target: "Locator") -> None:
        """One click."""
        target.click()
        self.clicks += 1

    def fill(self, label: str, text: str) -> None:
        """A click into the field, then typing."""
        self.click(self.page.get_by_label(label))
        self.page.keyboard.type(text)

    def press(self, name: str) -> None:
        """The button or link of that name."""
        button = self.page.get_by_role("button", name=name, exact=True)
        self.click(button.or_(self.page.get_by_role("link", name=name, exact=True)))


@pytest.fixture
def product(tmp_path: Path) -> Iterator[Product]:
    """What `make run` starts, in an empty folder."""
    running = Product(tmp_path)
    yield running
    running.stop()


@pytest.fixture
def page(chromium: Any) -> Iterator["Page"]:
    """A browser that has never been here."""
    context = chromium.new_context(locale="ja-JP")
    yield context.new_page()
    context.close()


def written_steps(text: str) -> list[str]:
    """The steps of the first numbered list."""
    begun = text[text.index("\n1. ") + 1 :]
    return STEP.findall(begun.partition("\n\n")[0])


def pressed_in(steps: list[str]) -> list[str]:
    """The buttons that the steps name, in order."""
    return [name for step in steps for name in BUTTON.findall(step)]


def test_a_first_record_arrives_within_twelve_clicks_and_three_minutes(
    product: Product, page: "Page"
) -> None:
    steps = written_steps(text_of("start", "ja"))
    newcomer = Newcomer(page)
    begun = time.monotonic()

    page.goto(product.address)
    newcomer.fill("ユーザー名", product.find(r"ユーザー名：(\S+)"))
    newcomer.fill("パスワード", product.find(r"パスワード：(\S+)"))
    for step in steps:
        if "1件を選択" in step:
            newcomer.click(page.locator("a.match").first)
        for name in BUTTON.findall(step):
            newcomer.press(name)
    page.locator("#trial-result").get_by_text("正常に処理が行われました。").wait_for()

    seconds = time.monotonic() - begun
    print(f"{newcomer.clicks} clicks, {seconds:.1f} s")
    assert newcomer.clicks <= MOST_CLICKS
    assert seconds < MOST_SECONDS
    assert _records_in_practice_kintone(product) == 1


def _records_in_practice_kintone(product: Product) -> int:
    sandbox = product.find(r"kintoneの代わりのサンドボックス：(\S+)/\n")
    apps = requests.get(f"{sandbox}/sandbox/state", timeout=10).json()["apps"]
    return sum(int(app["records"]) for app in apps)


def test_readme_names_the_same_buttons_as_the_manual() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    section = readme[readme.index("## Three minutes") :]

    manual = pressed_in(written_steps(text_of("start", "ja")))

    assert pressed_in(written_steps(section)) == manual
    assert len(manual) == 7
