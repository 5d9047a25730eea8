"""Who may sign in after the first start."""

import stat
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from crm.models import Account
from hpsync.first_start import ensure_administrator

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_folder(settings: Settings, tmp_path: Path) -> None:
    settings.VAR_DIR = tmp_path


def test_a_fresh_database_gets_an_administrator_whose_password_is_shown() -> None:
    login = ensure_administrator()
    account = Account.objects.get()
    assert (login.name, login.made_now) == ("admin", True)
    assert account.is_administrator
    assert login.password is not None
    assert account.check_password(login.password)


def test_the_password_is_the_same_at_every_start_and_nobody_elses_to_read(tmp_path: Path) -> None:
    first, second = ensure_administrator(), ensure_administrator()
    assert first.password == second.password
    assert not second.made_now
    assert stat.S_IMODE((tmp_path / "admin_password").stat().st_mode) == 0o600


def test_a_password_that_a_person_changed_is_left_alone_and_not_shown() -> None:
    ensure_administrator()
    account = Account.objects.get()
    account.set_password("chosen by a person")
    account.save()
    assert ensure_administrator().password is None
    assert Account.objects.get().check_password("chosen by a person")


def test_where_others_may_sign_in_already_nobody_is_added(general: Account) -> None:
    login = ensure_administrator()
    assert (login.made_now, login.password) == (False, None)
    assert list(Account.objects.all()) == [general]


def test_two_installations_have_different_passwords(settings: Settings, tmp_path: Path) -> None:
    first = ensure_administrator()
    Account.objects.all().delete()
    settings.VAR_DIR = tmp_path / "other"
    assert ensure_administrator().password != first.password


def test_an_operator_makes_the_first_administrator(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "hpsync.management.commands.create_administrator.getpass",
        lambda _: "a long and winding word",
    )
    call_command("create_administrator", "tanaka", verbosity=0)
    account = Account.objects.get(username="tanaka")
    assert account.is_administrator
    assert account.check_password("a long and winding word")


@pytest.mark.parametrize(("name", "password"), [("tanaka", "12345"), ("a b", "long enough word")])
def test_a_weak_password_or_an_odd_name_makes_no_administrator(
    monkeypatch: pytest.MonkeyPatch, name: str, password: str
) -> None:
    monkeypatch.setattr(
        "hpsync.management.commands.create_administrator.getpass", lambda _: password
    )
    with pytest.raises(CommandError):
        call_command("create_administrator", name)
    assert not Account.objects.exists()
