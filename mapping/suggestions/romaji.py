"""Kana in Latin letters, and the many ways of writing them made one: jūsho, jyuusyo, jusho."""

import re
from typing import Final

_DIGRAPHS: Final = {
    f"{head}{tail}": f"{letters}{vowel}"
    for head, letters in {
        "キ": "ky", "シ": "sh", "チ": "ch", "ニ": "ny", "ヒ": "hy", "ミ": "my", "リ": "ry",
        "ギ": "gy", "ジ": "j", "ビ": "by", "ピ": "py",
    }.items()
    for tail, vowel in {"ャ": "a", "ュ": "u", "ョ": "o"}.items()
}  # fmt: skip
_ROWS: Final = {
    "": "アイウエオ", "k": "カキクケコ", "s": "サシスセソ", "t": "タチツテト", "n": "ナニヌネノ",
    "h": "ハヒフヘホ", "m": "マミムメモ", "r": "ラリルレロ", "g": "ガギグゲゴ", "z": "ザジズゼゾ",
    "d": "ダヂヅデド", "b": "バビブベボ", "p": "パピプペポ",
}  # fmt: skip
_SYLLABLES: Final = (
    {
        kana: letter + vowel
        for letter, row in _ROWS.items()
        for kana, vowel in zip(row, "aiueo", strict=True)
    }
    | {"シ": "shi", "チ": "chi", "ツ": "tsu", "フ": "fu", "ジ": "ji", "ヂ": "ji", "ヅ": "zu"}
    | {"ヤ": "ya", "ユ": "yu", "ヨ": "yo", "ワ": "wa", "ヲ": "o", "ン": "n"}
)

#: Other spellings → Hepburn; the order matters.
_SPELLINGS: Final = (
    (r"[jz]y([auo])", r"j\1"),
    (r"sy([auo])", r"sh\1"),
    (r"[ct]y([auo])", r"ch\1"),
    (r"si", "shi"),
    (r"zi", "ji"),
    (r"ti", "chi"),
    (r"(?<!t)tu", "tsu"),
    (r"hu", "fu"),
    (r"m(?=[bp])", "n"),
    (r"o(u|o|h(?![aiueo]))", "o"),
    (r"uu", "u"),
)


def romaji(kana: str) -> str:
    """The katakana in Latin letters, long vowels written short: ジュウショ → jusho."""
    letters: list[str] = []
    position, doubled = 0, False
    while position < len(kana):
        pair, one = kana[position : position + 2], kana[position]
        position += 2 if pair in _DIGRAPHS else 1
        if one == "ッ":
            doubled = True
            continue
        syllable = _DIGRAPHS.get(pair) or _SYLLABLES.get(one, "")
        letters.append(syllable[:1] + syllable if doubled else syllable)
        doubled = False
    return one_spelling("".join(letters))


def one_spelling(word: str) -> str:
    """A word in Latin letters with the spellings of Japanese made one: jyuusyo → jusho."""
    for pattern, spelling in _SPELLINGS:
        word = re.sub(pattern, spelling, word)
    return word
