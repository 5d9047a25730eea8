"""What a label or a field code says: whose value it is, and what the value is."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from mapping.suggestions.lexicon import (
    Word,
    folded,
    lexicon,
    longest,
    native_words,
    pieces_of,
    wholes,
)
from mapping.suggestions.romaji import one_spelling
from mapping.suggestions.vocabulary import DIVIDED, NAMED, NUMBERED, SUBJECTS

#: Codes that kintone makes by itself tell the type only: 文字列__1行__0, ドロップダウン_2, Text_1.
_DEFAULT_CODE: Final = re.compile(
    r"(文字列__1行_|文字列__複数行_|リッチエディター|数値|計算|ラジオボタン|チェックボックス|複数選択"
    r"|ドロップダウン|日付|時刻|日時|リンク|ユーザー選択|組織選択|グループ選択|ルックアップ|テーブル"
    r"|Text|Text_Area|Rich_text|Number|Radio_button|Check_box|Multi_choice|Drop_down|Date|Time"
    r"|Date_and_time|Link|User_selection|Lookup|Table)(_\d+)?"
)
#: What stands between two values in one field.
_BETWEEN: Final = re.compile(r"[・･/／+＋&＆、]")
_BRACKETED: Final = re.compile(r"[(（\[［【〔<＜].*?[)）\]］】〕>＞]")
#: So much of a text is unexplained at most where it is in brackets only.
_IN_BRACKETS: Final = 0.35
_LATIN: Final = re.compile(r"[a-z]+")
_KANA: Final = re.compile(r"[ァ-ヺー]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a text says."""

    subjects: frozenset[str]
    attributes: frozenset[str]
    rest: str
    """What no word explains, and the words that make it another value."""
    unexplained: float
    """The share of the text that `rest` is."""
    is_other: bool
    """Whether it says that it is another value: 旧TEL, 請求先住所."""

    @property
    def says_nothing(self) -> bool:
        """Whether nothing of the text is known."""
        return not (self.subjects or self.attributes or self.is_other)


def is_default_code(code: str) -> bool:
    """Whether kintone made the code up."""
    return _DEFAULT_CODE.fullmatch(code) is not None


@lru_cache(maxsize=4096)
def read(text: str) -> Reading:
    """What the text says, by the words of the vocabulary."""
    whole = folded(text)
    words, rest = ([wholes()[whole]], []) if whole in wholes() else _best_words(_known(text))
    names = {name for word in words for name in word.means}
    subjects = names & SUBJECTS.keys()
    return Reading(
        subjects=_whose(subjects),
        attributes=_what(names - SUBJECTS.keys()),
        rest="".join(rest),
        unexplained=_unexplained(text, whole=whole, rest=rest),
        is_other=any(word.sort == "other" for word in words) or _is_internal(subjects),
    )


def _unexplained(text: str, *, whole: str, rest: list[str]) -> float:
    """The share of the text that nothing explains; what is in brackets says less."""
    share = sum(map(len, rest)) / len(whole) if whole else 1.0
    outside = _BRACKETED.sub("", text)
    if outside in (text, "") or share <= _IN_BRACKETS:
        return share
    says = read(outside)
    is_read = not says.rest and bool(says.attributes or says.subjects)
    return _IN_BRACKETS if is_read else share


def parts_of(text: str) -> list[Reading]:
    """What each part of 部署・役職 says; nothing where the text is one value: 上場・非上場."""
    parts = [read(part) for part in _BETWEEN.split(text) if part.strip()]
    different = {(part.subjects, part.attributes) for part in parts}
    if len(different) < 2 or any(part.says_nothing for part in parts):
        return []
    return parts


def _is_internal(subjects: set[str]) -> bool:
    """Whether it is said to be ours, and not who of us: 社内備考."""
    return "ours" in subjects and not subjects & {"contact", "owner"}


def _whose(subjects: set[str]) -> frozenset[str]:
    """The subjects with what goes together taken together: 担当者（自社）is our salesperson."""
    if "contact" in subjects and "ours" in subjects:
        subjects = subjects - {"contact", "ours"} | {"owner"}
    if "contact" in subjects and subjects & {"theirs", "company", "customer"}:
        subjects = {"person"}
    if "owner" in subjects:
        subjects = subjects & {"owner", "department"}
    if "parent" in subjects:
        subjects = subjects - {"department"}
    if "theirs" in subjects:
        subjects = subjects - {"theirs"} | {"person"}
    return frozenset(subjects - {"ours"})


def _what(attributes: set[str]) -> frozenset[str]:
    """The attributes without those that others imply: 電話番号 is no ID, 県名 no name."""
    found = set(attributes)
    if found & NUMBERED:
        found.discard("id")
    if found & NAMED:
        found.discard("name")
    if found & DIVIDED:
        found.discard("division")
    if "mobile" in found:
        found.discard("tel")
    if "email" in found or "url" in found:
        found.discard("address")
    return frozenset(found)


def _known(text: str) -> list[str]:
    """The pieces of the text, Latin words that are none as Japanese in its usual spelling."""
    return [
        piece
        if piece in lexicon() or not _LATIN.fullmatch(piece) or _cuts(piece)
        else one_spelling(piece)
        for piece in pieces_of(text)
    ]


def _best_words(pieces: list[str]) -> tuple[list[Word], list[str]]:
    """The words that explain most of the text, fewest first; and the rest, in order."""
    text = "".join(pieces)
    borders = _borders(pieces)
    best: list[tuple[int, int, tuple[str, ...]]] = [(0, 0, ())]
    for end in range(1, len(text) + 1):
        # One character that nothing explains.
        missing, count, path = best[end - 1]
        options = [(missing + 1, count, (*path, f"?{text[end - 1]}"))]
        for start in range(max(0, end - longest()), end):
            part = text[start:end]
            if part in lexicon() and _may_stand(part, start, end, borders=borders):
                missing, count, path = best[start]
                options.append((missing, count + 1, (*path, part)))
        best.append(min(options, key=lambda option: option[:2]))
    return _told_apart(best[-1][2])


def _told_apart(path: tuple[str, ...]) -> tuple[list[Word], list[str]]:
    """The words of the path, and what they leave; 商品名 is no name of ours."""
    words, rest = [], []
    after_unknown = False
    for part in path:
        is_unknown = part.startswith("?") and len(part) == 2
        if is_unknown or (after_unknown and len(part) == 1):
            rest.append(part[-1])
            after_unknown = True
            continue
        after_unknown = False
        word = lexicon()[part]
        words.append(word)
        if word.sort == "other":
            rest.append(part)
    return words, _without_first(rest)


def _without_first(rest: list[str]) -> list[str]:
    """住所1 is the address, 住所2 is not."""
    return [] if rest == ["1"] else rest


def _may_stand(part: str, start: int, end: int, *, borders: frozenset[int]) -> bool:
    """Latin words and kana readings are whole words; kanji words may stand anywhere.

    But 旧 and 前 only begin a text: 流入元 and 名前 are no former ones.
    """
    if len(part) == 1 and lexicon()[part].sort == "other":
        return start == 0
    if part in native_words() and not _LATIN.fullmatch(part):
        return True
    return start in borders and end in borders


def _borders(pieces: list[str]) -> frozenset[int]:
    """Where words may begin and end: between pieces, and inside one that words make up wholly."""
    borders, position = {0}, 0
    for piece in pieces:
        cuts: list[int] = []
        if piece not in lexicon() and (_LATIN.fullmatch(piece) or _KANA.fullmatch(piece)):
            cuts = _cuts(piece)
        borders |= {position + cut for cut in cuts}
        position += len(piece)
        borders.add(position)
    return frozenset(borders)


def _cuts(piece: str) -> list[int]:
    """Where to cut a piece into words of two letters and more; nowhere if that does not go up."""
    ways: dict[int, list[int]] = {0: []}
    for end in range(1, len(piece) + 1):
        for start in range(end - 1):
            if start in ways and piece[start:end] in lexicon():
                way = [*ways[start], end]
                if end not in ways or len(way) < len(ways[end]):
                    ways[end] = way
    return ways.get(len(piece), [])
