"""Every screen through axe, in both languages, themes and widths; nothing sideways."""

import os
from typing import TYPE_CHECKING, Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser.walking import speak
from tests.screens.listed import SCREENS
from tests.screens.world import World

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]

FULL = os.environ.get("WALK") == "full"
#: Language, theme and width; with WALK=full all that there are.
WAYS = [
    (language, scheme, width)
    for language in ("ja", "en")
    for scheme in ("light", "dark")
    for width in (1280, 390)
    if FULL or (language, scheme, width) in {("ja", "light", 390), ("en", "dark", 1280)}
]
#: The API's document has a test of its own (`test_api_docs.py`); the manual's pages are alike.
ELSEWHERE = {"api-docs"}


def addresses(world: World) -> list[str]:
    """Every screen; of the manual's pages two, unless all are wanted."""
    return [
        screen.address(world)
        for screen in SCREENS
        if screen.view not in ELSEWHERE
        and (FULL or screen.view != "manual:page" or screen.name in MANUAL)
    ]


MANUAL = {"manual-start", "manual-failures"}


@pytest.mark.parametrize(("language", "scheme", "width"), WAYS)
def test_no_screen_shuts_anybody_out(
    visitor: "Page", still_world: World, language: str, scheme: Any, width: int
) -> None:
    visitor.emulate_media(color_scheme=scheme)
    speak(visitor, language)
    visitor.set_viewport_size({"width": width, "height": 800})

    found = {}
    for address in addresses(still_world):
        visitor.goto(address)
        violations = Axe().run(visitor).response["violations"]
        if violations:
            found[address] = [
                (one["id"], [node["html"][:160] for node in one["nodes"][:3]]) for one in violations
            ]

    assert found == {}


@pytest.mark.parametrize("width", [320, 390, 752, 1280])
def test_no_screen_scrolls_sideways(visitor: "Page", still_world: World, width: int) -> None:
    visitor.set_viewport_size({"width": width, "height": 800})

    too_wide = []
    for address in addresses(still_world):
        visitor.goto(address)
        if visitor.evaluate("document.documentElement.scrollWidth") > width:
            too_wide.append(address)

    assert too_wide == []


def test_at_390_everything_that_is_pressed_is_large_enough(
    visitor: "Page", still_world: World
) -> None:
    visitor.set_viewport_size({"width": 390, "height": 800})
    boxes = """
        [...document.querySelectorAll("button, a.button, input, select, summary")]
        .filter(one => one.offsetParent)
        .filter(one => !["checkbox", "radio"].includes(one.type))
        .filter(one => one.getBoundingClientRect().height < 44)
        .map(one => one.outerHTML.slice(0, 120))
    """

    small = {}
    for address in addresses(still_world):
        visitor.goto(address)
        if found := visitor.evaluate(boxes):
            small[address] = found

    assert small == {}
