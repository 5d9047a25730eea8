"""The whole chain with real parts: a tick in a Celery worker, the doorbell in Redis, runs."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import timedelta

import pytest
from celery import Celery
from django.conf import settings
from django.db import connection as database

from common import clock
from jobs import runs
from jobs.models import Heartbeat, Run, Schedule
from jobs.states import RunStatus, Trigger
from tests.builders_crm import make_companies, make_department
from tests.flows.conftest import enabled_mapping

pytestmark = [pytest.mark.stack, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def celery(redis_url, monkeypatch) -> Celery:
    """A sender of tasks by name."""
    monkeypatch.delenv("CELERY_BROKER_URL", raising=False)
    app = Celery("test", broker=redis_url)
    app.conf.task_default_queue = settings.CELERY_TASK_DEFAULT_QUEUE
    app.conf.task_queues = settings.CELERY_TASK_QUEUES
    app.conf.task_routes = settings.CELERY_TASK_ROUTES
    return app


@pytest.fixture
def start_worker(redis_url, kintone, tmp_path):
    """Starts Celery workers of the product on the test's database, broker and kintone."""
    db = database.settings_dict
    server = f"{db['USER']}:{db['PASSWORD']}@{db['HOST']}:{db['PORT'] or 5432}"
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "hpsync.settings",
        "DATABASE_URL": f"postgres://{server}/{db['NAME']}",
        "CELERY_BROKER_URL": redis_url,
        "KINTONE_URL_TEMPLATE": kintone.url,
    }
    processes: list[subprocess.Popen[bytes]] = []
    log = (tmp_path / "worker.log").open("wb")

    def start(*options: str) -> None:
        command = (sys.executable, "-m", "celery", "-A", "hpsync", "worker", "--pool", "threads")
        processes.append(
            subprocess.Popen(
                [*command, "--without-gossip", "--without-mingle", *options],
                env=environment,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        )

    yield start
    for process in processes:
        process.kill()  # told to end, it would first finish what it is at
    for process in processes:
        process.wait()
    log.close()


@pytest.fixture
def worker(start_worker):
    """One that takes whatever comes."""
    start_worker("--concurrency", "4")


def wait_until(happened: Callable[[], bool], *, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline, list(Run.objects.values())
        time.sleep(0.1)


def test_a_tick_starts_what_is_due_and_a_worker_carries_it_out_parents_first(
    kintone, celery, worker
):
    companies = enabled_mapping(kintone)
    departments = enabled_mapping(
        kintone,
        connection=companies.connection,
        record_type="department",
        fields={
            "code": {"type": "SINGLE_LINE_TEXT", "label": "部署ID", "unique": True},
            "name": {"type": "SINGLE_LINE_TEXT", "label": "部署名"},
        },
        rules={"code": "external_id", "name": "name"},
    )
    make_department(make_companies(3)[0])
    Schedule.objects.update(next_due_at=clock.now() - timedelta(seconds=1))

    celery.send_task("jobs.tick")
    wait_until(lambda: len(kintone.records(departments.app)) == 1)
    wait_until(lambda: Run.objects.filter(finished_at=None).count() == 0)

    assert len(kintone.records(companies.app)) == 3
    first, second = Run.objects.order_by("id")
    assert (first.mapping, second.mapping) == (companies, departments)
    assert {first.status, second.status} == {RunStatus.SUCCEEDED}
    assert {first.trigger, second.trigger} == {Trigger.SCHEDULE}
    assert first.finished_at
    assert second.started_at
    assert first.finished_at <= second.started_at
    assert Heartbeat.objects.filter(name="tick").exists()


def test_a_message_that_is_delivered_twice_does_its_work_once(kintone, celery, worker):
    mapping = enabled_mapping(kintone)
    make_companies(2)
    run = runs.start(mapping, trigger=Trigger.MANUAL, now=clock.now())

    for _ in range(2):
        celery.send_task("jobs.run", args=[run.pk])
    wait_until(lambda: Run.objects.filter(finished_at__isnull=False).exists())
    celery.send_task("jobs.tick")
    wait_until(lambda: Heartbeat.objects.exists())

    assert Run.objects.count() == 1
    assert len(kintone.records(mapping.app)) == 2
    assert sum(exchange.method == "PUT" for exchange in kintone.requests) == 1


def test_the_clock_strikes_while_every_worker_is_at_a_long_run(kintone, celery, start_worker):
    mapping = enabled_mapping(kintone)
    make_companies(1)
    kintone.latency(60.0)
    run = runs.start(mapping, trigger=Trigger.MANUAL, now=clock.now())
    start_worker("--concurrency", "1")
    celery.send_task("jobs.run", args=[run.pk])
    wait_until(lambda: Run.objects.filter(status=RunStatus.RUNNING).exists())

    celery.send_task("jobs.tick")
    time.sleep(2)
    assert not Heartbeat.objects.exists()
    start_worker("--queues", settings.CLOCK_QUEUE, "--concurrency", "1", "--hostname", "clock@%h")
    wait_until(lambda: Heartbeat.objects.exists())

    assert Run.objects.get().status == RunStatus.RUNNING
    kintone.latency(0.0)
