"""Channels of a connection's plan."""

from typing import Any

import pytest

from jobs.models import Alert
from jobs.notices.models import NoticeChannel, NoticePlan
from jobs.notices.origins import with_stored_plan


@pytest.fixture
def plan_of() -> Any:
    """The stored plan of an alert's connection, with these values."""

    def make(alert: Alert, **values: Any) -> NoticePlan:
        plan = with_stored_plan(alert.connection).plan
        NoticePlan.objects.filter(pk=plan.pk).update(**values)
        plan.refresh_from_db()
        return plan

    return make


@pytest.fixture
def channel_of(plan_of: Any, receiver: Any) -> Any:
    """A channel of an alert's connection: by default a Slack at the receiver."""

    def make(alert: Alert, kind: str = "slack", **values: Any) -> NoticeChannel:
        defaults = {"name": kind, "url": receiver.url()}
        return NoticeChannel.objects.create(plan=plan_of(alert), kind=kind, **defaults | values)

    return make
