"""The dashboard tells of the last 30 days, by Japan's calendar."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from common import clock
from jobs.models import Run
from jobs.pages.history import HEIGHT, history
from jobs.states import RunStatus, Trigger
from mapping.models import Mapping
from tests.builders_mapping import make_mapping

pytestmark = pytest.mark.django_db

#: 9:00 of 27 November in Japan.
NOW = datetime(2026, 11, 27, 0, 0, tzinfo=UTC)


@pytest.fixture
def mapping(time_machine: Any) -> Mapping:
    time_machine.move_to(NOW)
    return make_mapping(enabled=True, enabled_at=NOW)


def make_run(mapping: Mapping, at: datetime, **values: Any) -> Run:
    known = {"trigger": Trigger.SCHEDULE, "status": RunStatus.SUCCEEDED, "slot": at}
    return Run.objects.create(mapping=mapping, queued_at=at, **{**known, **values})


def counts_by_day() -> dict[str, tuple[int, int, int]]:
    """Day → runs, records that arrived, records that were refused; of days with runs."""
    found = history(now=clock.now())
    return {f"{day.day:%m-%d}": (day.runs, day.sent, day.errors) for day in found.days if day.runs}


def test_runs_count_for_the_day_in_japan_on_which_they_began(mapping: Mapping) -> None:
    make_run(mapping, NOW, created=1, updated=2)
    make_run(mapping, datetime(2026, 11, 26, 15, 0, tzinfo=UTC), updated=4)
    make_run(mapping, datetime(2026, 11, 26, 14, 59, 59, 998_000, tzinfo=UTC), updated=8)
    make_run(mapping, datetime(2026, 11, 26, 14, 0, tzinfo=UTC), invalid=1, rejected=1)

    assert counts_by_day() == {"11-27": (2, 7, 0), "11-26": (2, 8, 2)}


def test_thirty_days_are_shown_and_none_before_them(mapping: Mapping) -> None:
    first = datetime(2026, 10, 28, 15, 0, tzinfo=UTC)
    make_run(mapping, first, created=1)
    make_run(mapping, first - timedelta(microseconds=1), created=1)

    assert counts_by_day() == {"10-29": (1, 1, 0)}
    assert len(history(now=clock.now()).days) == 30


def test_tests_of_one_record_do_not_count(mapping: Mapping) -> None:
    make_run(mapping, NOW, trigger=Trigger.TEST, only=1, created=1)

    assert counts_by_day() == {}


def test_the_highest_day_fills_the_chart_and_little_is_still_seen(mapping: Mapping) -> None:
    make_run(mapping, NOW, created=100_000)
    make_run(mapping, NOW - timedelta(days=1), created=1, status=RunStatus.FAILED)

    yesterday, today = history(now=clock.now()).bars[-2:]

    assert (today.sent, today.marked) == (HEIGHT, False)
    assert (yesterday.sent, yesterday.marked) == (2, True)


def test_the_dashboard_says_it_in_words_and_in_a_table(
    mapping: Mapping, as_administrator: Client
) -> None:
    make_run(mapping, NOW, created=1200, updated=34, rejected=5)
    make_run(mapping, NOW, status=RunStatus.FAILED)

    page = as_administrator.get("/").content.decode()

    assert "1,234件を連携し、5件がエラーになりました。中断したデータ処理は1件です。" in page
    assert '<th scope="row" class="nowrap">2026/11/27</th>' in page


def test_it_is_one_query_however_many_runs_there_are(
    mapping: Mapping, django_assert_num_queries: Any
) -> None:
    for number in range(40):
        make_run(mapping, NOW - timedelta(hours=number * 7), created=1)

    with django_assert_num_queries(1):
        history(now=clock.now())
