"""Every button of every screen is pressed, by keyboard alone, and something sensible comes of it.

    WALK=full pytest tests/browser/test_every_button.py    both languages, widths and themes

The everyday walk presses, in Japanese at a desk, one of each kind: of the buttons in a table's rows
the first, of those in the head of all pages each once.
"""

import os
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.walking import ACTING, PRESSED, Control, Walker, speak
from tests.screens.listed import SCREENS, Screen

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.screens.world import World

pytestmark = pytest.mark.browser

#: Pressed by a test of its own.
ELSEWHERE = {"api-docs"}
#: A search with no words shows the list that is there.
SEARCHES = {"crm:records", "crm:members", "jobs:trial"}
#: A walk that finds hardly anything to press is broken itself.
FEWEST = 100
FULL = os.environ.get("WALK") == "full"
WALKS = [("ja", 1280, "light")]
if FULL:
    WALKS += [("en", 390, "dark"), ("ja", 390, "light"), ("en", 1280, "dark")]


def once(screen: Screen, controls: list[Control], pressed: set[str]) -> list[Control]:
    """Those that no other like it was pressed of before."""
    chosen = []
    for one in controls:
        key = one.kind if one.head else f"{screen.view}|{one.kind}"
        if key not in pressed:
            pressed.add(key)
            chosen.append(one)
    return chosen


def is_search(screen: Screen, control: Control) -> bool:
    """Whether it looks for what stands in the field beside it."""
    return screen.view in SEARCHES and control.words in {"検索", "Search"}


@pytest.mark.timeout(3600)
@pytest.mark.parametrize(("language", "width", "scheme"), WALKS)
def test_every_button_does_something_sensible(
    visitor: "Page", still_world: "World", kintone: Any, language: str, width: int, scheme: Any
) -> None:
    visitor.set_viewport_size({"width": width, "height": 800})
    visitor.emulate_media(color_scheme=scheme)
    speak(visitor, language)
    walker = Walker(visitor, kintone, pressed=PRESSED if FULL else ACTING)

    wrong: dict[str, list[str]] = {}
    pressed: set[str] = set()
    for screen in SCREENS:
        if screen.view in ELSEWHERE:
            continue
        address = screen.address(still_world)
        for control in once(screen, walker.controls(address), pressed):
            found = walker.press(address, control)
            if found == ["nothing happened"] and is_search(screen, control):
                continue
            if found:
                wrong[f"{address} {control.words}"] = found

    assert wrong == {}
    assert len(pressed) > FEWEST
