"""A tenant, and pulls of it in this process."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from common import clock
from pulls import pulling, reading
from pulls.models import Pull, Tenant

NOON = datetime(2026, 11, 27, 3, 0, tzinfo=UTC)

PullNow = Callable[..., Pull]


@pytest.fixture(autouse=True)
def before_noon(time_machine: Any) -> None:
    """What a test arranges is older than a pull's overlap, whatever day it is here."""
    time_machine.move_to(NOON - timedelta(hours=1))


@pytest.fixture
def pull_now(tenant: Tenant, time_machine: Any) -> PullNow:
    """Carries out one pull from start to end; nobody really waits between attempts."""

    time_machine.move_to(NOON)

    def act(*, full: bool = False, on_page: Any = None) -> Pull:
        tenant.refresh_from_db()
        pull = pulling.start(tenant, trigger=Pull.Trigger.MANUAL, now=clock.now(), full=full)
        return reading.execute(
            pull.pk,
            owner="test",
            on_page=on_page,
            sleep=lambda seconds: time_machine.shift(timedelta(seconds=seconds)),
        )

    return act


def counts(pull: Pull) -> dict[str, int]:
    """The pull's counts that are not zero."""
    names = ("created", "updated", "unchanged", "refused")
    return {name: getattr(pull, name) for name in names if getattr(pull, name)}
