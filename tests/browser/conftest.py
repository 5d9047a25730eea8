"""Somebody who is signed in, in front of a browser."""

from datetime import datetime, timedelta
from random import Random
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings

from common import clock
from tests.conftest import PASSWORD, signed_in
from tests.screens.world import World, build

if TYPE_CHECKING:
    from playwright._impl._api_structures import SetCookieParam
    from playwright.sync_api import Page
    from pytest_django.live_server_helper import LiveServer

    from crm.models import Account


@pytest.fixture
def page(transactional_db: None, browser_page: "Page", administrator: "Account") -> "Page":
    """A browser in which an administrator has signed in by the form."""
    browser_page.goto("/")
    browser_page.get_by_label("ユーザー名").fill(administrator.username)
    browser_page.get_by_label("パスワード").fill(PASSWORD)
    browser_page.keyboard.press("Enter")
    browser_page.get_by_role("heading", level=1, name="kintoneへの連携を設定する").wait_for()
    return browser_page


@pytest.fixture
def customer_app(kintone: Any) -> int:
    """An app that takes companies, by 会社ID."""
    return int(
        kintone.add_app(
            "顧客リスト",
            {
                "code": {"type": "SINGLE_LINE_TEXT", "label": "会社ID", "unique": True},
                "name": {"type": "SINGLE_LINE_TEXT", "label": "会社名", "required": True},
                "tel": {"type": "LINK", "label": "電話番号", "protocol": "CALL"},
            },
        )
    )


#: When pictures are taken and buttons pressed: a Friday afternoon in Japan.
MOMENT = datetime(2026, 11, 27, 14, 5, tzinfo=clock.JAPAN)


@pytest.fixture
def still_world(
    django_db_reset_sequences: None,
    time_machine: Any,
    kintone: Any,
    administrator: "Account",
    monkeypatch: pytest.MonkeyPatch,
) -> World:
    """What screens show (`tests.screens`), the same each time; the clock stands still."""
    chance = Random(1)
    monkeypatch.setattr(
        "api.tokens.secrets",
        SimpleNamespace(token_urlsafe=lambda _length: f"{chance.getrandbits(256):064x}"),
    )
    monkeypatch.setattr("signin.factors.token_bytes", chance.randbytes)
    time_machine.move_to(MOMENT - timedelta(minutes=50), tick=False)
    world = build(kintone, administrator, lapse=time_machine.shift)
    time_machine.move_to(MOMENT, tick=False)
    return world


@pytest.fixture
def visitor(
    still_world: World, browser_page: "Page", live_server: "LiveServer", administrator: "Account"
) -> "Page":
    """A browser in that world, in which the administrator has signed in just now."""
    session = signed_in(administrator).cookies[settings.SESSION_COOKIE_NAME].value
    cookie: SetCookieParam = {"name": settings.SESSION_COOKIE_NAME, "value": session}
    browser_page.context.add_cookies([{**cookie, "url": live_server.url}])
    return browser_page
