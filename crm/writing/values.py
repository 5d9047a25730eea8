"""Reading one value that comes in (a cell, a form's text, a typed value) as its item wants it."""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Final, TypeAlias

from django.utils.translation import gettext as _

from common.clock import JAPAN
from common.types import ItemValue, Kind, UserRef
from crm.catalogue.items import Item, empty_of

#: What may come in for one item: text as a person wrote it, or a value of the item's kind.
RawValue: TypeAlias = ItemValue | int | Sequence[str]

_ON: Final = frozenset(
    [
        "1",
        "true",
        "yes",
        "on",
        "y",
        "t",
        "○",
        "〇",
        "◯",
        "●",
        "✓",
        "✔",
        "レ",
        "有",
        "有り",
        "あり",
        "はい",
        "オン",
        "真",
    ]
)
_OFF: Final = frozenset(
    [
        "0",
        "false",
        "no",
        "off",
        "n",
        "f",
        "-",
        "ー",
        "－",
        "―",
        "‐",
        "–",
        "—",
        "×",
        "✕",
        "無",
        "無し",
        "なし",
        "いいえ",
        "オフ",
        "偽",
    ]
)

_UNSTORABLE: Final = re.compile("[\x00\ud800-\udfff]")
_BREAKS: Final = re.compile(r"\s*[\r\n\v\f\x85\u2028\u2029\t]+\s*")
_DATE: Final = re.compile(
    r"(\d{4})(?:([-/.])(\d{1,2})\2(\d{1,2})|年(\d{1,2})月(\d{1,2})日|(\d\d)(\d\d))"
)
_TIME: Final = re.compile(
    r"(\d{1,2})(?::(\d{2})(?::(\d{2})(?:\.\d+)?)?|時(\d{1,2})分(?:(\d{1,2})秒)?)"
)
_ZONE: Final = re.compile(r"(Z|[+-]\d{2}:?\d{2})$")
_DIGITS: Final = 30


class ValueRefusedError(ValueError):
    """The value cannot be stored in its item; `str()` says why, to the person who sent it."""


def read(item: Item, raw: RawValue) -> ItemValue:
    """The value of the item's kind, normalised so that equal ones are equal; "" and None are empty.

    Blanks around a single line go, line breaks in it become a space, those of long text become line
    feeds; nothing else of a text is changed.

    Raises:
        ValueRefusedError: it is no such value, or too long.
    """
    if raw is None:
        return empty_of(item.kind)
    if isinstance(raw, str):
        if _UNSTORABLE.search(raw):
            raise ValueRefusedError(_("使用できない制御文字が含まれています。"))
        value = _READERS[item.kind](raw)
    else:
        value = _typed(item, raw)
    _check_length(item, value)
    return value


def _typed(item: Item, raw: RawValue) -> ItemValue:
    """A value that is of a Python type already."""
    if isinstance(raw, (Decimal, int)) and not isinstance(raw, bool):
        return _READERS[item.kind](f"{raw:f}" if isinstance(raw, Decimal) else str(raw))
    if isinstance(raw, datetime):
        return _moment(raw) if item.kind is Kind.DATETIME else _READERS[item.kind](raw.isoformat())
    if isinstance(raw, UserRef):
        return _READERS[item.kind](raw.email)
    if isinstance(raw, Sequence):
        parts = [entry.email if isinstance(entry, UserRef) else str(entry) for entry in raw]
        return read(item, "\n".join(parts))
    if isinstance(raw, bool):
        return raw if item.kind is Kind.FLAG else _READERS[item.kind](str(int(raw)))
    return _READERS[item.kind](raw.isoformat())  # type: ignore[union-attr]  # date, time


def _line(raw: str) -> str:
    return _BREAKS.sub(" ", raw.strip())


def _text(raw: str) -> str:
    text = raw.replace("\r\n", "\n").replace("\r", "\n")
    return text.rstrip() if text.strip() else ""


def _plain(raw: str) -> str:
    """The text in half width, for everything that is read rather than kept."""
    return unicodedata.normalize("NFKC", raw).strip()


def _entries(raw: str) -> tuple[str, ...]:
    parts = (part.strip() for part in re.split(r"[\r\n;]+", raw))
    return tuple(dict.fromkeys(part for part in parts if part))


def _rows(raw: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in _text(raw).split("\n")) if raw.strip() else ()


def _number(raw: str) -> Decimal | None:
    text = re.sub(r"[,\s¥\\]", "", _plain(raw)).replace("−", "-").replace("▲", "-")
    if not text:
        return None
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        raise ValueRefusedError(_("「%(value)s」は数値ではありません。") % {"value": _quoted(raw)})
    if not number:
        return Decimal(0)
    if len(number.as_tuple().digits) > _DIGITS or abs(number.adjusted()) >= _DIGITS:
        raise ValueRefusedError(_("数値の桁が多すぎます（30桁まで）。"))
    return Decimal(f"{number.normalize():f}")


def _date(raw: str) -> date | None:
    text = _plain(raw)
    if not text:
        return None
    moment = _parse_moment(text)
    if moment is None or (moment.hour, moment.minute, moment.second) != (0, 0, 0):
        raise ValueRefusedError(
            _("「%(value)s」は日付ではありません。「2026/01/31」のように書いてください。")
            % {"value": _quoted(raw)}
        )
    return moment.date()


def _datetime(raw: str) -> datetime | None:
    text = _plain(raw)
    if not text:
        return None
    moment = _parse_moment(text)
    if moment is None:
        raise ValueRefusedError(
            _("「%(value)s」は日時ではありません。「2026/01/31 09:30:00」のように書いてください。")
            % {"value": _quoted(raw)}
        )
    return _moment(moment)


def _time(raw: str) -> time | None:
    text = _plain(raw)
    if not text:
        return None
    found = _parse_time(text)
    if found is None:
        raise ValueRefusedError(
            _("「%(value)s」は時刻ではありません。「09:30」のように書いてください。")
            % {"value": _quoted(raw)}
        )
    return found


def _parse_moment(text: str) -> datetime | None:
    """The moment that `DATE`, `DATE TIME` or `DATETIMEzone` names; Japan's time without a zone."""
    day = _DATE.match(text)
    if day is None:
        return None
    rest = text[day.end() :].removeprefix("T").strip()
    zone = _ZONE.search(rest)
    clock = _parse_time(rest[: zone.start()] if zone else rest) if rest else time()
    year, month, number = (int(part) for part in day.groups() if part and part.isdigit())
    try:
        moment = datetime(year, month, number, tzinfo=JAPAN)
        if zone:
            # Only the offset is taken from it; the digits before it were read above.
            moment = datetime.fromisoformat(f"{moment.date()}T00:00:00{zone.group()}")
    except ValueError:
        return None
    return (
        None
        if clock is None
        else moment.replace(hour=clock.hour, minute=clock.minute, second=clock.second)
    )


def _parse_time(text: str) -> time | None:
    found = _TIME.fullmatch(text.strip())
    if found is None:
        return None
    hour, minute, second, *_rest = (*(int(part) for part in found.groups() if part), 0, 0)
    try:
        return time(hour, minute, second)
    except ValueError:
        return None


def _moment(value: datetime) -> datetime:
    aware = value if value.tzinfo else value.replace(tzinfo=JAPAN)
    try:
        return aware.astimezone(UTC).replace(microsecond=0)
    except OverflowError as error:
        raise ValueRefusedError(_("日時が範囲を超えています。")) from error


def _flag(raw: str) -> bool:
    text = _plain(raw).casefold()
    if raw.strip().casefold() in _ON or text in _ON:
        return True
    if not text or raw.strip() in _OFF or text in _OFF:
        return False
    raise ValueRefusedError(
        _("「%(value)s」は、はい・いいえのどちらでもありません。1か0と書いてください。")
        % {"value": _quoted(raw)}
    )


def _user(raw: str) -> UserRef:
    email = _plain(raw).casefold()
    return UserRef(name=email, email=email, login="")


def _one_user(raw: str) -> UserRef | None:
    return _user(raw) if raw.strip() else None


def _check_length(item: Item, value: ItemValue) -> None:
    if item.max_length is None:
        return
    texts = value if isinstance(value, tuple) else (value,)
    longest = max((len(text) for text in texts if isinstance(text, str)), default=0)
    if longest > item.max_length:
        raise ValueRefusedError(
            _("長すぎます（%(length)s文字）。%(limit)s文字以内にしてください。")
            % {"length": longest, "limit": item.max_length}
        )


def _quoted(raw: str) -> str:
    text = raw.strip()
    return text if len(text) <= 40 else text[:39] + "…"


_READERS: Final[Mapping[Kind, Callable[[str], ItemValue]]] = {
    Kind.TEXT: _line,
    Kind.LONG_TEXT: _text,
    Kind.RICH_TEXT: _text,
    Kind.NUMBER: _number,
    Kind.DATE: _date,
    Kind.TIME: _time,
    Kind.DATETIME: _datetime,
    Kind.CHOICE: _line,
    Kind.CHOICES: _entries,
    Kind.USER: _one_user,
    Kind.USERS: lambda raw: tuple(map(_user, _entries(raw))),
    Kind.URL: _line,
    Kind.EMAIL: _line,
    Kind.PHONE: _line,
    Kind.FLAG: _flag,
    Kind.ROWS: _rows,
}
