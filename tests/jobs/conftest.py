"""A mapping into the sandbox, a moment to begin at, alerts, and servers that take notices."""

from collections.abc import Iterator
from datetime import UTC, datetime
from ipaddress import ip_network
from typing import Any

import pytest

from common.problems import Problem
from jobs import runs, schedules
from jobs.models import Alert, Schedule
from jobs.states import AlertKind, Trigger
from mapping.models import Mapping
from tests.builders_mapping import make_connection, make_mapping
from tests.flows.conftest import enabled_mapping
from tests.jobs.mail_server import MailServer
from tests.jobs.notices.receiver import Receiver

ADDRESSES = ["ops@example.com", "boss@example.com"]


@pytest.fixture
def noon() -> datetime:
    """12:00 in Japan on a Sunday."""
    return datetime(2026, 11, 22, 3, 0, tzinfo=UTC)


@pytest.fixture
def company_mapping(kintone: Any, db: None) -> Mapping:
    """Companies into an app of the sandbox, by external ID; enabled before anything was fed in."""
    return enabled_mapping(kintone)


@pytest.fixture
def server(settings):
    """A mail server that the product sends through."""
    server = MailServer()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST = "127.0.0.1"
    settings.EMAIL_PORT = server.controller.port
    server.controller.start()
    yield server
    server.controller.stop()


@pytest.fixture
def alert_of(noon):
    """An alert of a mapping of 「本番」 that began at noon."""

    def make(
        kind=AlertKind.CONFIGURATION,
        code="kintone_config.login",
        *,
        whole=True,
        notify=ADDRESSES,
        name="本番",
        **values,
    ) -> Alert:
        connection = make_connection(name=name)
        schedule = schedules.ensure(connection, now=noon)
        Schedule.objects.filter(pk=schedule.pk).update(notify=list(notify))
        mapping = make_mapping(connection, enabled=True)
        run = runs.start(mapping, trigger=Trigger.SCHEDULE, now=noon)
        return Alert.objects.create(
            connection=connection,
            mapping=None if whole else mapping,
            kind=kind,
            problem=Problem(code=code).as_json(),
            run=run,
            began_at=noon,
            **values,
        )

    return make


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    """A server for notices on this machine, to which the operator lets them go."""
    settings.NOTICE_INSIDE_NETWORKS = [ip_network("127.0.0.1/32")]
    receiver = Receiver()
    yield receiver
    receiver.close()
