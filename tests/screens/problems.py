"""Which problems a text tells of, by the words that they are told in."""

import html
import re
from collections.abc import Iterator
from functools import cache

from django.utils import translation

from jobs.notices.words import WORDS as NOTICES
from mapping.words import DRIFT, MAPPING, REFUSALS, RUNS, VALUES
from pulls.words import WORDS as PULLS

_PLACEHOLDER = re.compile(r"%\(\w+\)s")
_TAGS_AND_SPACES = re.compile(r"<[^>]*>|\s+")


@cache
def wordings() -> dict[str, list[list[str]]]:
    """Code of every problem → its bodies in Japanese, as the pieces that always stand in them.

    Those of pulls begin with `pull.`: some are called as those of runs are.
    """
    with translation.override("ja"):
        return {code: [_pieces(body) for body in bodies] for code, bodies in _bodies()}


def _bodies() -> Iterator[tuple[str, list[str]]]:
    for table in (VALUES, MAPPING, DRIFT, RUNS, REFUSALS):
        for code, words in table.items():
            yield code, [str(body) for body in (words.body, words.without) if body]
    for code, (_heading, body) in NOTICES.items():
        yield code, [str(body)]
    for code, (_heading, body) in PULLS.items():
        yield f"pull.{code}", [str(body)]


def _pieces(body: str) -> list[str]:
    pieces = (_TAGS_AND_SPACES.sub("", piece) for piece in _PLACEHOLDER.split(body))
    return [piece for piece in pieces if piece]


def problems_in(page: str) -> set[str]:
    """The codes of the problems of which a page in Japanese tells what to do."""
    text = html.unescape(_TAGS_AND_SPACES.sub("", page))
    return {
        code
        for code, bodies in wordings().items()
        if any(_follow_each_other(pieces, text) for pieces in bodies)
    }


def _follow_each_other(pieces: list[str], text: str) -> bool:
    at = 0
    for piece in pieces:
        at = text.find(piece, at) + len(piece)
        if at < len(piece):
            return False
    return True
