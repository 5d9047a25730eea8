"""Dates, times and date-times as kintone stores them, from values and from Japanese text."""

import re
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Final

from common.types import ItemValue
from mapping.converters.characters import half_width
from mapping.converters.refusals import ValueRefusedError
from mapping.converters.values import JAPAN, in_japan

#: kintone's earliest year (kintone-api.md §5, DATE).
FIRST_YEAR: Final = 1000

#: Era → the year before its first, and its last year (calendar years, so 平成31年5月1日 is read).
_ERAS: Final = {
    "明治": (1867, 1912),
    "大正": (1911, 1926),
    "昭和": (1925, 1989),
    "平成": (1988, 2019),
    "令和": (2018, 2117),
}
_ERA_LETTERS: Final = dict(zip("MTSHR", _ERAS, strict=True))
_ERA_SIGNS: Final = {"㍾": "明治", "㍽": "大正", "㍼": "昭和", "㍻": "平成", "㋿": "令和"}

_DATE: Final = re.compile(
    r"""(?:(?P<era>明治|大正|昭和|平成|令和|㍾|㍽|㍼|㍻|㋿|[MTSHR])\.?\s*(?P<era_year>元|[0-9]{1,2})
          |(?P<year>[0-9]{4}))
        \s*(?P<separator>[-/.年])\s*(?P<month>[0-9]{1,2})
        \s*[-/.月]\s*(?P<day>[0-9]{1,2})\s*日?""",
    re.VERBOSE | re.IGNORECASE,
)
_COMPACT_DATE: Final = re.compile(r"(?P<year>[0-9]{4})(?P<month>[0-9]{2})(?P<day>[0-9]{2})")
_WEEKDAY: Final = re.compile(r"\s*\([日月火水木金土](?:曜日?)?\)")
_TIME: Final = re.compile(
    r"""(?P<half>午前|午後|AM|PM)?\s*
        (?P<hour>[0-9]{1,2})(?:\s*[:時]\s*(?P<minute>[0-9]{1,2})?\s*分?
        (?:\s*:?\s*(?P<second>[0-9]{1,2})(?:\.[0-9]+)?\s*秒?)?)?
        \s*(?P<after>AM|PM)?""",
    re.VERBOSE | re.IGNORECASE,
)
_ZONE: Final = re.compile(
    r"\s*(?:(?P<utc>Z|UTC|GMT)|(?P<sign>[+-])(?P<hours>[0-9]{2}):?(?P<minutes>[0-9]{2}))$",
    re.IGNORECASE,
)


def kintone_date(value: ItemValue) -> str:
    """`YYYY-MM-DD`; of a date-time its day in Japan."""
    match value:
        case datetime():
            day = in_japan(value).date()
        case date():
            day = value
        case _:
            day = _day_in_japan(str(value))
    _require_known_year(day)
    return day.isoformat()


def kintone_time(value: ItemValue) -> str:
    """`HH:MM`, seconds cut; of a date-time its time in Japan."""
    match value:
        case datetime():
            moment = in_japan(value).time()
        case time():
            moment = value
        case _:
            moment = _time_in_japan(str(value))
    return f"{moment.hour:02}:{moment.minute:02}"


def kintone_datetime(value: ItemValue) -> str:
    """`YYYY-MM-DDTHH:MM:00Z` in UTC, seconds cut; a date is its midnight in Japan."""
    match value:
        case datetime():
            moment = value if value.tzinfo else value.replace(tzinfo=JAPAN)
        case date():
            moment = datetime.combine(value, time(), tzinfo=JAPAN)
        case _:
            moment = parse_datetime(str(value))
    try:
        moment = moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueRefusedError("date_out_of_range") from error
    _require_known_year(moment.date())
    return moment.replace(second=0, microsecond=0, tzinfo=None).isoformat() + "Z"


def parse_datetime(text: str) -> datetime:
    """The moment that `text` says; without a zone in Japan time, without a time at midnight."""
    day, moment, zone = _moment_or_day(text, code="not_a_datetime")
    return datetime.combine(day, moment or time(), tzinfo=zone or JAPAN)


def parse_time(text: str, *, code: str) -> time:
    """The time of day that `text` says: "9:30", "９時３０分", "午後3時", "3:30 PM"."""
    match = _TIME.fullmatch(half_width(text))
    if not match or not (match["minute"] or match["after"] or match["half"] or "時" in text):
        raise ValueRefusedError(code)
    hour = int(match["hour"])
    half = (match["half"] or match["after"] or "").upper()
    if half in ("午後", "PM") and hour < 12:
        hour += 12
    elif half in ("午前", "AM") and hour == 12:
        hour = 0
    try:
        return time(hour, int(match["minute"] or 0), int(match["second"] or 0))
    except ValueError as error:
        raise ValueRefusedError(code) from error


def _day_in_japan(text: str) -> date:
    day, moment, zone = _moment_or_day(text, code="not_a_date")
    return in_japan(datetime.combine(day, moment or time(), tzinfo=zone)).date() if zone else day


def _time_in_japan(text: str) -> time:
    try:
        return parse_time(text, code="not_a_time")
    except ValueRefusedError:
        day, moment, zone = _moment_or_day(text, code="not_a_time")
        if moment is None:
            raise
        return in_japan(datetime.combine(day, moment, tzinfo=zone)).time()


def _moment_or_day(text: str, *, code: str) -> tuple[date, time | None, timezone | None]:
    """The day, and the time and zone where given, that `text` says."""
    body = half_width(text)
    match = _DATE.match(body) or _COMPACT_DATE.match(body)
    # Without anything in between, where the day ends is a guess: "2024/1/112:30".
    if not match or (match[0][-1].isdigit() and body[match.end() : match.end() + 1].isdigit()):
        raise ValueRefusedError(code)
    try:
        day = date(_year(match.groupdict(), code=code), int(match["month"]), int(match["day"]))
    except ValueError as error:
        raise ValueRefusedError(code) from error
    rest = _WEEKDAY.sub("", body[match.end() :], count=1).strip().removeprefix("T").strip()
    if not rest:
        return day, None, None
    zone = _zone(_ZONE.search(rest), code=code)
    return day, parse_time(_ZONE.sub("", rest), code=code), zone


def _year(parts: dict[str, str | None], *, code: str) -> int:
    if year := parts["year"]:
        return int(year)
    era = str(parts["era"])
    before, last = _ERAS[_ERA_LETTERS.get(era.upper()) or _ERA_SIGNS.get(era) or era]
    count = 1 if parts["era_year"] == "元" else int(str(parts["era_year"]))
    if not 0 < count <= last - before:
        raise ValueRefusedError(code)
    return before + count


def _zone(match: re.Match[str] | None, *, code: str) -> timezone | None:
    if not match:
        return None
    if match["utc"]:
        return UTC
    offset = timedelta(hours=int(match["hours"]), minutes=int(match["minutes"]))
    if offset >= timedelta(hours=24):
        raise ValueRefusedError(code)
    return timezone(offset if match["sign"] == "+" else -offset)


def _require_known_year(day: date) -> None:
    if day.year < FIRST_YEAR:
        raise ValueRefusedError("date_out_of_range")
