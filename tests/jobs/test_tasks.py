"""The tick: what happens every minute, however often it happens."""

from datetime import timedelta

import pytest

from common import clock
from integrations.kintone import transport
from jobs import execute, liveness, tasks
from jobs.models import Heartbeat, Run, Schedule
from jobs.states import RunStatus
from tests.builders_crm import make_companies


@pytest.fixture
def tick(django_capture_on_commit_callbacks):
    """One tick, with what it rings once it is committed."""

    def act() -> None:
        with django_capture_on_commit_callbacks(execute=True):
            tasks.tick()

    return act


def fall_due() -> None:
    Schedule.objects.update(next_due_at=clock.now() - timedelta(seconds=1))


def test_a_tick_starts_what_is_due_and_rings_for_it_once(company_mapping, tick, rung):
    fall_due()

    tick()
    tick()

    assert rung[:1] == [Run.objects.get().pk]
    assert Heartbeat.objects.get().name == "tick"


def test_a_tick_without_anything_due_rings_for_nothing(company_mapping, tick, rung):
    tick()

    assert rung == []
    assert not Run.objects.exists()


def test_trouble_and_recovery_are_mailed_once_each_by_the_ticks(
    company_mapping, kintone, tick, rung, mailoutbox, monkeypatch
):
    monkeypatch.setattr(transport, "FIRST_PAUSE", 0.01)
    monkeypatch.setattr(transport, "LONGEST_PAUSE", 0.02)
    Schedule.objects.update(notify=["ops@example.com"])
    make_companies(1)
    kintone.fail(status=503, times=None)

    for healed in (False, False, True, True):
        if healed:
            kintone.heal()
        fall_due()
        tick()
        execute.execute(rung[-1], owner=liveness.owner_here())
        tick()

    subjects = [mail.subject.split("】")[0] for mail in mailoutbox]
    assert subjects == ["【自動で再試行", "【復旧"]
    assert Run.objects.filter(status=RunStatus.SUCCEEDED).count() == 2
    assert len(kintone.records(company_mapping.app)) == 1


def test_a_task_for_a_run_that_somebody_took_does_nothing(company_mapping, tick, rung, kintone):
    fall_due()
    tick()
    make_companies(1)

    tasks.run(rung[0])
    tasks.run(rung[0])

    assert Run.objects.get().status == RunStatus.SUCCEEDED
    assert len(kintone.records(company_mapping.app)) == 1
