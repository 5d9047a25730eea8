"""Where the pages of the manual lie, and the pictures that they show."""

from pathlib import Path

FOLDER = Path(__file__).resolve().parent / "pages"
PICTURES = Path(__file__).resolve().parent / "static" / "manual"
#: How a page names a picture, so that it is seen also where the files are read as they are.
PICTURE_PREFIX = "../../static/"
LANGUAGES = ("ja", "en")


def text_of(slug: str, language: str) -> str:
    """The Markdown of one page."""
    return (FOLDER / language / f"{slug}.md").read_text(encoding="utf-8")
