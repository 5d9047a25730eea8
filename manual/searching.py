"""Search in the manual by plain words."""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from manual.pages import Page, chapters
from manual.rendering import Section

#: Characters around the first word that was found.
AROUND = 60
_KATAKANA = range(ord("ァ"), ord("ヶ") + 1)
_TO_HIRAGANA = ord("ぁ") - ord("ァ")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A section that has all the words; `excerpt` is cut into (words, whether they were sought)."""

    page: Page
    section: Section
    excerpt: Sequence[tuple[str, bool]]


def find(words: str, language: str) -> list[Hit]:
    """Sections in which every word stands, those with the words in their heading first.

    Width, case, hiragana and katakana, and a long vowel sign more or less make no difference.
    """
    # Half-width kana and their marks are one character only together.
    plain = unicodedata.normalize("NFKC", words)
    sought = [folded for word in plain.split() if (folded := _fold(word)[0])]
    if not sought:
        return []
    found = [
        (_rank(section, sought), Hit(page=page, section=section, excerpt=_excerpt(section, sought)))
        for page, section in _all_sections(language)
        if all(word in _fold(f"{page.shown.title} {_words(section)}")[0] for word in sought)
        and any(word in _fold(_words(section))[0] for word in sought)
    ]
    return [hit for _, hit in sorted(found, key=lambda one: one[0])]


def _all_sections(language: str) -> Iterator[tuple[Page, Section]]:
    for chapter in chapters(language):
        for page in chapter.pages:
            for section in page.shown.sections:
                yield page, section


def _words(section: Section) -> str:
    return f"{section.heading} {section.text}"


def _rank(section: Section, sought: Sequence[str]) -> tuple[int, bool]:
    """First where the heading says it all, and of those the titles of pages."""
    heading = _fold(section.heading)[0]
    return sum(word not in heading for word in sought), bool(section.anchor)


def _excerpt(section: Section, sought: Sequence[str]) -> list[tuple[str, bool]]:
    """The surroundings of the first word that stands in the text, or its beginning."""
    folded, places = _fold(section.text)
    at = min((place for word in sought if (place := folded.find(word)) >= 0), default=0)
    begin = max(0, (places[at] if places else 0) - AROUND // 2)
    text = section.text[begin : begin + 2 * AROUND]
    cut = ["…" if begin else "", "…" if begin + 2 * AROUND < len(section.text) else ""]
    return [(cut[0], False), *_marked(text, sought), (cut[1], False)]


def _marked(text: str, sought: Sequence[str]) -> Iterator[tuple[str, bool]]:
    folded, places = _fold(text)
    places = [*places, len(text)]
    done = at = 0
    while at < len(folded):
        word = next((one for one in sought if folded.startswith(one, at)), "")
        if not word:
            at += 1
            continue
        yield text[done : places[at]], False
        done = places[at + len(word)]
        yield text[places[at] : done], True
        at += len(word)
    yield text[done:], False


def _fold(text: str) -> tuple[str, list[int]]:
    """The text in the form in which it is compared, and for each character where it stood."""
    folded, places = [], []
    for place, character in enumerate(text):
        for one in unicodedata.normalize("NFKC", character).casefold():
            if one == "ー":
                continue
            folded.append(chr(ord(one) + _TO_HIRAGANA) if ord(one) in _KATAKANA else one)
            places.append(place)
    return "".join(folded), places
