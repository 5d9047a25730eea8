"""No secret leaves: whatever is encrypted at rest stands on no screen, in no file, mail or log."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.core import mail
from django.core.management import call_command
from django.db import connection as database
from django.test import Client

from common import reencrypting
from crm.models import Account
from integrations.models import Connection
from tests.screens.listed import SCREENS
from tests.screens.world import World, build

pytestmark = pytest.mark.django_db

#: A shorter one would be found in ordinary words.
SHORTEST = 6
#: What shows a key on purpose, once, to the person whose it is: setting up the authenticator.
SHOWS_A_KEY = {"factor"}


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Everything that is logged, as the product's formatter writes it without any masking."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    logging.getLogger().addHandler(handler)
    yield stream
    logging.getLogger().removeHandler(handler)


@pytest.fixture
def world(kintone: Any, administrator: Account, log: io.StringIO) -> World:
    made = build(kintone, administrator)
    for connection in Connection.objects.all():
        if connection.password == "secret":  # a word of the pages
            connection.password = f"planted-password-{connection.pk}"
            connection.save()
    return made


@pytest.fixture
def secrets(world: World) -> set[str]:
    """Every value of every encrypted column, and the parts of those that hold several."""
    found: set[str] = set()
    for model, column in reencrypting.encrypted_columns():
        for value in model._default_manager.values_list(column, flat=True):
            found |= set(_parts(str(value or "")))
    assert len(found) > 10
    return found


def _parts(value: str) -> Iterator[str]:
    try:
        held = json.loads(value)
    except ValueError:
        held = value.split()
    for one in held.values() if isinstance(held, dict) else held if isinstance(held, list) else ():
        text = str(one)
        if len(text) >= SHORTEST:
            yield text


def told(text: str, secrets: set[str]) -> set[str]:
    """The secrets that stand in a text."""
    return {secret for secret in secrets if secret in text}


def test_on_no_screen(as_administrator: Client, world: World, secrets: set[str]) -> None:
    shown = {
        screen.name: told(as_administrator.get(screen.address(world)).content.decode(), secrets)
        for screen in SCREENS
        if screen.name not in SHOWS_A_KEY
    }

    assert {name: found for name, found in shown.items() if found} == {}


def test_in_no_file_that_can_be_had(as_administrator: Client, secrets: set[str]) -> None:
    exported = io.StringIO()
    call_command("settings_export", stdout=exported)
    files = {"settings": exported.getvalue()}
    for address in ("/history/entries.csv", "/runs/list.csv", "/api/v1/openapi.json"):
        answer = as_administrator.get(address)
        assert answer.status_code == 200, address
        files[address] = b"".join(answer).decode()

    assert {name: found for name, text in files.items() if (found := told(text, secrets))} == {}


def test_in_no_mail_and_no_log(
    as_administrator: Client, world: World, secrets: set[str], log: io.StringIO
) -> None:
    for screen in SCREENS:
        as_administrator.get(screen.address(world))

    mails = "".join(one.message().as_string() for one in mail.outbox)
    assert told(mails, secrets) == set()
    assert told(log.getvalue(), secrets) == set()


def test_in_no_column_that_is_not_encrypted(secrets: set[str]) -> None:
    found = set()
    for model in apps.get_models():
        with database.cursor() as cursor:
            cursor.execute(f'SELECT * FROM "{model._meta.db_table}"')
            for row in cursor.fetchall():
                found |= told(" ".join(map(_as_text, row)), secrets)

    assert found == set()


def _as_text(value: object) -> str:
    return (
        bytes(value).decode(errors="replace")
        if isinstance(value, memoryview | bytes)
        else str(value)
    )


def test_not_on_the_page_of_an_error(
    world: World, administrator: Account, secrets: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*_args: Any, **_named: Any) -> None:
        password = next(iter(secrets))
        message = f"it broke over {password}"
        raise ValueError(message)

    monkeypatch.setattr("jobs.pages.dashboard.mapping_lines", breaks)
    client = Client(raise_request_exception=False)
    client.force_login(administrator)

    answer = client.get("/")

    assert answer.status_code == 500
    assert told(answer.content.decode(), secrets) == set()
