"""What a number in a cell means: Excel keeps dates, times and padded numbers as bare numbers."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from enum import Enum
from typing import Final

#: Built-in formats of dates and times, those of Japanese Excel (27-36, 50-58) among them.
_DATES: Final = frozenset([*range(14, 23), *range(27, 37), *range(50, 59)])
_BUILT_IN: Final[Mapping[int, str]] = {
    **dict.fromkeys(_DATES, "yyyy"),
    45: "mm:ss",
    46: "[h]:mm:ss",
    47: "mm:ss",
}
#: What is not the number itself: texts, escaped and padding characters, colours, currencies.
_BESIDE: Final = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?!h+\]|m+\]|s+\])[^\]]*\]', re.IGNORECASE)
_ELAPSED: Final = re.compile(r"\[(?:h+|m+|s+)\]", re.IGNORECASE)
_MOMENT: Final = re.compile(r"[ymdhs]|aaa|gg?g?e|\be\b", re.IGNORECASE)
_PADDED: Final = re.compile("0{2,30}")
_SECONDS: Final = 24 * 60 * 60
#: Excel takes 1900 for a leap year: days before March of it are one off.
_FALSE_LEAP_DAY: Final = 60
_LAST_DAY: Final = 2_958_465


class Meaning(Enum):
    """How the numbers of a format are to be read."""

    NUMBER = "number"
    MOMENT = "moment"
    ELAPSED = "elapsed"


#: A meaning, or to how many digits a number is padded by zeros.
Format = Meaning | int


def format_of(number: int, codes: Mapping[int, str]) -> Format:
    """What the number format of that id makes of numbers; `codes` are the workbook's own."""
    code = codes.get(number, _BUILT_IN.get(number, ""))
    positive = _BESIDE.sub("", code).split(";")[0]
    if _ELAPSED.search(positive):
        return Meaning.ELAPSED
    if "general" not in positive.lower() and _MOMENT.search(positive):
        return Meaning.MOMENT
    if _PADDED.fullmatch(code):
        return len(code)
    return Meaning.NUMBER


def text_of(raw: str, meaning: Format, *, from_1904: bool) -> str:
    """The number as text: 1234.0 → 1234, 46053 as a date → 2026-01-31, 5 padded to 4 → 0005.

    What is no number comes back as it is.
    """
    try:
        number = Decimal(raw)
        if not number.is_finite() or abs(number.adjusted()) > 300:
            return raw
    except InvalidOperation:
        return raw
    if meaning is Meaning.MOMENT:
        return _moment(number, from_1904=from_1904) or _plain(number)
    if meaning is Meaning.ELAPSED:
        return _clock(round(number * _SECONDS)) if number >= 0 else _plain(number)
    if isinstance(meaning, int) and number >= 0 and number == number.to_integral_value():
        return _plain(number).zfill(meaning)
    return _plain(number)


def _plain(number: Decimal) -> str:
    """With the fifteen digits that Excel keeps: 0.1 is written to files as 0.10000000000000001."""
    exact = Decimal(format(float(number), ".15g"))
    return f"{exact.normalize():f}" if exact else "0"


def _moment(serial: Decimal, *, from_1904: bool) -> str:
    """Days since 1900 as ISO; "" for what is no day."""
    days, seconds = divmod(round(serial * _SECONDS), _SECONDS)
    if not 0 <= days <= _LAST_DAY:
        return ""
    if days == 0 and not from_1904:
        return _clock(seconds)
    start = datetime(1904, 1, 1) if from_1904 else datetime(1899, 12, 30)  # noqa: DTZ001
    if not from_1904 and days < _FALSE_LEAP_DAY:
        days += 1
    try:
        moment = start + timedelta(days=days, seconds=seconds)
    except OverflowError:
        return ""
    return moment.isoformat() if seconds else moment.date().isoformat()


def _clock(seconds: int) -> str:
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"


class Styles:
    """Reads styles.xml: number of a cell's style → what its numbers mean."""

    def __init__(self) -> None:
        self._codes: dict[int, str] = {}
        self._ids: list[int] = []
        self._inside = False

    def formats(self) -> Sequence[Format]:
        """One per style, by its number."""
        known = {number: format_of(number, self._codes) for number in set(self._ids)}
        return [known[number] for number in self._ids]

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """An element begins."""
        if name == "cellXfs":
            self._inside = True
        elif name == "numFmt":
            self._codes[_number(attributes.get("numFmtId"))] = attributes.get("formatCode", "")
        elif name == "xf" and self._inside:
            self._ids.append(_number(attributes.get("numFmtId")))

    def end(self, name: str) -> None:
        """An element ends."""
        if name == "cellXfs":
            self._inside = False

    def text(self, data: str) -> None:
        """Nothing that counts stands between elements."""


def _number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else 0
