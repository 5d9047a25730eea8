"""The words of the vocabulary as texts are compared with them, with their readings."""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from typing import Final, NamedTuple

from mapping.suggestions.romaji import romaji
from mapping.suggestions.vocabulary import (
    ATTRIBUTES,
    COMPOUNDS,
    FILLERS,
    OTHERS,
    SUBJECTS,
    WHOLES,
)

_KATAKANA: Final = {code: code + 0x60 for code in range(0x3041, 0x3097)}
#: 1. 会社名 (width is folded before): a number of the field, not of the value.
_NUMBERING: Final = re.compile(r"^\s*\d+\s*[.:_)、]\s*(?=\S)")
_CAMEL: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")
_PIECES: Final = re.compile(r"[a-z]+|\d+|[ァ-ヺー]+|[^\W\d_a-zァ-ヺー]+|〒")


class Word(NamedTuple):
    """What a word is good for."""

    sort: str
    """`subject`, `attribute`, `filler` or `other`."""
    means: tuple[str, ...]
    """Names of subjects and attributes."""


@lru_cache(maxsize=4096)
def folded(text: str) -> str:
    """The text as it is compared: width, case, kana, blanks and marks do not count."""
    return "".join(pieces_of(text))


def pieces_of(text: str) -> Iterator[str]:
    """The text in runs of one script, as they are compared."""
    plain = _NUMBERING.sub("", unicodedata.normalize("NFKC", text))
    return iter(_PIECES.findall(_CAMEL.sub(" ", plain).casefold().translate(_KATAKANA)))


@cache
def wholes() -> Mapping[str, Word]:
    """Texts that mean something only as a whole."""
    return {
        folded(each): Word("attribute", names)
        for names, words in WHOLES.items()
        for each in words.split()
    }


@cache
def longest() -> int:
    """The length of the longest word."""
    return max(map(len, lexicon()))


@cache
def native_words() -> frozenset[str]:
    """Words as they are written, without readings."""
    return frozenset(
        folded(written.partition(":")[0]) for words in _all_words() for written in words[1].split()
    )


@cache
def lexicon() -> Mapping[str, Word]:
    """Every word as compared, its reading and the reading in Latin letters; first come counts."""
    found: dict[str, Word] = {}
    for word, written in _all_words():
        for each in written.split():
            found.setdefault(folded(each.partition(":")[0].replace("_", " ")), word)
    for word, written in _all_words():
        for each in written.split():
            reading = each.partition(":")[2]
            if reading:
                found.setdefault(reading, word)
                found.setdefault(romaji(reading), word)
    return found


def _all_words() -> Iterator[tuple[Word, str]]:
    for names, words in COMPOUNDS.items():
        yield Word("attribute", names), words
    for name, words in ATTRIBUTES.items():
        yield Word("attribute", (name,)), words
    for name, words in SUBJECTS.items():
        yield Word("subject", (name,)), words
    yield Word("filler", ()), FILLERS
    yield Word("other", ()), OTHERS
