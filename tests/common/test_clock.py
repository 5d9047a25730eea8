"""Japan's calendar, by which budgets are counted."""

from datetime import UTC, date, datetime, timedelta

import pytest

from common import clock


def _utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        ("2026-11-22T14:59:59", date(2026, 11, 22)),
        ("2026-11-22T15:00:00", date(2026, 11, 23)),
        ("2026-12-31T15:00:00", date(2027, 1, 1)),
    ],
)
def test_japans_day_begins_at_15_utc(moment: str, day: date) -> None:
    assert clock.japan_day(_utc(moment)) == day


@pytest.mark.parametrize(
    ("moment", "midnight"),
    [
        ("2026-11-22T14:59:59", "2026-11-22T15:00:00"),
        ("2026-11-22T15:00:00", "2026-11-23T15:00:00"),
        ("2026-02-28T15:00:00", "2026-03-01T15:00:00"),
    ],
)
def test_the_next_midnight_in_japan_is_always_ahead(moment: str, midnight: str) -> None:
    assert clock.next_japan_midnight(_utc(moment)) == _utc(midnight)


def test_now_is_aware_and_utc() -> None:
    assert clock.now().utcoffset() == timedelta(0)
