"""What died is put right, so that nothing waits for ever."""

import subprocess
import sys
from dataclasses import replace
from datetime import timedelta

import pytest

from integrations import budget
from integrations.kintone.client import REQUEST_LIFE
from jobs import liveness, runs, sweep
from jobs.ledger import ledger_of
from jobs.models import Alert, LedgerEntry, Run
from jobs.states import EntryState, FailureKind, RunStatus, Trigger
from mapping.models import Mapping
from tests.builders_mapping import make_mapping

MINUTE = timedelta(minutes=1)
ELSEWHERE = "elsewhere@1|boot|pid:[1]|1|1"


@pytest.fixture
def mapping(db) -> Mapping:
    return make_mapping(enabled=True)


@pytest.fixture
def sweep_and_ring(django_capture_on_commit_callbacks):
    """A sweep, with what it rings once it is committed."""

    def act(now):
        with django_capture_on_commit_callbacks(execute=True):
            sweep.sweep(now=now)

    return act


def queue_run(mapping, *, now, trigger=Trigger.SCHEDULE, **values) -> Run:
    return runs.start(mapping, trigger=trigger, now=now, **values)


def begin_run(mapping, *, now, owner=ELSEWHERE) -> Run:
    run = queue_run(mapping, now=now)
    assert runs.take(run.pk, owner=owner, now=now)
    return Run.objects.get(pk=run.pk)


def test_a_run_without_a_sign_of_life_for_five_minutes_is_lost(mapping, noon):
    run = begin_run(mapping, now=noon)

    sweep.sweep(now=noon + 6 * MINUTE)

    run.refresh_from_db()
    assert (run.status, run.failure_kind) == (RunStatus.FAILED, FailureKind.LOST)
    assert run.message["code"] == "lost"
    assert run.finished_at == noon + 6 * MINUTE


def test_a_run_that_gave_a_sign_of_life_goes_on(mapping, noon):
    run = begin_run(mapping, now=noon)
    runs.beat(run.pk, owner=ELSEWHERE, now=noon + 4 * MINUTE)

    sweep.sweep(now=noon + 6 * MINUTE)

    run.refresh_from_db()
    assert run.status == RunStatus.RUNNING


def test_a_run_whose_process_was_killed_is_lost_at_once(mapping, noon):
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    here = liveness.Owner.parse(liveness.owner_here())
    assert here
    owner = str(replace(here, pid=process.pid, start=liveness._start_of(process.pid) or ""))
    run = begin_run(mapping, now=noon, owner=owner)
    sweep.sweep(now=noon + MINUTE)
    run.refresh_from_db()
    assert run.status == RunStatus.RUNNING

    process.kill()
    process.wait()
    sweep.sweep(now=noon + MINUTE)

    run.refresh_from_db()
    assert run.status == RunStatus.FAILED


def test_a_lost_run_cannot_write_any_more(mapping, noon):
    run = begin_run(mapping, now=noon)

    sweep.sweep(now=noon + 6 * MINUTE)

    assert not runs.beat(run.pk, owner=ELSEWHERE, now=noon + 6 * MINUTE)


def test_what_a_lost_run_left_in_doubt_is_owed_once_its_last_request_must_be_over(mapping, noon):
    run = begin_run(mapping, now=noon)
    long = noon + timedelta(hours=1)
    entry = LedgerEntry.objects.create(
        ledger=ledger_of(mapping),
        source_id=1,
        state=EntryState.SYNCED,
        version=1,
        doubt_until=long,
        due_at=long,
        doubt_run=run.pk,
        touched_at=noon,
    )

    sweep.sweep(now=noon + 6 * MINUTE)

    entry.refresh_from_db()
    assert entry.doubt_until == entry.due_at == noon + REQUEST_LIFE


def test_a_lost_run_is_told_to_a_person(mapping, noon):
    begin_run(mapping, now=noon)

    sweep.sweep(now=noon + 6 * MINUTE)

    assert [alert.problem["code"] for alert in Alert.objects.all()] == ["lost"]


def test_the_runs_that_waited_for_a_lost_parent_are_rung(mapping, noon, rung, sweep_and_ring):
    child = make_mapping(mapping.connection, record_type="department", app=2, rules={})
    begin_run(mapping, now=noon)
    waiting = queue_run(child, now=noon, slot=noon)
    sweep_and_ring(noon + MINUTE)
    assert rung == []

    sweep_and_ring(noon + 6 * MINUTE)

    assert rung == [waiting.pk]


def test_a_clock_that_was_ahead_does_not_keep_a_dead_run_alive(mapping, noon):
    run = begin_run(mapping, now=noon + timedelta(days=30))

    sweep.sweep(now=noon)
    sweep.sweep(now=noon + 6 * MINUTE)

    run.refresh_from_db()
    assert run.status == RunStatus.FAILED


def test_a_hold_that_is_over_is_resumed_and_rung(mapping, noon, rung, sweep_and_ring):
    run = begin_run(mapping, now=noon)
    midnight = noon + timedelta(hours=12)
    budget.set_daily_requests(mapping.connection.host, mapping.app, 1)
    budget.spend(mapping.connection.host, mapping.app, now=noon)
    runs.finish(run.pk, owner=ELSEWHERE, now=noon, status=RunStatus.HELD, resume_at=midnight)
    sweep_and_ring(midnight - MINUTE)
    run.refresh_from_db()
    assert (run.status, rung) == (RunStatus.HELD, [])

    sweep_and_ring(midnight)

    run.refresh_from_db()
    assert (run.status, rung) == (RunStatus.QUEUED, [run.pk])


def test_a_run_nobody_was_told_of_is_rung(mapping, noon, rung, sweep_and_ring):
    run = queue_run(mapping, now=noon)

    sweep_and_ring(noon)

    assert rung == [run.pk]


def test_a_message_that_woke_nobody_is_sent_again_after_two_minutes(
    mapping, noon, rung, sweep_and_ring
):
    run = queue_run(mapping, now=noon)
    Run.objects.filter(pk=run.pk).update(rung_at=noon)

    sweep_and_ring(noon + MINUTE)
    assert rung == []
    sweep_and_ring(noon + 3 * MINUTE)

    assert rung == [run.pk]


def test_a_retry_of_one_record_is_rung_and_waits_for_nobody(mapping, noon, rung, sweep_and_ring):
    begin_run(mapping, now=noon)
    retry = queue_run(mapping, now=noon, trigger=Trigger.RETRY, only=1)

    sweep_and_ring(noon)

    assert rung == [retry.pk]


def test_a_test_that_nobody_executed_is_forgotten_not_sent_later(
    mapping, noon, rung, sweep_and_ring
):
    test = queue_run(mapping, now=noon, trigger=Trigger.TEST, only=1)

    sweep_and_ring(noon + 6 * MINUTE)

    test.refresh_from_db()
    assert (test.status, rung) == (RunStatus.CANCELED, [])
