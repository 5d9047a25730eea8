"""Every screen looks as it did when somebody looked at it last.

    make pictures                                          accept how screens look now
    WALK=full pytest tests/browser/test_pictures.py        all of them; else each in one of the ways

Where a screen looks otherwise, both pictures stand side by side in `var/pictures/`, what differs in
red. If that is how it should look: `make pictures`, and look at what `git diff` then shows.
"""

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from tests.browser.picturing import ROOT, TALLEST, VARIANTS, Shot, looks_alike, marked, take
from tests.screens.listed import SCREENS, Screen

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

    from tests.screens.world import World

pytestmark = pytest.mark.browser

#: Accept how screens look, instead of comparing.
ACCEPTS = os.environ.get("PICTURES") == "accept"
FULL = ACCEPTS or os.environ.get("WALK") == "full"
KEPT = Path(__file__).parent / "pictures"
COLOURS = KEPT / "colours.json"
DIFFERENCES = ROOT / "var" / "pictures"
#: The manual's text has pictures of its own; the API's document is drawn by Swagger UI.
PICTURED = [
    one
    for one in SCREENS
    if one.view != "api-docs" and (one.view != "manual:page" or one.name == "manual-start")
]


@pytest.mark.timeout(900)
def test_every_screen_looks_as_it_did(visitor: "Page", still_world: "World") -> None:
    known = json.loads(COLOURS.read_text()) if COLOURS.exists() else {}

    if ACCEPTS:
        accept(dict(taken(visitor, still_world)))
        return
    changed = []
    for name, shot in taken(visitor, still_world):
        assert name in known, "Screens are new: make pictures"
        if not is_known(name, shot, known):
            # A busy machine may have drawn it only in part.
            visitor.wait_for_timeout(1000)
            variant = next(one for one in VARIANTS if name.endswith(f"-{one}"))
            if not is_known(name, take(visitor, variant), known):
                changed.append(name)

    assert changed == [], "See var/pictures/. If that is how it should look: make pictures"


def test_no_picture_is_kept_of_a_screen_that_is_gone() -> None:
    names = {f"{screen.name}-{variant}" for screen in PICTURED for variant in VARIANTS}

    assert {path.stem for path in KEPT.glob("*.webp")} == names
    assert set(json.loads(COLOURS.read_text())) == names


def taken(page: "Page", world: "World") -> "Iterator[tuple[str, Shot]]":
    """Each screen in each way, by the name of its picture."""
    for number, screen in enumerate(PICTURED):
        # Tall, so that what comes once it is in sight has come before any picture.
        page.set_viewport_size({"width": 1280, "height": TALLEST})
        page.goto(screen.address(world))
        if fills_itself(screen):
            page.wait_for_load_state("networkidle")
        for variant in VARIANTS if FULL else [VARIANTS[number % len(VARIANTS)]]:
            yield f"{screen.name}-{variant}", take(page, variant)


def fills_itself(screen: Screen) -> bool:
    """Whether parts of it come by themselves once it is there."""
    return screen.view in {"crm:record", "mapping:edit", "jobs:trial"}


def is_known(name: str, shot: Shot, known: dict[str, list[str]]) -> bool:
    """Whether it looks as it did; else both pictures are written side by side."""
    path = file_of(name)
    if not path.exists():
        return False
    with Image.open(path) as image:
        old = image.convert("RGB")
    if looks_alike(old, shot.image) and known.get(name) == list(shot.colours):
        return True
    DIFFERENCES.mkdir(parents=True, exist_ok=True)
    marked(old, shot.image).save(DIFFERENCES / f"{name}.png")
    return False


def accept(shots: dict[str, Shot]) -> None:
    """Keep them; files that look alike stay as they are."""
    KEPT.mkdir(exist_ok=True)
    for path in set(KEPT.glob("*.webp")) - {file_of(name) for name in shots}:
        path.unlink()
    for name, shot in shots.items():
        path = file_of(name)
        if path.exists():
            with Image.open(path) as image:
                if looks_alike(image.convert("RGB"), shot.image):
                    continue
        path.write_bytes(shot.file)
    found = {name: list(shots[name].colours) for name in sorted(shots)}
    COLOURS.write_text(json.dumps(found, indent=0) + "\n")


def file_of(name: str) -> Path:
    return KEPT / f"{name}.webp"
