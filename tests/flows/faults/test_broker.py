"""The broker dies, forgets, repeats itself: a message only wakes somebody, the row is the truth."""

import time
from collections import Counter
from datetime import timedelta
from re import findall

import pytest

from common.clock import now
from jobs import runs
from jobs.models import Heartbeat, Run, Schedule
from jobs.states import RunStatus, Trigger
from tests.builders_crm import make_companies
from tests.flows.faults.conftest import ONE_BY_ONE, by_code, open_runs
from tests.flows.faults.processes import wait_until
from tests.flows.faults.wire import meanwhile


def test_a_run_is_finished_while_the_broker_is_dead_and_others_follow_when_it_is_back(
    product, programs, wire, kintone, mapping
):
    rows = make_companies(150)
    programs.worker("supervised", queues="supervised", at_once=1, supervised=True)
    wire.do(meanwhile(product.broker.kill))
    run = product.begin(mapping, queue="supervised")

    wait_until(lambda: not open_runs())
    run.refresh_from_db()
    assert (run.status, run.created) == (RunStatus.SUCCEEDED, 150)
    product.broker.start()
    rows += make_companies(1)
    product.slot()
    assert by_code(kintone, mapping) == {row.external_id: row.name for row in rows}
    # A worker that holds a message then gives up altogether (kombu 5.7): it must be started again.
    rows += make_companies(1)
    product.begin(mapping, queue="supervised")
    wait_until(lambda: not open_runs())
    assert by_code(kintone, mapping) == {row.external_id: row.name for row in rows}


def test_a_broker_that_was_killed_still_has_the_message_that_nobody_had_taken(
    product, kintone, mapping
):
    make_companies(1)
    run = runs.start(mapping, trigger=Trigger.MANUAL, now=now())
    product.ring(run, queue="nobody listens yet")
    time.sleep(1.1)  # it writes to its disk once a second

    product.broker.kill()
    product.broker.start()

    assert product.broker.redis.llen("nobody listens yet") == 1


def test_a_message_that_was_lost_is_sent_again(product, kintone, mapping):
    make_companies(1)
    run = product.begin(mapping, queue="nobody listens")
    product.broker.redis.flushall()

    wait_until(lambda: run.queued_at + timedelta(seconds=1.2) < now())
    product.tick()
    product.rest()

    run.refresh_from_db()
    assert run.status == RunStatus.SUCCEEDED
    assert len(by_code(kintone, mapping)) == 1


@pytest.mark.parametrize("second", ["while it runs", "after it ended"])
def test_a_message_that_is_delivered_twice_does_its_work_once(
    second, product, wire, kintone, mapping
):
    make_companies(2)
    run = runs.start(mapping, trigger=Trigger.MANUAL, now=now())
    if second == "while it runs":

        def ring_again() -> None:
            product.ring(run, queue=ONE_BY_ONE)
            time.sleep(0.5)

        wire.do(meanwhile(ring_again))
    product.ring(run)
    product.rest()
    run.refresh_from_db()
    ended = (run.started_at, run.finished_at)
    if second == "after it ended":
        product.ring(run, queue=ONE_BY_ONE)
        product.rest()

    run.refresh_from_db()
    assert (run.status, run.created, run.requests) == (RunStatus.SUCCEEDED, 2, 1)
    assert (run.started_at, run.finished_at) == ended
    assert len(by_code(kintone, mapping)) == 2


def test_a_run_that_outlasts_the_broker_s_patience_is_delivered_again_and_done_once(
    product, kintone, mapping
):
    make_companies(400)
    kintone.latency(after=0.7)
    said_before = len(product.programs.said())

    run = product.run(mapping, queue=ONE_BY_ONE)

    received = findall(r"Task jobs.run\[(\S+)\] received", product.programs.said()[said_before:])
    assert max(Counter(received).values()) > 1, "it was not delivered again"
    assert (run.status, run.created, run.requests) == (RunStatus.SUCCEEDED, 400, 4)
    assert run.done_before == 0, "it was taken a second time"
    assert len(by_code(kintone, mapping)) == 400


def test_two_clocks_start_a_slot_once(product, programs, kintone, mapping):
    make_companies(3)
    Schedule.objects.update(next_due_at=now() - timedelta(seconds=1))

    for _clock in range(2):
        programs.start("celery", "beat", "-S", "celery.beat:Scheduler", "--pidfile=")
    wait_until(lambda: programs.said().count("beat: Starting") == 2)
    wait_until(lambda: Heartbeat.objects.exists())
    product.rest()

    run = Run.objects.get()
    assert (run.status, run.created, run.trigger) == (RunStatus.SUCCEEDED, 3, Trigger.SCHEDULE)
    assert len(by_code(kintone, mapping)) == 3
