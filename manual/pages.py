"""The pages of the manual as they are shown, each rendered once for each language."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from django.utils import translation
from django.utils.functional import Promise

from manual.contents import CHAPTERS, SLUGS
from manual.places import LANGUAGES, text_of
from manual.rendering import Rendered, render


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page, and its place among the others."""

    slug: str
    shown: Rendered


@dataclass(frozen=True, slots=True, kw_only=True)
class ChapterOfPages:
    """A heading of the table of contents with its pages."""

    title: Promise
    pages: Sequence[Page]


def language() -> str:
    """The language of the reader, or Japanese where there is no manual in it."""
    chosen = (translation.get_language() or "").partition("-")[0]
    return chosen if chosen in LANGUAGES else LANGUAGES[0]


@cache
def page_of(slug: str, language: str) -> Page:
    """The page of that name.

    Raises:
        KeyError: there is none.
    """
    if slug not in SLUGS:
        raise KeyError(slug)
    return Page(slug=slug, shown=render(text_of(slug, language)))


@cache
def chapters(language: str) -> Sequence[ChapterOfPages]:
    """The table of contents."""
    return tuple(
        ChapterOfPages(
            title=chapter.title, pages=tuple(page_of(slug, language) for slug in chapter.slugs)
        )
        for chapter in CHAPTERS
    )


def neighbours(slug: str, language: str) -> tuple[Page | None, Page | None]:
    """The pages before and after."""
    place = SLUGS.index(slug)
    before = page_of(SLUGS[place - 1], language) if place else None
    after = page_of(SLUGS[place + 1], language) if place + 1 < len(SLUGS) else None
    return before, after
