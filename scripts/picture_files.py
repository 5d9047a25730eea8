"""Pictures as files: reduced to few colours, and left alone where nothing worth showing changed."""

from io import BytesIO
from pathlib import Path

from PIL import Image, ImageChops

COLOURS = 48
#: Part of the pixels that may differ before a new picture takes the place of the old one: dates,
#: times and durations are others in each run.
SAME_ENOUGH = 0.004
#: Difference of a pixel, of 255, that an eye does not see.
UNSEEN = 24


def keep(path: Path, png: bytes) -> int:
    """Write the picture there, small, unless what lies there shows the same; its size in bytes."""
    with Image.open(BytesIO(png)) as image:
        shown = image.convert("RGB")
    if not (path.exists() and _shows_the_same(path, shown)):
        path.parent.mkdir(parents=True, exist_ok=True)
        few = shown.quantize(COLOURS, dither=Image.Dither.NONE)
        few.save(path, format="PNG", optimize=True)
    return path.stat().st_size


def _shows_the_same(path: Path, new: Image.Image) -> bool:
    with Image.open(path) as image:
        old = image.convert("RGB")
    if old.size != new.size:
        return False
    difference = ImageChops.difference(old, new).convert("L").histogram()
    return sum(difference[UNSEEN:]) / (new.width * new.height) < SAME_ENOUGH
