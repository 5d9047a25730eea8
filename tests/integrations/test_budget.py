"""How many requests an app may be asked in a day."""

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings
from django.db import connection

from common.clock import JAPAN
from integrations import budget
from integrations.kintone.errors import AllowanceSpentError
from integrations.models import RequestDay

HOST = "demo.cybozu.com"
NOON = datetime(2026, 11, 22, 12, tzinfo=JAPAN)

pytestmark = pytest.mark.django_db


def spend(times=1, *, host=HOST, app=1, now=NOON):
    for _ in range(times):
        budget.spend(host, app, now=now)


def test_an_app_that_nobody_set_has_the_originals_5000_a_day():
    assert budget.daily_requests(HOST, 1) == 5000
    assert budget.left(HOST, 1, now=NOON) == 5000
    assert budget.used(HOST, 1, now=NOON) == 0


def test_what_is_spent_is_used_and_no_longer_left():
    spend(3)

    assert budget.used(HOST, 1, now=NOON) == 3
    assert budget.left(HOST, 1, now=NOON) == 4997


def test_the_last_request_is_granted_and_the_next_refused_without_counting():
    budget.set_daily_requests(HOST, 1, 2)
    spend(2)

    with pytest.raises(AllowanceSpentError):
        spend()

    assert budget.used(HOST, 1, now=NOON) == 2
    assert budget.left(HOST, 1, now=NOON) == 0


def test_an_app_that_may_be_asked_nothing_is_asked_nothing():
    budget.set_daily_requests(HOST, 1, 0)

    with pytest.raises(AllowanceSpentError):
        spend()


def test_the_day_ends_at_midnight_in_japan():
    budget.set_daily_requests(HOST, 1, 1)
    spend(now=datetime(2026, 11, 22, 14, 59, 59, tzinfo=UTC))

    with pytest.raises(AllowanceSpentError):
        spend(now=datetime(2026, 11, 22, 14, 59, 59, tzinfo=UTC))
    spend(now=datetime(2026, 11, 22, 15, 0, 0, tzinfo=UTC))


def test_each_app_of_each_kintone_has_its_own():
    budget.set_daily_requests(HOST, 1, 1)
    spend(app=1)
    spend(app=2)
    spend(app=1, host="other.cybozu.com")

    assert budget.left(HOST, 1, now=NOON) == 0


def test_a_raised_limit_counts_at_once_and_a_lowered_one_leaves_nothing_negative():
    budget.set_daily_requests(HOST, 1, 2)
    spend(2)
    budget.set_daily_requests(HOST, 1, 3)
    spend()
    budget.set_daily_requests(HOST, 1, 1)

    assert budget.left(HOST, 1, now=NOON) == 0
    with pytest.raises(AllowanceSpentError):
        spend()


def test_spending_reads_the_budget_and_counts_in_one_update(django_assert_num_queries):
    spend()

    with django_assert_num_queries(2):
        spend()


def test_a_meter_counts_what_kintone_counts_against_an_app():
    meter = budget.Meter(HOST)

    meter.spend(app=1)
    meter.spend(app=None)

    assert sum(RequestDay.objects.values_list("used", flat=True)) == 1


def run_spenders(database_url, tmp_path):
    """Eight threads of another process spend 20 each on a budget of 100; what they got."""
    environment = os.environ | {
        "DATABASE_URL": database_url,
        "VAR_DIR": str(tmp_path),
        "SECRET_KEY": settings.SECRET_KEY,
        "CREDENTIAL_KEYS": ",".join(settings.CREDENTIAL_KEYS),
    }
    command = [sys.executable, "-m", "tests.integrations.spenders"]
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, check=False, timeout=100
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_threads_never_spend_more_than_there_is_on_sqlite(tmp_path):
    url = f"sqlite:///{tmp_path / 'budget.sqlite3'}"

    assert run_spenders(url, tmp_path) == ["granted=100", "refused=60", "used=100"]


@pytest.mark.stack
@pytest.mark.django_db(transaction=True)
def test_threads_never_spend_more_than_there_is_on_postgresql(tmp_path):
    given = connection.settings_dict
    user = given["USER"] + (f":{given['PASSWORD']}" if given["PASSWORD"] else "")
    url = f"postgres://{user}@{given['HOST']}:{given['PORT'] or 5432}/{given['NAME']}"

    assert run_spenders(url, tmp_path) == ["granted=100", "refused=60", "used=100"]


def test_yesterdays_count_stays_to_be_seen():
    spend(2, now=NOON - timedelta(days=1))
    spend(1)

    assert budget.used(HOST, 1, now=NOON - timedelta(days=1)) == 2


@pytest.mark.parametrize(
    ("hour", "used", "yesterday", "at"),
    [
        (12, 2500, None, None),  # as much again would do
        (12, 3000, None, "20:00"),
        (0, 3000, None, None),  # the first minutes of a first day tell nothing
        (6, 3000, 1000, "21:00"),  # 4,000 in 30 hours
        (6, 100, 1000, None),
        (12, 5000, 5000, None),  # it is used up already
        (12, 0, None, None),
    ],
)
def test_at_the_pace_so_far_it_is_told_when_the_day_s_requests_run_out(hour, used, yesterday, at):
    now = datetime(2026, 11, 27, hour, tzinfo=JAPAN)

    told = budget.runs_out_at(used=used, yesterday=yesterday, daily=5000, now=now)

    assert (told and f"{told.astimezone(JAPAN):%H:%M}") == at
