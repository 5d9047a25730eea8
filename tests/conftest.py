"""What every test may ask for: accounts and their clients, the doorbell, a real browser."""

import os
import shutil
from datetime import datetime
from typing import TYPE_CHECKING

import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.test import Client
from redis import Redis

from common import clock
from crm.models import Account
from signin import sessions
from tests.stack import REDIS_URL, redis_answers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page
    from pytest_django import DjangoDbBlocker
    from pytest_django.live_server_helper import LiveServer

pytest_plugins = [
    "pytester",
    "tests.fixtures.hotprofile",
    "tests.fixtures.kintone",
    # Last: a plugin must not have been imported by another one.
    "tests.fixtures.installation",
]

PASSWORD = "correct horse battery staple"
IN_CI = os.environ.get("CI", "").lower() == "true"

CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


#: What the database or the broker could do differently: tried on both kinds.
STACK_FOLDERS = tuple(
    f"tests/{name}/"
    for name in ("api", "audit", "common", "crm", "flows", "jobs", "pulls", "signin")
)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--stack",
        action="store_true",
        help="run what concerns database and broker only (with DATABASE_URL of a PostgreSQL)",
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Tests of the stack belong to the run on PostgreSQL; the one on SQLite leaves them out."""
    if settings.USES_SQLITE and config.getoption("--stack"):
        message = "--stack needs the DATABASE_URL of a PostgreSQL"
        raise pytest.UsageError(message)
    chosen = [item for item in items if _belongs(item, only_stack=config.getoption("--stack"))]
    config.hook.pytest_deselected(items=[item for item in items if item not in chosen])
    items[:] = chosen


def _belongs(item: pytest.Item, *, only_stack: bool) -> bool:
    marked = item.get_closest_marker("stack") is not None
    if settings.USES_SQLITE:
        return not marked
    return marked or not only_stack or item.nodeid.startswith(STACK_FOLDERS)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Where what a test needs is missing, it is skipped; in CI it fails."""
    if item.get_closest_marker("stack") and not redis_answers():
        _missing("Redis on its standard port")
    if item.get_closest_marker("browser") and shutil.which("chromium") is None:
        _missing("Chromium")


def _missing(what: str) -> None:
    if IN_CI:
        pytest.fail(f"{what} is missing, and CI must not go without.")
    pytest.skip(f"{what} is missing.")


@pytest.fixture(scope="session")
def django_db_setup(
    django_db_setup: None, django_db_blocker: "DjangoDbBlocker"
) -> "Iterator[None]":
    """The test database; at the end nobody else is in PostgreSQL's, so that it can be dropped.

    A pool that grew for many threads may still be opening a connection, and the session of a
    process that was killed lasts a moment longer.
    """
    yield
    if settings.USES_SQLITE:
        return
    with django_db_blocker.unblock():
        connection.close()
        connection.close_pool()  # type: ignore[attr-defined]  # PostgreSQL's
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )


@pytest.fixture(autouse=True)
def rung(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The runs whose doorbell was rung, in order; no broker is ever spoken to."""
    runs: list[int] = []
    monkeypatch.setattr("jobs.queue.ring_now", runs.append)
    monkeypatch.setattr("jobs.queue.ring_for_preview_now", lambda preview_id: None)
    return runs


@pytest.fixture(autouse=True)
def rung_for_pulls(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The pulls whose doorbell was rung, in order."""
    pulls: list[int] = []
    monkeypatch.setattr("jobs.queue.ring_for_pull_now", pulls.append)
    return pulls


@pytest.fixture(autouse=True)
def forgotten() -> None:
    """Nothing is in the cache: no wrong password of another test counts."""
    cache.clear()


@pytest.fixture(autouse=True)
def no_import_files_left_behind() -> "Iterator[None]":
    """Files of imports are named by their row, and rows of tests are numbered anew."""
    yield
    for path in (settings.VAR_DIR / "imports").glob("*"):
        path.unlink()


@pytest.fixture
def redis_url() -> str:
    """A Redis of the stack, emptied, for tests marked `stack`."""
    with Redis.from_url(REDIS_URL) as redis:
        redis.flushdb()
    return REDIS_URL


def _account(name: str, *, role: Account.Role) -> Account:
    return Account.objects.create_user(name, password=PASSWORD, role=role)


@pytest.fixture
def administrator(db: None) -> Account:
    """An account that sees everything; its password is `PASSWORD`."""
    return _account("kanri", role=Account.Role.ADMINISTRATOR)


@pytest.fixture
def general(db: None) -> Account:
    """An ordinary account, which sees nothing; its password is `PASSWORD`."""
    return _account("ippan", role=Account.Role.GENERAL)


def signed_in(account: Account, *, at: datetime | None = None) -> Client:
    """A browser in which the account signed in, now or at that moment."""
    client = Client()
    client.force_login(account)
    session = client.session
    sessions.open_now(session, now=at or clock.now(), address="127.0.0.1", browser="Firefox 140")
    session.save()
    return client


@pytest.fixture
def as_administrator(administrator: Account) -> Client:
    """A browser in which an administrator signed in just now."""
    return signed_in(administrator)


@pytest.fixture
def as_general(general: Account) -> Client:
    """A browser in which an ordinary account signed in just now."""
    return signed_in(general)


@pytest.fixture
def as_stranger(db: None) -> Client:
    """A browser in which nobody is signed in."""
    return Client()


@pytest.fixture(scope="session")
def chromium() -> "Iterator[Browser]":
    """Debian's Chromium without a window, started once."""
    from playwright.sync_api import sync_playwright

    # Playwright keeps an event loop in this thread, which Django takes for asynchronous code.
    before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=CHROMIUM_FLAGS
        )
        yield browser
        browser.close()
    if before is None:
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def browser_page(chromium: "Browser", live_server: "LiveServer") -> "Iterator[Page]":
    """A page of a real browser; addresses are relative to the live server.

    At the end no script may have failed and nothing may have broken the content security policy.
    """
    context = chromium.new_context(
        base_url=live_server.url,
        locale="ja-JP",
        timezone_id="Asia/Tokyo",
        viewport={"width": 1280, "height": 800},
    )
    context.set_default_timeout(10_000)
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "console",
        lambda message: (
            complaints.append(message.text) if "Content Security Policy" in message.text else None
        ),
    )
    yield page
    context.close()
    assert complaints == []
