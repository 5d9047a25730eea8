"""How kintone reads numbers, dates, times and links: text in, text as it is stored out."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_UP, Context, Decimal, InvalidOperation

#: How kintone calls the ways to round, and how Python does.
ROUNDING = {"HALF_EVEN": ROUND_HALF_EVEN, "UP": ROUND_UP, "DOWN": ROUND_DOWN}
_EXACT = Context(prec=400)


@dataclass(frozen=True, slots=True, kw_only=True)
class Precision:
    """An app's setting for numbers; the defaults are those of a new app."""

    digits: int = 16
    decimals: int = 4
    rounding: str = "HALF_EVEN"


NEW_APP = Precision()

_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")
_DATE = re.compile(r"([0-9]{4})(?:-([0-9]{1,2})(?:-([0-9]{1,2}))?)?")
_TIME = re.compile(r"([0-9]{1,2}):([0-9]{1,2})(?::[0-9]{1,2}(?:\.[0-9]+)?)?")
_OFFSET = re.compile(r"(.*?)(?:(Z)|([+-])([0-9]{2}):?([0-9]{2}))")
_WEB = re.compile(r"(?:https?|ftp)://[^\s/]\S*", re.IGNORECASE)
_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+")


class NotReadable(ValueError):  # noqa: N818 — said of a value, caught at once
    """The text is not of this type."""


class TooManyDigits(ValueError):  # noqa: N818
    """More digits than the app stores."""


def number(text: str, precision: Precision = NEW_APP) -> str:
    """The number in plain notation: rounded as the app's setting says, without needless zeros.

    Raises:
        NotReadable: not a number ("1,000", "12abc", full-width digits).
        TooManyDigits: more integer digits than the app's setting allows.
    """
    stripped = text.strip()
    if not _NUMBER.fullmatch(stripped):
        raise NotReadable(text)
    try:
        step = Decimal(1).scaleb(-precision.decimals)
        how = ROUNDING[precision.rounding]
        rounded = Decimal(stripped).quantize(step, how, context=_EXACT)
    except InvalidOperation:
        raise TooManyDigits(text) from None
    if rounded and rounded.adjusted() >= precision.digits - precision.decimals:
        raise TooManyDigits(text)
    plain = format(rounded, "f")
    plain = plain.rstrip("0").rstrip(".") if "." in plain else plain
    return "0" if plain in {"-0", ""} else plain


def day(text: str) -> str:
    """The date as YYYY-MM-DD; "2026" and "2026-1" are filled with 01."""
    found = _DATE.fullmatch(text.strip())
    if not found:
        raise NotReadable(text)
    year, month, of_month = (int(part or 1) for part in found.groups())
    if year < 1000:
        raise NotReadable(text)
    try:
        return date(year, month, of_month).isoformat()
    except ValueError:
        raise NotReadable(text) from None


def time_of_day(text: str) -> str:
    """The time as HH:MM, seconds cut."""
    found = _TIME.fullmatch(text.strip())
    if not found:
        raise NotReadable(text)
    hour, minute = int(found[1]), int(found[2])
    if hour > 23 or minute > 59:
        raise NotReadable(text)
    return f"{hour:02}:{minute:02}"


def moment(text: str) -> str:
    """The moment in UTC as YYYY-MM-DDTHH:MM:00Z, seconds cut; a date alone is 00:00Z."""
    stripped = text.strip()
    if "T" not in stripped:
        return f"{day(stripped)}T00:00:00Z"
    found = _OFFSET.fullmatch(stripped)
    if not found:
        raise NotReadable(text)
    day_part, _, time_part = found[1].partition("T")
    local = datetime.fromisoformat(f"{day(day_part)}T{time_of_day(time_part)}")
    try:
        utc = local.replace(tzinfo=_offset(found)).astimezone(UTC)
    except (OverflowError, ValueError):
        raise NotReadable(text) from None
    if utc.year < 1000:
        raise NotReadable(text)
    return to_minute(utc)


def to_minute(when: datetime) -> str:
    """The moment in UTC as kintone stores it, seconds cut."""
    return f"{when.astimezone(UTC):%Y-%m-%dT%H:%M:00Z}"


def _offset(found: re.Match[str]) -> timezone:
    if found[2]:
        return UTC
    distance = timedelta(hours=int(found[4]), minutes=int(found[5]))
    return timezone(distance if found[3] == "+" else -distance)


def link(text: str, *, protocol: str) -> str:
    """The link as it is; what kintone checks of telephone numbers is not known, so nothing.

    Raises:
        NotReadable: a WEB link that is no URL, a MAIL link without @.
    """
    if protocol == "WEB" and not _WEB.fullmatch(text):
        raise NotReadable(text)
    if protocol == "MAIL" and not _ADDRESS.fullmatch(text):
        raise NotReadable(text)
    return text
