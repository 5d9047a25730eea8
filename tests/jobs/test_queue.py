"""The doorbell."""

import pytest
from celery import Celery

from jobs import queue, runs
from jobs.models import Run
from jobs.states import Trigger
from tests.builders_mapping import make_mapping

ring_for_real = queue.ring_now


def broker_at(url: str, monkeypatch: pytest.MonkeyPatch) -> Celery:
    """Let the doorbell ring at this broker; in the environment it would come before `broker`."""
    monkeypatch.delenv("CELERY_BROKER_URL", raising=False)
    broker = Celery("test", broker=url)
    monkeypatch.setattr(queue, "current_app", broker)
    return broker


@pytest.fixture
def run(db, noon) -> Run:
    """A queued run."""
    return runs.start(make_mapping(), trigger=Trigger.MANUAL, now=noon)


def test_the_bell_rings_when_the_transaction_is_committed_not_before(
    run, rung, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        queue.ring(run.pk)
        assert rung == []

    assert rung == [run.pk]


def test_a_ringing_leaves_a_message_with_the_runs_number_and_is_written_down(run, monkeypatch):
    broker = broker_at("memory://", monkeypatch)

    ring_for_real(run.pk)

    with broker.connection_for_read() as connection:
        message = connection.SimpleQueue("celery").get(block=False)
    run.refresh_from_db()
    assert message.headers["task"] == "jobs.run"
    assert message.payload[0] == [run.pk]
    assert run.rung_at is not None


def test_a_broker_that_is_down_breaks_nothing_and_the_run_waits_to_be_rung_again(
    run, monkeypatch, caplog
):
    broker_at("redis://127.0.0.1:1/0", monkeypatch)

    ring_for_real(run.pk)

    run.refresh_from_db()
    assert run.rung_at is None
    assert "ringing later" in caplog.text
