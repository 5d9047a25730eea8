"""A Celery worker is killed at a step of a run; the next slot makes good whatever it left."""

from datetime import timedelta

import pytest

from common.clock import now
from integrations import budget
from jobs.models import Alert, LedgerEntry, Run
from jobs.notices.models import Delivery
from jobs.states import AlertKind, FailureKind, RunStatus
from tests.builders_crm import change, make_companies
from tests.flows.faults.conftest import DOOMED, by_code
from tests.flows.faults.processes import wait_until


@pytest.fixture
def die(product, programs):
    """Lets a worker take the run and die at the step that is named."""

    def act(mapping, step: str) -> Run:
        worker = programs.worker("doomed", queues=DOOMED, dies=step, at_once=1)
        run: Run = product.begin(mapping, queue=DOOMED)
        assert worker.wait(timeout=30) == -9, programs.said()
        run.refresh_from_db()
        return run

    return act


@pytest.mark.parametrize(
    ("step", "arrived"),
    [
        ("after taking the run", 0),
        ("before the request", 0),
        ("after kintone's answer", 100),
        ("between two batches", 100),
        ("before the run's end", 150),
    ],
)
def test_nothing_is_lost_and_nothing_doubled(step, arrived, die, product, kintone, mapping):
    rows = make_companies(150, name="A")
    dead = die(mapping, step)
    assert (dead.status, len(by_code(kintone, mapping))) == (RunStatus.RUNNING, arrived)
    change(rows[0], name="B")

    product.slot()

    dead.refresh_from_db()
    assert (dead.status, dead.failure_kind) == (RunStatus.FAILED, FailureKind.LOST)
    assert Run.objects.latest("pk").status == RunStatus.SUCCEEDED
    wanted = {row.external_id: row.name for row in rows}
    assert by_code(kintone, mapping) == wanted
    assert not LedgerEntry.objects.filter(doubt_until__isnull=False).exists()


def test_a_worker_that_dies_while_it_holds_the_run_leaves_it_to_be_held_again(
    die, product, kintone, mapping
):
    rows = make_companies(150, name="A")
    budget.set_daily_requests(mapping.connection.host, mapping.app, 1)
    dead = die(mapping, "before the run's end")

    product.slot()

    held = Run.objects.latest("pk")
    assert (dead.status, held.status) == (RunStatus.RUNNING, RunStatus.HELD)
    assert len(by_code(kintone, mapping)) == 100
    budget.set_daily_requests(mapping.connection.host, mapping.app, 2)
    product.tick()
    product.rest()
    held.refresh_from_db()
    assert held.status == RunStatus.SUCCEEDED
    assert len(by_code(kintone, mapping)) == len(rows)


@pytest.mark.parametrize("trouble", ["held", "down"])
def test_a_person_is_told_once_though_the_worker_died_while_it_alerted(
    trouble, die, product, kintone, mapping
):
    make_companies(1)
    if trouble == "held":
        budget.set_daily_requests(mapping.connection.host, mapping.app, 0)
    else:
        kintone.fail(status=503, body="<html>Service Unavailable</html>", times=None)
    die(mapping, "before the alert")

    product.tick()
    product.rest()
    for _slot in range(3):
        product.slot()

    subjects = product.mails.subjects()
    open_alerts = Alert.objects.filter(ended_at=None).values_list("kind", flat=True)
    wanted = AlertKind.BUDGET if trouble == "held" else AlertKind.UNREACHABLE
    assert wanted in set(open_alerts)
    assert len(subjects) == len(set(subjects)) == Alert.objects.count(), subjects


def test_that_a_run_was_lost_is_told_though_the_clock_s_worker_died_while_it_alerted(
    die, product, programs, mapping
):
    make_companies(1)
    die(mapping, "before the request")
    clock = programs.worker("doomed clock", queues=DOOMED, dies="before the alert")
    product.tick(queue=DOOMED)
    assert clock.wait(timeout=30) == -9, programs.said()

    product.tick()
    product.rest()

    assert [alert.problem["code"] for alert in Alert.objects.all()] == ["lost"]
    assert len(product.mails.subjects()) == 1


@pytest.mark.parametrize(
    ("step", "told"), [("before the mail", 1), ("after the mail", 2)], ids=["before", "after"]
)
def test_a_mail_is_sent_again_by_another_where_its_sender_died_over_it(
    step, told, product, programs, kintone, mapping
):
    make_companies(1)
    kintone.fail(status=503, body="<html>Service Unavailable</html>", times=None)
    assert product.run(mapping).status == RunStatus.FAILED
    clock = programs.worker("doomed clock", queues=DOOMED, dies=step)
    product.tick(queue=DOOMED)
    assert clock.wait(timeout=30) == -9, programs.said()
    product.tick()
    product.rest()
    assert len(product.mails.mails) == told - 1, "while its claim is fresh nobody else sends it"

    void = timedelta(seconds=1)
    wait_until(lambda: Delivery.objects.filter(sending_at__lt=now() - void).exists())
    for _tick in range(3):
        product.tick()
        product.rest()

    # At least once: whether the mail server has it cannot be known by who comes after.
    assert len(product.mails.mails) == told
