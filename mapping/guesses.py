"""Which option of a field a value most likely means; a proposal, never taken by itself."""

import re
import unicodedata
from collections.abc import Sequence
from typing import Final

_SIGNS: Final = re.compile(r"[\W_]+")
#: Hiragana → katakana.
_KATAKANA: Final = {code: code + 0x60 for code in range(0x3041, 0x3097)}
#: What options and values of one list often differ by, at their end.
_ENDINGS: Final = ("関連業", "関係", "関連", "業界", "業", "系", "その他")
#: A part of a word is no sign of meaning if it is a single letter.
_SHORTEST: Final = 2


def guess(value: str, options: Sequence[str]) -> str:
    """The only option that is the value but for signs, width, kana and endings, or that is a whole
    part of it, or has it as a whole part; "" if there is none, or more than one.
    """
    for is_alike in (_is_the_same, _is_part):
        alike = [option for option in options if is_alike(value, option)]
        if len(alike) == 1:
            return alike[0]
        if alike:
            return ""
    return ""


def _is_the_same(value: str, option: str) -> bool:
    return _stem(_folded(value)) == _stem(_folded(option)) != ""


def _is_part(value: str, option: str) -> bool:
    """Whether one of both is a part of the other between signs: "情報・通信業" and "情報"."""
    parts, others = _parts(value), _parts(option)
    return bool(parts & {_stem(_folded(option))} or others & {_stem(_folded(value))})


def _parts(text: str) -> set[str]:
    parts = (_stem(_folded(part)) for part in _SIGNS.split(_normal(text)))
    return {part for part in parts if len(part) >= _SHORTEST}


def _normal(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold().translate(_KATAKANA)


def _folded(text: str) -> str:
    return _SIGNS.sub("", _normal(text))


def _stem(text: str) -> str:
    for ending in _ENDINGS:
        if text.endswith(ending) and len(text) - len(ending) >= _SHORTEST:
            return text.removesuffix(ending)
    return text
