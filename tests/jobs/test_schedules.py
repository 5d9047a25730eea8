"""When a connection falls due, and what is started then."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest
from django.db import connection as database

from jobs import runs, schedules
from jobs.models import Run, Schedule
from jobs.states import Interval, RunStatus, Trigger
from mapping.models import Mapping
from tests.builders_mapping import make_connection, make_mapping

MINUTE = timedelta(minutes=1)


@pytest.fixture
def mapping(db, noon) -> Mapping:
    """An enabled mapping whose connection falls due five minutes after noon."""
    mapping = make_mapping(enabled=True)
    schedules.ensure(mapping.connection, interval=Interval.MINUTES_5, now=noon)
    return mapping


def next_due(mapping: Mapping) -> datetime:
    return Schedule.objects.get(connection=mapping.connection_id).next_due_at


def test_a_new_connection_falls_due_one_interval_later(db, noon):
    schedule = schedules.ensure(make_connection(), interval=Interval.HOURS_3, now=noon)

    assert schedule.next_due_at == noon + timedelta(hours=3)


def test_a_connection_that_has_a_schedule_keeps_it(mapping, noon):
    later = noon + timedelta(hours=1)

    schedule = schedules.ensure(mapping.connection, interval=Interval.HOURS_24, now=later)

    assert (schedule.interval, schedule.next_due_at) == ("5m", noon + 5 * MINUTE)


def test_nothing_is_started_before_it_is_due(mapping, noon):
    assert schedules.claim_due(now=noon + 4 * MINUTE) == []
    assert not Run.objects.exists()


def test_a_due_connection_gets_one_queued_run_per_enabled_mapping(mapping, noon):
    other = make_mapping(mapping.connection, app=2, enabled=True)
    make_mapping(mapping.connection, app=3, enabled=False)

    queued = schedules.claim_due(now=noon + 5 * MINUTE)

    assert {run.mapping_id for run in queued} == {mapping.pk, other.pk}
    assert {(run.status, run.trigger, run.slot) for run in queued} == {
        (RunStatus.QUEUED, Trigger.SCHEDULE, noon + 5 * MINUTE)
    }


def test_parents_are_queued_before_their_children(mapping, noon):
    for app, record_type in enumerate(["lead", "department"], start=2):
        make_mapping(mapping.connection, record_type=record_type, app=app, rules={}, enabled=True)

    queued = schedules.claim_due(now=noon + 5 * MINUTE)

    types = [run.mapping.record_type for run in queued]
    assert types == ["company", "department", "lead"]


def test_a_slot_is_started_once(mapping, noon):
    schedules.claim_due(now=noon + 5 * MINUTE)

    assert schedules.claim_due(now=noon + 6 * MINUTE) == []


def test_a_tick_that_saw_the_slot_before_another_took_it_gets_nothing(mapping, noon):
    seen = Schedule.objects.get()
    schedules.claim_due(now=noon + 5 * MINUTE)
    Run.objects.update(status=RunStatus.SUCCEEDED)

    assert schedules._claim(seen, now=noon + 5 * MINUTE) == []


def test_missed_slots_are_skipped_and_the_grid_is_kept(mapping, noon):
    queued = schedules.claim_due(now=noon + 63 * MINUTE)

    assert len(queued) == 1
    assert next_due(mapping) == noon + 65 * MINUTE


def test_a_mapping_still_at_work_gets_no_second_run_but_the_others_do(mapping, noon):
    other = make_mapping(mapping.connection, app=2, enabled=True)
    runs.start(mapping, trigger=Trigger.MANUAL, now=noon)

    queued = schedules.claim_due(now=noon + 5 * MINUTE)

    assert [run.mapping_id for run in queued] == [other.pk]


def test_another_interval_takes_effect_from_now(mapping, noon):
    schedule = Schedule.objects.get(connection=mapping.connection)

    schedules.set_interval(schedule, interval=Interval.MINUTES_30, now=noon + 2 * MINUTE)

    assert next_due(mapping) == noon + 32 * MINUTE


def test_saving_the_same_interval_postpones_nothing(mapping, noon):
    schedule = Schedule.objects.get(connection=mapping.connection)

    schedules.set_interval(schedule, interval=Interval.MINUTES_5, now=noon + 2 * MINUTE)

    assert next_due(mapping) == noon + 5 * MINUTE


def test_a_clock_that_was_ahead_does_not_put_the_schedule_to_sleep(mapping, noon):
    Schedule.objects.update(next_due_at=noon + timedelta(days=365))

    queued = schedules.claim_due(now=noon)

    assert len(queued) == 1
    assert queued[0].slot == noon
    assert noon < next_due(mapping) <= noon + 5 * MINUTE


@pytest.mark.parametrize("interval", Interval)
def test_every_interval_leads_from_slot_to_slot(interval):
    due = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)

    after = schedules.slot_after(due, interval=interval, now=due)

    assert after - due == interval.length


@pytest.mark.django_db(transaction=True)
def test_of_many_ticks_at_once_one_starts_each_run(noon):
    mapping = make_mapping(enabled=True)
    schedules.ensure(mapping.connection, now=noon)
    ticks = 8
    together = Barrier(ticks)

    def tick(_number: int) -> int:
        try:
            together.wait()
            return len(schedules.claim_due(now=noon + 5 * MINUTE))
        finally:
            database.close()

    with ThreadPoolExecutor(ticks) as pool:
        started = list(pool.map(tick, range(ticks)))

    assert sorted(started) == [0] * (ticks - 1) + [1]
    assert Run.objects.count() == 1


def test_a_clock_that_saw_the_slot_before_another_took_it_starts_nothing_when_that_has_ended(
    mapping, noon
):
    due = noon + 5 * MINUTE
    seen = Schedule.objects.get()

    schedules.claim_due(now=due)
    Run.objects.update(status=RunStatus.SUCCEEDED)

    assert schedules._claim(seen, now=due) == []
    assert Run.objects.count() == 1
