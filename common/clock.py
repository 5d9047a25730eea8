"""What time it is, and Japan's calendar day, by which budgets are counted."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils import timezone

JAPAN = ZoneInfo("Asia/Tokyo")


def now() -> datetime:
    """This moment, aware, UTC."""
    return timezone.now()


def japan_day(moment: datetime) -> date:
    """The calendar day in Japan at `moment`."""
    return moment.astimezone(JAPAN).date()


def next_japan_midnight(moment: datetime) -> datetime:
    """The next 0:00 Japan time after `moment`."""
    tomorrow = japan_day(moment) + timedelta(days=1)
    return datetime(tomorrow.year, tomorrow.month, tomorrow.day, tzinfo=JAPAN)
