"""Keys that change: what an old one encrypted is brought under the new one, and the old goes."""

import json
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core.management import call_command

from common import reencrypting
from crm.models import Account
from integrations.models import Connection
from tests.builders_mapping import make_connection
from tests.screens.world import build

pytestmark = pytest.mark.django_db

OLD, NEW, LOST = (Fernet.generate_key().decode() for _ in range(3))


@pytest.fixture
def keys(settings: Any) -> Any:
    """Sets the keys that there are."""

    def act(*given: str) -> None:
        settings.CREDENTIAL_KEYS = list(given)

    return act


def test_what_everything_holds_is_read_without_the_old_key_afterwards(
    keys: Any, kintone: Any, administrator: Account
) -> None:
    keys(OLD)
    build(kintone, administrator)
    held = [
        list(model._default_manager.values_list("pk", column).order_by("pk"))
        for model, column in reencrypting.encrypted_columns()
    ]

    keys(NEW, OLD)
    report = reencrypting.renew()

    assert report.renewed > 5
    assert (report.current, report.unreadable) == (0, [])
    keys(NEW)
    assert [
        list(model._default_manager.values_list("pk", column).order_by("pk"))
        for model, column in reencrypting.encrypted_columns()
    ] == held
    assert reencrypting.renew() == reencrypting.Report(current=report.renewed)


def test_looking_says_that_the_old_key_is_needed_and_changes_nothing(
    keys: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    keys(OLD)
    make_connection(password="secret")

    keys(NEW, OLD)
    for _ in range(2):
        with pytest.raises(SystemExit) as ended:
            call_command("renew_credentials", "--check", "--json")
        assert ended.value.code == 1
        told = json.loads(capsys.readouterr().out)
        assert told == {"current": 0, "to_renew": 1, "unreadable": []}

    call_command("renew_credentials")
    assert "古い鍵は、CREDENTIAL_KEYSから削除できます。" in capsys.readouterr().out
    call_command("renew_credentials", "--check")


def test_what_no_key_opens_is_named_and_left_alone(
    keys: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    keys(LOST)
    lost = make_connection(password="lost")
    keys(OLD)
    kept = make_connection(password="kept")

    keys(NEW, OLD)
    with pytest.raises(SystemExit) as ended:
        call_command("renew_credentials")

    assert ended.value.code == 1
    assert f"integrations_connection.password ({lost.pk})" in capsys.readouterr().err
    keys(NEW)
    assert Connection.objects.get(pk=kept.pk).password == "kept"
    keys(LOST)
    assert Connection.objects.get(pk=lost.pk).password == "lost"


def test_a_value_that_changes_meanwhile_stays_as_it_was_changed(
    keys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys(OLD)
    made = make_connection(password="before")
    keys(NEW, OLD)
    replace = reencrypting._replace

    def late(*args: Any, **named: Any) -> None:
        Connection.objects.filter(pk=made.pk).update(password="after")
        replace(*args, **named)

    monkeypatch.setattr(reencrypting, "_replace", late)
    reencrypting.renew()

    made.refresh_from_db()
    assert made.password == "after"
