"""How words of labels are read aloud, so that what is typed in kana finds what stands in kanji."""

import re
from functools import cache, lru_cache
from typing import Final

from crm.searching.texts import normalised
from mapping.suggestions.vocabulary import ATTRIBUTES, COMPOUNDS, FILLERS, OTHERS, SUBJECTS

#: Keeps a word from being found across two texts; blanks are left out of what is searched.
_BETWEEN: Final = "|"
_TABLES: Final = (COMPOUNDS.values(), ATTRIBUTES.values(), SUBJECTS.values(), (FILLERS, OTHERS))


@lru_cache(maxsize=4096)
def searched(*texts: str) -> str:
    """The texts as they are searched: width, case and kana alike, with the readings known."""
    text = _BETWEEN.join(filter(None, texts))
    plain, said = normalised(text), normalised(reading(text))
    return plain if plain == said else f"{plain}{_BETWEEN}{said}"


@lru_cache(maxsize=4096)
def reading(text: str) -> str:
    """The text with each word in kana whose reading the vocabulary knows; others stay."""
    return _words().sub(lambda match: _readings()[match[0]], text)


@cache
def _words() -> re.Pattern[str]:
    """Any word that has a reading, the longest first."""
    return re.compile("|".join(sorted(map(re.escape, _readings()), key=len, reverse=True)))


@cache
def _readings() -> dict[str, str]:
    found: dict[str, str] = {}
    for table in _TABLES:
        for words in table:
            for each in words.split():
                word, _, said = each.partition(":")
                if said:
                    found.setdefault(word, said)
    return found
