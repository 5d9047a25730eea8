"""What of a row is searched, normalised, and the pairs of characters that it is found by."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from types import MappingProxyType
from typing import Final

from common.types import RecordType

#: Columns by record type: what is searched, in the form of `QuerySet.values_list`. Two that are
#: one name to a person (姓, 名) stand in one group and are searched as one.
SEARCHED: Final[Mapping[RecordType, tuple[tuple[str, ...], ...]]] = MappingProxyType(
    {
        RecordType.COMPANY: (
            ("name",),
            ("name_kana",),
            ("name_disp",),
            ("main_tel",),
            ("mail_domain",),
            ("corporate_number",),
            ("external_id",),
        ),
        RecordType.DEPARTMENT: (
            ("path",),
            ("company__name",),
            ("company__name_kana",),
            ("external_id",),
        ),
        RecordType.LEAD: (
            ("family_name", "first_name"),
            ("family_name_kana", "first_name_kana"),
            ("email",),
            ("mobile_email",),
            ("tel",),
            ("mobile_tel",),
            ("company__name",),
            ("company__name_kana",),
            ("external_id",),
        ),
    }
)
#: More words, and longer ones, are left out: they only make the question dearer.
MOST_WORDS: Final = 10
LONGEST_WORD: Final = 100

#: Ends every value, so that no word is found across two of them; nobody can type it.
_END: Final = "\ue000"
_NOT_TYPED: Final = str.maketrans(dict.fromkeys([_END, "'", '"', "\0"]))
_TO_KATAKANA: Final = {code: code + 0x60 for code in range(0x3041, 0x3097)}
#: Dashes that people write between the digits of a number.
_DASHES: Final = re.compile("[‐‑‒–—―−]")
_IN_NUMBERS: Final = re.compile(r"(?<=\d)[-()]+(?=\d)")
_AROUND_NUMBERS: Final = re.compile(r"^[-()]+(?=\d)|(?<=\d)[-()]+$")


def normalised(text: str) -> str:
    """The text as it is compared: width, case, kana and the hyphens of numbers make no difference.

    Blanks are left out; a word for a search has none.
    """
    plain = unicodedata.normalize("NFKC", text).casefold().translate(_NOT_TYPED)
    plain = "".join(plain.translate(_TO_KATAKANA).split())
    return _IN_NUMBERS.sub("", _DASHES.sub("-", plain))


def searchable(values: Sequence[str | None], groups: Sequence[Sequence[str]]) -> str:
    """All that is searched of a row, from the values of its columns in the order of `groups`."""
    found = []
    position = 0
    for group in groups:
        part = "".join(value or "" for value in values[position : position + len(group)])
        position += len(group)
        if part and (plain := normalised(part)):
            found.append(plain + _END)
    return "".join(found)


def pairs(text: str) -> str:
    """Every pair of neighbouring characters in a `searchable` text, divided by blanks.

    The last character of a value makes a pair with its end, so that each character begins one.
    """
    found = {a + b for a, b in pairwise(text) if a != _END}
    return " ".join(found)


def words_of(asked: str) -> tuple[str, ...]:
    """The words that must all be found, normalised."""
    plain = (normalised(word)[:LONGEST_WORD] for word in asked.split()[:MOST_WORDS])
    bare = (_AROUND_NUMBERS.sub("", word) for word in plain)
    return tuple(dict.fromkeys(word for word in bare if word))


def pairs_of_words(words: Iterable[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(pairs that a row must have, characters that a pair of it must begin with)."""
    whole: dict[str, None] = {}
    starts: dict[str, None] = {}
    for word in words:
        if len(word) == 1:
            starts[word] = None
        whole |= dict.fromkeys(a + b for a, b in pairwise(word))
    return tuple(whole), tuple(starts)
