"""The leads that a sync user sees are counted; a sharp fall is told, and heals or is accepted."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from common import clock
from crm.models import Lead, Member
from jobs import alerts, schedules, sight, tasks
from jobs.models import Alert, Schedule, SightCount
from jobs.notices import telling
from jobs.pages.health import Health, mapping_lines
from mapping.models import Mapping
from tests.builders_crm import make_company, make_lead, make_member
from tests.builders_mapping import make_mapping

HOUR = timedelta(hours=1)


@pytest.fixture
def viewer(db: None) -> Member:
    return make_member(name="佐藤 花子")


@pytest.fixture
def leads(viewer: Member, time_machine: Any) -> Mapping:
    """Leads to kintone, a hundred of which the viewer sees."""
    time_machine.move_to(datetime(2026, 11, 27, 3, 0, tzinfo=UTC))
    mapping = make_mapping(record_type="lead", rules={}, enabled=True, enabled_at=clock.now())
    schedule = schedules.ensure(mapping.connection, now=clock.now())
    Schedule.objects.filter(pk=schedule.pk).update(sync_user=viewer, notify=["ops@example.com"])
    company = make_company()
    for _number in range(100):
        make_lead(company)
    return mapping


@pytest.fixture
def later(time_machine: Any) -> Callable[..., None]:
    """So much time passes, and the sync user's leads are counted as the clock does it."""

    def act(passed: timedelta = HOUR) -> None:
        time_machine.shift(passed)
        sight.watch(now=clock.now())
        telling.tell(now=clock.now())

    return act


def hide(number: int) -> None:
    ids = Lead.objects.filter(visibility="everyone").values_list("pk", flat=True)[:number]
    Lead.objects.filter(pk__in=list(ids)).update(visibility="owner")


def show_all() -> None:
    Lead.objects.update(visibility="everyone")


def subjects() -> list[str]:
    return [str(one.subject) for one in mail.outbox]


def test_a_sharp_fall_is_told_once_by_mail_and_on_the_dashboard(leads, later):
    later()
    hide(30)
    later()
    later()

    (line,) = mapping_lines(now=clock.now())
    (subject,) = subjects()
    assert "連携ユーザーが参照できるリードが急に減りました" in subject
    assert "100件から70件" in str(mail.outbox[0].body)
    assert "グループ" in str(mail.outbox[0].body)
    assert line.health == Health.ACTION


@pytest.mark.parametrize(("before", "count"), [(100, 80), (90, 70), (1000, 801), (25, 5)])
def test_a_small_fall_is_no_news(before, count):
    assert not sight.is_sharp(before, count)


@pytest.mark.parametrize(("before", "count"), [(100, 79), (1000, 799), (21, 0)])
def test_a_fall_by_more_than_a_fifth_and_twenty_is_sharp(before, count):
    assert sight.is_sharp(before, count)


def test_it_is_over_by_itself_when_the_leads_are_seen_again_and_not_because_time_passes(
    leads, later
):
    later()
    hide(30)
    for _day in range(20):
        later(timedelta(days=1))
    lasts = alerts.open_fall(leads) is not None
    show_all()
    later()

    assert lasts
    assert alerts.open_fall(leads) is None
    assert [("復旧" in subject) for subject in subjects()] == [False, True]


def test_what_a_person_accepts_is_the_usual_count_from_then_on(
    leads, later, as_administrator: Client
):
    later()
    hide(30)
    later()

    shown = as_administrator.get(reverse("jobs:sight", args=[leads.pk])).content.decode()
    as_administrator.post(reverse("jobs:sight", args=[leads.pk]))
    later()
    quiet = alerts.open_fall(leads) is None
    hide(30)
    later()

    assert "100件から70件" in shown
    assert quiet
    assert Alert.objects.filter(ended_at=None).get().problem["params"]["usual"] == 70


def test_one_odd_count_does_not_become_the_usual_one(leads, later):
    for _hour in range(3):
        later()
    Lead.objects.update(visibility="owner")
    later()
    show_all()
    later()

    assert sight.usual(leads, now=clock.now()) == 100


def test_they_are_counted_once_an_hour_however_often_the_clock_ticks(leads, time_machine):
    for _minute in range(3):
        time_machine.shift(timedelta(minutes=1))
        tasks.tick()

    assert SightCount.objects.count() == 1


def test_a_sync_user_who_is_gone_is_another_matter(leads, later, viewer):
    later()
    Member.objects.filter(pk=viewer.pk).update(active=False)
    later()

    assert SightCount.objects.count() == 1
    assert not Alert.objects.exists()
