"""A Celery worker is killed at a step of a run; the next slot makes good whatever it left."""

import pytest

from jobs.models import LedgerEntry, Run
from jobs.states import FailureKind, RunStatus
from tests.builders_crm import change, make_companies
from tests.flows.faults.conftest import DOOMED, by_code


@pytest.fixture
def die(product, programs):
    """Lets a worker take the run and die at the step that is named."""

    def act(mapping, step: str) -> Run:
        worker = programs.worker("doomed", queues=DOOMED, dies=step, at_once=1)
        run = product.begin(mapping, queue=DOOMED)
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
