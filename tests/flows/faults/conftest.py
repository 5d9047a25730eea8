"""A running product: two workers, a broker, a mail server, the way to kintone.

They are started once and serve all tests of this folder; what a test wants to die it starts itself.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from celery import Celery
from django.conf import settings

from common import clock
from jobs import runs
from jobs.models import Run, Schedule
from jobs.states import RunStatus, Trigger
from mapping.models import Mapping
from tests.flows.conftest import enabled_mapping
from tests.flows.faults.processes import Broker, Programs, wait_until
from tests.flows.faults.wire import Wire
from tests.jobs.mail_server import MailServer

#: What the two workers listen to: as shipped, and with one request at once.
SHIPPED, ONE_BY_ONE = settings.CELERY_TASK_DEFAULT_QUEUE, "one-by-one"
QUEUES = (SHIPPED, settings.CLOCK_QUEUE, ONE_BY_ONE)
#: What nobody listens to but a worker that is to die.
DOOMED = "doomed"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All of them on one worker of pytest-xdist: they share processes."""
    for item in items:
        if "/flows/faults/" in str(item.path):
            item.add_marker(pytest.mark.xdist_group("faults"))


@dataclass(slots=True)
class Product:
    """What a test does with the running product."""

    broker: Broker
    programs: Programs
    mails: MailServer
    celery: Celery

    def ring(self, run: Run, *, queue: str = SHIPPED) -> None:
        """Wake a worker for the run."""
        Run.objects.filter(pk=run.pk).update(rung_at=clock.now())
        self._send("jobs.run", run.pk, queue=queue)

    def tick(self, *, queue: str = settings.CLOCK_QUEUE) -> None:
        """The clock strikes."""
        self._send("jobs.tick", queue=queue)

    def begin(self, mapping: Mapping, *, queue: str = SHIPPED) -> Run:
        """A run that a worker is woken for."""
        run = runs.start(mapping, trigger=Trigger.MANUAL, now=clock.now())
        self.ring(run, queue=queue)
        return run

    def run(self, mapping: Mapping, *, queue: str = SHIPPED) -> Run:
        """A run of the mapping, as it ended or is held."""
        run = self.begin(mapping, queue=queue)
        wait_until(lambda: not open_runs())
        self.rest()
        run.refresh_from_db()
        return run

    def slot(self) -> None:
        """All schedules fall due, the clock strikes, and everything that follows is done."""
        Schedule.objects.update(next_due_at=clock.now() - timedelta(seconds=1))
        self.tick()
        self.rest()

    def rest(self) -> None:
        """Wait until there is nothing left to do."""
        for _twice in range(2):  # a message that was just taken is nowhere for a moment
            wait_until(lambda: self.broker.is_at_rest(QUEUES))
            time.sleep(0.02)

    def _send(self, task: str, *args: object, queue: str) -> None:
        with self.celery.connection(self.broker.url) as connection:
            self.celery.send_task(task, args=args, queue=queue, connection=connection)


@pytest.fixture(scope="session")
def wire() -> Iterator[Wire]:
    """The way to kintone."""
    with Wire() as wire:
        yield wire


@pytest.fixture(scope="session")
def mail_server() -> Iterator[MailServer]:
    server = MailServer()
    server.controller.start()
    yield server
    server.controller.stop()


@pytest.fixture(scope="session")
def running(
    django_db_setup: None, wire: Wire, mail_server: MailServer, tmp_path_factory: Any
) -> Iterator[Product]:
    """The product, started once."""
    folder = tmp_path_factory.mktemp("faults")
    broker = Broker(folder)
    broker.start()
    port = mail_server.controller.port
    programs = Programs(
        folder,
        {
            "CELERY_BROKER_URL": broker.url,
            "KINTONE_URL_TEMPLATE": wire.url,
            "EMAIL_URL": f"smtp://127.0.0.1:{port}",
        },
    )
    programs.worker("shipped", queues=f"{SHIPPED},{settings.CLOCK_QUEUE}")
    programs.worker("single", queues=ONE_BY_ONE, at_once=1)
    celery = Celery("faults", set_as_current=False)
    celery.conf.task_default_queue = SHIPPED
    celery.conf.task_queues = settings.CELERY_TASK_QUEUES
    yield Product(broker, programs, mail_server, celery)
    programs.kill_all()
    broker.close()
    celery.close()


@pytest.fixture
def product(
    running: Product, wire: Wire, kintone: Any, transactional_db: None
) -> Iterator[Product]:
    """The running product, in front of this test's empty database and kintone."""
    running.broker.redis.flushdb()
    running.mails.mails.clear()
    wire.lead_to(kintone.url)
    yield running
    wire.heal()
    running.rest()


@pytest.fixture
def mapping(product: Product, kintone: Any) -> Mapping:
    """Companies into an app of the sandbox; its connection tells somebody by mail."""
    mapping = enabled_mapping(kintone)
    Schedule.objects.update(notify=["ops@example.com"])
    return mapping


@pytest.fixture
def programs(product: Product, tmp_path: Any) -> Iterator[Programs]:
    """Starts processes for this test only."""
    programs = Programs(tmp_path, product.programs.environment)
    yield programs
    programs.kill_all()


def by_code(kintone: Any, mapping: Mapping) -> dict[str, str]:
    """Key → name of everything that the mapping's app holds; no key may be there twice."""
    records = kintone.records(mapping.app)
    held = {record["code"]: record["name"] for record in records}
    assert len(held) == len(records)
    return held


def open_runs() -> int:
    """How many runs are queued or running."""
    return Run.objects.filter(status__in=[RunStatus.QUEUED, RunStatus.RUNNING]).count()
