"""Takes pictures of screens, and says whether one still looks as it did.

A picture is kept at half its size and is compared by the mean colour of small squares, so that a
change in how a font is drawn goes unnoticed, and a block that moved or words that are missing do
not. A changed shade of text hardly moves a mean: so it is also kept which of the style's colours
(`static/hpsync.css`) are to be seen.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from PIL import Image, ImageChops

if TYPE_CHECKING:
    from playwright.sync_api import Page

ROOT = Path(__file__).parents[2]
#: How much smaller than the screen a picture is kept.
SCALE: Final = 2
#: Of the file, in WebP: all pictures together take less than 4 MB.
QUALITY: Final = 28
#: Edge of the squares that are compared, in pixels of the kept picture.
SQUARE: Final = 8
#: How far the means of two squares may be from each other, of 255, in any of red, green and blue.
UNSEEN: Final = 14
#: So many squares may be further: the edge of a letter that is drawn elsewhere.
STRAY: Final = 2
#: Pixels of exactly one colour that are no accident.
SEEN: Final = 60
#: Pages are long; what is further down is like what is above it.
TALLEST: Final = 2600
#: … once it was drawn twice.
_HEIGHT: Final = """
() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(
    () => done(document.documentElement.scrollHeight))))
"""
_TOKEN: Final = re.compile(r"--[\w-]+: (#[0-9a-f]{6});")


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """How a screen is looked at."""

    width: int
    scheme: Literal["light", "dark"]

    def __str__(self) -> str:
        return f"{self.width}-{self.scheme}"


VARIANTS: Final = (
    Variant(width=1280, scheme="light"),
    Variant(width=390, scheme="light"),
    Variant(width=1280, scheme="dark"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """What a screen looks like: the picture as it is kept, the colours of the style seen on it."""

    image: Image.Image
    file: bytes
    colours: tuple[str, ...]


def take(page: "Page", variant: Variant) -> Shot:
    """The page that is open there, in whole, in that way."""
    page.emulate_media(color_scheme=variant.scheme)
    height = 800
    page.set_viewport_size({"width": variant.width, "height": height})
    # As tall as the page: then what sticks to the lower edge covers nothing. A page may still grow
    # when it is drawn.
    while (found := page.evaluate(_HEIGHT)) > height and height < TALLEST:
        height = min(found, TALLEST)
        page.set_viewport_size({"width": variant.width, "height": height})
    with Image.open(BytesIO(page.screenshot(animations="disabled"))) as taken:
        whole = taken.convert("RGB")
    small = whole.resize((whole.width // SCALE, whole.height // SCALE), Image.Resampling.BOX)
    # As the file will have it: what is lost by that is no difference.
    small.save(file := BytesIO(), "WEBP", quality=QUALITY, method=4)
    with Image.open(file) as read:
        small = read.convert("RGB")
    return Shot(image=small, file=file.getvalue(), colours=_colours_on(whole))


def differing(old: Image.Image, new: Image.Image) -> list[tuple[int, int]]:
    """The squares, by column and row, that do not look alike; what one of them lacks differs."""
    one, other = _means(old), _means(new)
    width, height = max(one.width, other.width), max(one.height, other.height)
    box = (0, 0, width, height)
    difference = ImageChops.difference(one.crop(box), other.crop(box))
    strongest = _strongest(difference)
    return [
        (place % width, place // width)
        for place, value in enumerate(strongest.tobytes())
        if value > UNSEEN
    ]


def looks_alike(old: Image.Image, new: Image.Image) -> bool:
    """Whether nobody would see a difference."""
    return old.size == new.size and len(differing(old, new)) <= STRAY


def marked(old: Image.Image, new: Image.Image) -> Image.Image:
    """Both side by side, with what differs in red on the new one."""
    shown = new.copy()
    red = Image.new("RGB", (SQUARE, SQUARE), (255, 0, 0))
    for column, row in differing(old, new):
        place = (column * SQUARE, row * SQUARE)
        under = shown.crop((*place, place[0] + SQUARE, place[1] + SQUARE))
        shown.paste(Image.blend(under, red, 0.4), place)
    sheet = Image.new("RGB", (old.width + shown.width + 8, max(old.height, shown.height)))
    sheet.paste(old, (0, 0))
    sheet.paste(shown, (old.width + 8, 0))
    return sheet


def _means(image: Image.Image) -> Image.Image:
    """A pixel for each square."""
    size = (-(-image.width // SQUARE), -(-image.height // SQUARE))
    padded = image.crop((0, 0, size[0] * SQUARE, size[1] * SQUARE))
    return padded.resize(size, Image.Resampling.BOX)


def _strongest(image: Image.Image) -> Image.Image:
    red, green, blue = image.split()
    return ImageChops.lighter(ImageChops.lighter(red, green), blue)


def _colours_on(image: Image.Image) -> tuple[str, ...]:
    counted = image.getcolors(maxcolors=image.width * image.height) or []
    seen = {
        "#" + bytes(colour).hex()
        for number, colour in counted
        if number >= SEEN and isinstance(colour, tuple)
    }
    return tuple(sorted(seen & set(_tokens())))


@cache
def _tokens() -> Iterable[str]:
    css = (ROOT / "static" / "hpsync.css").read_text(encoding="utf-8")
    return frozenset(_TOKEN.findall(css))
