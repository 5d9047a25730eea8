"""A mapping into an app of the sandbox, and 操作履歴 as an administrator sees it."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from audit.models import Entry
from mapping.models import Mapping
from tests.flows.conftest import enabled_mapping
from tests.pages.reading import Page, filled

#: The page of an entry, and of its 「元に戻す」.
Look = Callable[..., Page]


@pytest.fixture
def mapping(kintone: Any, db: None) -> Mapping:
    """Companies into an app of the sandbox, by external ID, enabled; nothing written down yet."""
    made = enabled_mapping(kintone)
    Entry.objects.all().delete()
    return made


@pytest.fixture
def put_back(as_administrator: Client) -> Callable[..., Page]:
    """Asks for the newest entry (or this one) to be put back, and confirms it."""

    def act(entry: Entry | None = None) -> Page:
        address = f"/history/{(entry or newest()).pk}/put-back/"
        asked = Page(as_administrator.get(address))
        return Page(as_administrator.post(address, asked.values(), follow=True))

    return act


def newest(kind: str = "") -> Entry:
    """What was written down last."""
    found = Entry.objects.filter(kind=kind) if kind else Entry.objects.all()
    return found.latest("pk")


def kinds() -> list[str]:
    """What was written down, oldest first."""
    return list(Entry.objects.order_by("pk").values_list("kind", flat=True))


@pytest.fixture
def submit(as_administrator: Client, kintone: Any) -> Callable[..., Page]:
    """Fills in and sends a new connection."""

    def act(action: str, **changes: str) -> Page:
        empty = Page(as_administrator.get("/settings/new/"))
        given = {"name": "本番", "subdomain": "demo", "login": kintone.login, **changes}
        sent = filled(empty, {**given, "password": kintone.password, "action": action})
        return Page(as_administrator.post("/settings/new/", sent, follow=True))

    return act
