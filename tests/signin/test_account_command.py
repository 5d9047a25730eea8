"""`manage.py account`: the operator lets somebody in again."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from crm.models import Account
from signin import factors, throttle
from signin.management.commands import account as command
from tests.conftest import PASSWORD, signed_in
from tests.signin.conftest import code_of, give_factor


def run(verb: str, name: str = "kanri") -> str:
    said = StringIO()
    call_command("account", verb, name, stdout=said)
    return said.getvalue()


def sign_in(browser: Client, password: str = PASSWORD) -> bool:
    browser.post("/sign-in/", {"username": "kanri", "password": password})
    return browser.get("/account/").status_code == 200


def test_the_second_factor_of_the_last_administrator_is_reset(administrator: Account) -> None:
    give_factor(administrator)
    elsewhere = signed_in(administrator)
    assert not sign_in(Client())

    assert "ユーザー「kanri」の2要素認証をリセットしました。" in run("reset-second-factor")

    assert sign_in(Client())
    assert elsewhere.get("/account/").status_code == 302


def test_unlocked_one_need_not_wait_in_new_browsers_and_known_ones(administrator: Account) -> None:
    known = Client()
    assert sign_in(known)
    known.post("/sign-out/")
    for browser in (known, Client()):
        for _ in range(throttle.FREE_FOR_NAME):
            sign_in(browser, "wrong")
        assert not sign_in(browser)

    run("unlock")

    assert sign_in(known)
    assert sign_in(Client())


def test_unlocked_one_need_not_wait_for_the_next_code(administrator: Account) -> None:
    key, _ = give_factor(administrator)
    browser = Client()
    sign_in(browser)
    for _ in range(factors.FREE_WRONG):
        browser.post("/sign-in/code/", {"code": "0"})

    run("unlock")

    assert browser.post("/sign-in/code/", {"code": code_of(key)}).status_code == 302


def test_an_account_that_was_shut_out_becomes_an_administrator(general: Account) -> None:
    general.is_active = False
    general.save()
    run("make-administrator", "ippan")

    general.refresh_from_db()
    assert general.is_administrator


def test_a_new_password_is_asked_for_and_ends_the_sessions(
    administrator: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = signed_in(administrator)
    monkeypatch.setattr(command, "getpass", lambda _: "something else entirely")
    run("set-password")

    assert sign_in(Client(), "something else entirely")
    assert elsewhere.get("/account/").status_code == 302


def test_a_weak_password_is_refused(
    administrator: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "getpass", lambda _: "kintone12345")
    with pytest.raises(CommandError, match="よく使われる単語"):
        run("set-password")

    administrator.refresh_from_db()
    assert administrator.check_password(PASSWORD)


def test_a_name_that_nobody_has_and_a_factor_that_is_not_there_are_told(
    administrator: Account,
) -> None:
    with pytest.raises(CommandError, match="ユーザー「nobody」はいません。"):
        run("unlock", "nobody")
    with pytest.raises(CommandError, match="2要素認証を設定していません。"):
        run("reset-second-factor")
