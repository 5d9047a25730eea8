"""A mapping of companies into an app of the sandbox; step 1 as somebody fills it in."""

from collections.abc import Callable
from ipaddress import ip_network
from typing import Any

import pytest
from django.test import Client

from mapping.models import Mapping
from tests.flows.conftest import chain, enabled_mapping  # noqa: F401 — a fixture
from tests.jobs.notices.receiver import Receiver
from tests.pages.reading import Page, filled


@pytest.fixture
def company_mapping(kintone: Any, db: None) -> Mapping:
    """Companies into an app of the sandbox, by external ID; enabled before anything was fed in."""
    return enabled_mapping(kintone)


@pytest.fixture
def submit_step1(as_administrator: Client, kintone: Any) -> Callable[..., Page]:
    """Fills in and sends a new connection: the sandbox's login, changed where asked for."""

    def submit(action: str, **changes: str) -> Page:
        given = {
            "name": "本番",
            "subdomain": "demo",
            "login": kintone.login,
            "password": kintone.password,
            "action": action,
            **changes,
        }
        empty = Page(as_administrator.get("/settings/new/"))
        answer = as_administrator.post("/settings/new/", filled(empty, given), follow=True)
        return Page(answer)

    return submit


@pytest.fixture
def receiver(settings: Any) -> Any:
    settings.NOTICE_INSIDE_NETWORKS = [ip_network("127.0.0.1/32")]
    receiver = Receiver()
    yield receiver
    receiver.close()
