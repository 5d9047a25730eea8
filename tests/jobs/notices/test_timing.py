"""When a notice goes, by Japan's clocks."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest

from common.clock import JAPAN
from jobs.notices.states import Digest
from jobs.notices.timing import Hours

NIGHT: dict[str, Any] = {"quiet_from": time(22), "quiet_until": time(7)}
LUNCH: dict[str, Any] = {"quiet_from": time(12), "quiet_until": time(13)}
MORNING: dict[str, Any] = {"quiet_from": time(8), "quiet_until": time(10)}


def at(text: str) -> datetime:
    """A moment of Japan's 22nd or 23rd of November."""
    day, clock = text.split()
    return datetime.fromisoformat(f"2026-11-{day}T{clock}:00").replace(tzinfo=JAPAN)


@pytest.mark.parametrize(
    ("now", "hours", "goes"),
    [
        ("22 15:10", {}, "22 15:10"),
        ("22 23:10", NIGHT, "23 07:00"),
        ("23 06:59", NIGHT, "23 07:00"),
        ("23 07:00", NIGHT, "23 07:00"),
        ("22 22:00", NIGHT, "23 07:00"),
        ("22 21:59", NIGHT, "22 21:59"),
        ("22 12:30", LUNCH, "22 13:00"),
        ("22 13:00", LUNCH, "22 13:00"),
        ("22 15:10", {"digest": Digest.HOURLY}, "22 16:00"),
        ("22 16:00", {"digest": Digest.HOURLY}, "22 17:00"),
        ("22 21:30", {"digest": Digest.HOURLY, **NIGHT}, "23 07:00"),
        ("22 08:10", {"digest": Digest.DAILY}, "22 09:00"),
        ("22 09:00", {"digest": Digest.DAILY}, "23 09:00"),
        ("22 15:10", {"digest": Digest.DAILY, **MORNING}, "23 10:00"),
        ("22 15:10", {"quiet_from": time(7), "quiet_until": time(7)}, "22 15:10"),
    ],
)
def test_what_need_not_go_at_once_waits_for_the_hour(now, hours, goes):
    moment = at(now).astimezone(UTC)

    assert Hours(**hours).go_at(moment, urgent=False) == at(goes)
    assert Hours(**hours).go_at(moment, urgent=True) == moment
    assert Hours(**hours, urgent_at_once=False).go_at(moment, urgent=True) == at(goes)


def test_pauses_grow_up_to_an_hour():
    now = at("22 10:00")
    pauses = [
        Hours().try_again_at(now, attempts=attempts, urgent=False) - now
        for attempts in (1, 2, 3, 6, 7, 500)
    ]

    assert pauses == [timedelta(minutes=minutes) for minutes in (1, 2, 4, 32, 60, 60)]


def test_nothing_is_tried_again_in_quiet_hours_but_what_is_urgent():
    now = at("22 21:59")

    assert Hours(**NIGHT).try_again_at(now, attempts=3, urgent=False) == at("23 07:00")
    assert Hours(**NIGHT).try_again_at(now, attempts=3, urgent=True) == at("22 22:03")
