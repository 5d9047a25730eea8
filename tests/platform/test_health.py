"""The two routes for whoever watches over the processes."""

from datetime import timedelta
from http import HTTPStatus

import pytest
from django.db import DatabaseError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client

from common import clock
from hpsync import health
from hpsync.celery import app
from jobs.models import Heartbeat

pytestmark = pytest.mark.django_db


@pytest.fixture
def ticking() -> Heartbeat:
    """The clock struck a moment ago."""
    return Heartbeat.objects.create(name="tick", at=clock.now())


@pytest.fixture
def broken_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    """The broker's address leads nowhere."""
    nowhere = "redis+socket:///nowhere/broker.sock?virtual_host=0"
    connect = app.connection_for_write
    monkeypatch.setattr(app, "connection_for_write", lambda **given: connect(nowhere, **given))


def _checks(client: Client, *, status: HTTPStatus) -> dict[str, str]:
    answer = client.get("/health/ready")
    assert answer.status_code == status
    assert answer["Cache-Control"].startswith("max-age=0, no-cache")
    found: dict[str, str] = answer.json()["checks"]
    return found


def test_a_process_that_answers_is_alive(client: Client) -> None:
    answer = client.get("/health/live")
    assert (answer.status_code, answer.content) == (200, b"ok")


def test_it_is_ready_when_all_it_leans_on_works(client: Client, ticking: Heartbeat) -> None:
    checks = _checks(client, status=HTTPStatus.OK)
    assert checks == dict.fromkeys(("database", "migrations", "broker", "clock"), "ok")


def test_a_clock_that_never_struck_is_told(client: Client) -> None:
    assert _checks(client, status=HTTPStatus.SERVICE_UNAVAILABLE)["clock"] == "ng"


def test_a_clock_that_stopped_is_told(client: Client, ticking: Heartbeat) -> None:
    ticking.at -= health.LONGEST_SILENCE + timedelta(seconds=1)
    ticking.save()
    assert _checks(client, status=HTTPStatus.SERVICE_UNAVAILABLE)["clock"] == "ng"


def test_a_schema_behind_the_code_is_told(client: Client, ticking: Heartbeat) -> None:
    MigrationRecorder(connection).record_unapplied("jobs", "0001_initial")
    assert _checks(client, status=HTTPStatus.SERVICE_UNAVAILABLE)["migrations"] == "ng"


def test_a_broker_that_is_gone_is_told_and_holds_nothing_up(
    client: Client, ticking: Heartbeat, broken_broker: None
) -> None:
    begun = clock.now()
    checks = _checks(client, status=HTTPStatus.SERVICE_UNAVAILABLE)
    assert (checks["broker"], checks["database"]) == ("ng", "ok")
    assert clock.now() - begun < timedelta(seconds=5)


def test_a_database_that_is_gone_is_told_without_telling_strangers_why(
    client: Client, ticking: Heartbeat, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone() -> bool:
        message = "could not connect to db.internal"
        raise DatabaseError(message)

    monkeypatch.setattr(health, "CHECKS", {**health.CHECKS, "database": gone})
    answer = client.get("/health/ready")
    assert answer.status_code == HTTPStatus.SERVICE_UNAVAILABLE
    assert "db.internal" not in answer.content.decode()
