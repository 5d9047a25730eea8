"""What a label or a field code says: whose value it is, and what the value is."""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Final, NamedTuple

from mapping.suggestions.romaji import one_spelling, romaji
from mapping.suggestions.vocabulary import (
    ATTRIBUTES,
    COMPOUNDS,
    DIVIDED,
    FILLERS,
    NAMED,
    NUMBERED,
    OTHERS,
    SUBJECTS,
    WHOLES,
)

#: Codes that kintone makes by itself tell the type only: 文字列__1行__0, ドロップダウン_2, Text_1.
_DEFAULT_CODE: Final = re.compile(
    r"(文字列__1行_|文字列__複数行_|リッチエディター|数値|計算|ラジオボタン|チェックボックス|複数選択"
    r"|ドロップダウン|日付|時刻|日時|リンク|ユーザー選択|組織選択|グループ選択|ルックアップ|テーブル"
    r"|Text|Text_Area|Rich_text|Number|Radio_button|Check_box|Multi_choice|Drop_down|Date|Time"
    r"|Date_and_time|Link|User_selection|Lookup|Table)(_\d+)?"
)
_KATAKANA: Final = {code: code + 0x60 for code in range(0x3041, 0x3097)}
_CAMEL: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")
_PIECES: Final = re.compile(r"[a-z]+|\d+|[ァ-ヺー]+|[^\W\d_a-zァ-ヺー]+|〒")
#: What stands between two values in one field.
_BETWEEN: Final = re.compile(r"[・･/／+＋&＆、]")
_LATIN: Final = re.compile(r"[a-z]+")
_KANA: Final = re.compile(r"[ァ-ヺー]+")


class _Word(NamedTuple):
    sort: str
    """`subject`, `attribute`, `filler` or `other`."""
    means: tuple[str, ...]


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


def folded(text: str) -> str:
    """The text as it is compared: width, case, kana, blanks and marks do not count."""
    return "".join(_pieces(text))


@lru_cache(maxsize=4096)
def read(text: str) -> Reading:
    """What the text says, by the words of the vocabulary."""
    whole = folded(text)
    words, rest = ([_wholes()[whole]], []) if whole in _wholes() else _best_words(_known(text))
    subjects = {name for word in words if word.sort == "subject" for name in word.means}
    attributes = {
        name
        for word in words
        if word.sort == "attribute"
        for name in word.means
        if name not in SUBJECTS
    }
    subjects |= {
        name
        for word in words
        if word.sort == "attribute"
        for name in word.means
        if name in SUBJECTS
    }
    return Reading(
        subjects=_whose(subjects),
        attributes=_what(attributes),
        rest="".join(rest),
        unexplained=sum(map(len, rest)) / len(whole) if whole else 1.0,
        is_other=any(word.sort == "other" for word in words) or _is_internal(subjects),
    )


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
        if piece in _lexicon() or not _LATIN.fullmatch(piece) or _cuts(piece)
        else one_spelling(piece)
        for piece in _pieces(text)
    ]


def _pieces(text: str) -> Iterator[str]:
    parts = _CAMEL.sub(" ", unicodedata.normalize("NFKC", text)).casefold().translate(_KATAKANA)
    return iter(_PIECES.findall(parts))


def _best_words(pieces: list[str]) -> tuple[list[_Word], list[str]]:
    """The words that explain most of the text, fewest first; and the rest, in order."""
    text = "".join(pieces)
    borders = _borders(pieces)
    best: list[tuple[int, int, tuple[str, ...]]] = [(0, 0, ())]
    for end in range(1, len(text) + 1):
        # One character that nothing explains.
        missing, count, path = best[end - 1]
        options = [(missing + 1, count, (*path, f"?{text[end - 1]}"))]
        for start in range(max(0, end - _longest()), end):
            part = text[start:end]
            if part in _lexicon() and _may_stand(part, start, end, borders=borders):
                missing, count, path = best[start]
                options.append((missing, count + 1, (*path, part)))
        best.append(min(options, key=lambda option: option[:2]))
    words, rest = [], []
    for part in best[-1][2]:
        if part.startswith("?") and len(part) == 2:
            rest.append(part[1])
            continue
        word = _lexicon()[part]
        words.append(word)
        if word.sort == "other":
            rest.append(part)
    return words, _without_first(rest)


def _without_first(rest: list[str]) -> list[str]:
    """住所1 is the address, 住所2 is not."""
    return [] if rest == ["1"] else rest


def _may_stand(part: str, start: int, end: int, *, borders: frozenset[int]) -> bool:
    """Latin words and kana readings are whole words; kanji words may stand anywhere."""
    if part in _native() and not _LATIN.fullmatch(part):
        return True
    return start in borders and end in borders


def _borders(pieces: list[str]) -> frozenset[int]:
    """Where words may begin and end: between pieces, and inside one that words make up wholly."""
    borders, position = {0}, 0
    for piece in pieces:
        cuts: list[int] = []
        if piece not in _lexicon() and (_LATIN.fullmatch(piece) or _KANA.fullmatch(piece)):
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
            if start in ways and piece[start:end] in _lexicon():
                way = [*ways[start], end]
                if end not in ways or len(way) < len(ways[end]):
                    ways[end] = way
    return ways.get(len(piece), [])


@cache
def _wholes() -> Mapping[str, _Word]:
    return {
        folded(each): _Word("attribute", names)
        for names, words in WHOLES.items()
        for each in words.split()
    }


@cache
def _longest() -> int:
    return max(map(len, _lexicon()))


@cache
def _native() -> frozenset[str]:
    """Words as they are written, without readings."""
    return frozenset(
        folded(written.partition(":")[0]) for words in _all_words() for written in words[1].split()
    )


@cache
def _lexicon() -> Mapping[str, _Word]:
    """Every word as compared, its reading and the reading in Latin letters; first come counts."""
    lexicon: dict[str, _Word] = {}
    for word, written in _all_words():
        for each in written.split():
            lexicon.setdefault(folded(each.partition(":")[0].replace("_", " ")), word)
    for word, written in _all_words():
        for each in written.split():
            _native_form, _, reading = each.partition(":")
            if reading:
                lexicon.setdefault(reading, word)
                lexicon.setdefault(romaji(reading), word)
    return lexicon


def _all_words() -> Iterator[tuple[_Word, str]]:
    for names, words in COMPOUNDS.items():
        yield _Word("attribute", names), words
    for name, words in ATTRIBUTES.items():
        yield _Word("attribute", (name,)), words
    for name, words in SUBJECTS.items():
        yield _Word("subject", (name,)), words
    yield _Word("filler", ()), FILLERS
    yield _Word("other", ()), OTHERS
