"""Chooses a field for an item on the mapping page, with script or without."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page


def choice_of(page: "Page", item: str) -> "Locator":
    """What a person sees of the item's choice; its row is unfolded."""
    select = page.locator(f'select[name="to:{item}"]')
    if page.locator(f'#unmapped:not([open]) select[name="to:{item}"]').count():
        page.locator("#unmapped > summary").click()
    if select.is_visible():
        return select
    return page.locator("tr", has=select).get_by_role("combobox").first


def choose(page: "Page", item: str, path: str) -> None:
    """Choose the field by mouse; "" for none."""
    choice = choice_of(page, item)
    if choice.evaluate("one => one.tagName") == "SELECT":
        choice.select_option(path)
        return
    choice.click()
    page.locator(f'.combo-list [data-path="{path}"]').click()
