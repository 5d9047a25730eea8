"""What every conversion shares: emptiness, a value as text, words for flags."""

from datetime import date, datetime, time
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from common.types import ItemValue, Kind, UserRef
from mapping.converters.characters import half_width, is_blank
from mapping.converters.refusals import ValueRefusedError

#: Date-times without a zone are meant in Japan time, and are shown in it.
JAPAN: Final = ZoneInfo("Asia/Tokyo")

FLAG_WORDS: Final = ("いいえ", "はい")
"""How a flag reads as text: off, on."""

#: Spellings of on and off among a field's options, in a value table and in text.
ON_WORDS: Final = frozenset(
    [
        "1",
        "true",
        "yes",
        "y",
        "on",
        "はい",
        "有",
        "有り",
        "あり",
        "○",
        "〇",
        "◯",
        "✓",
        "✔",
        "チェック",
        "済",
        "済み",
        "可",
        "対象",
    ]
)
OFF_WORDS: Final = frozenset(
    [
        "0",
        "false",
        "no",
        "n",
        "off",
        "いいえ",
        "無",
        "無し",
        "なし",
        "×",
        "✕",
        "ー",
        "-",
        "未",
        "不可",
        "対象外",
    ]
)

#: The most digits that any app's settings allow (kintone-api.md §5, "Number limits").
MAX_DIGITS: Final = 30

_ELEMENT_KINDS: Final = {Kind.CHOICES: Kind.CHOICE, Kind.USERS: Kind.USER, Kind.ROWS: Kind.TEXT}


def element_kind(kind: Kind) -> Kind:
    """The kind of one element of a multi-valued kind; other kinds are their own element."""
    return _ELEMENT_KINDS.get(kind, kind)


def is_multiple(kind: Kind) -> bool:
    """Whether values of the kind are tuples."""
    return kind in _ELEMENT_KINDS


def is_empty(value: ItemValue) -> bool:
    """Whether there is nothing to send: None, text in which nobody sees anything, no elements."""
    if value is None:
        return True
    if isinstance(value, str):
        return is_blank(value)
    if isinstance(value, tuple):
        return all(is_empty(element) for element in value)
    return False


def only_element(value: ItemValue) -> ItemValue:
    """The one element of `value` that is not empty; another value is its own element.

    Raises:
        ValueRefusedError: there are several, and nobody says which is meant.
    """
    if not isinstance(value, tuple):
        return value
    elements = [element for element in value if not is_empty(element)]
    if len(elements) > 1:
        raise ValueRefusedError("several_values", count=len(elements))
    return elements[0] if elements else None


def plain_number(number: Decimal) -> str:
    """`number` without exponent, trailing zeros or a negative zero: how kintone stores it.

    Raises:
        ValueRefusedError: not finite, or longer than any kintone number.
    """
    if not number.is_finite():
        raise ValueRefusedError("not_a_number")
    if not number:
        return "0"
    # Guards before writing it out: "1e999999999" would be a gigabyte of zeros.
    if not -MAX_DIGITS <= number.adjusted() < MAX_DIGITS:
        raise ValueRefusedError("too_many_digits", max=MAX_DIGITS)
    # Not `normalize`: it rounds to 28 digits.
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def as_text(value: ItemValue, *, separator: str = "、") -> str:
    """The value as a person reads it; dates as kintone shows them, date-times in Japan time."""
    match value:
        case None:
            return ""
        case str():
            return value
        case bool():
            return FLAG_WORDS[value]
        case Decimal():
            return plain_number(value)
        case datetime():
            return f"{in_japan(value).replace(tzinfo=None):%Y-%m-%d %H:%M}".rjust(16, "0")
        case date():
            return value.isoformat()
        case time():
            return value.strftime("%H:%M")
        case UserRef():
            return value.name or value.email
        case tuple():
            return separator.join(as_text(each) for each in value if not is_empty(each))


def in_japan(moment: datetime) -> datetime:
    """`moment` in Japan time; one without a zone is meant so.

    Raises:
        ValueRefusedError: it lies outside the years that can be told.
    """
    try:
        return moment.astimezone(JAPAN) if moment.tzinfo else moment.replace(tzinfo=JAPAN)
    except OverflowError as error:
        raise ValueRefusedError("date_out_of_range") from error


def said_as_flag(text: str) -> bool | None:
    """Whether `text` is a word for on (True) or off (False); None if neither."""
    word = half_width(text).casefold()
    if word in ON_WORDS:
        return True
    return False if word in OFF_WORDS else None
