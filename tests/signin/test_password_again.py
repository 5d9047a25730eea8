"""Sensitive changes ask for the password again, and lose nothing that was typed."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import get_resolver, reverse

from common import clock, sealing
from crm.models import Account
from signin import throttle
from signin.demands import SENSITIVE
from tests.conftest import PASSWORD, signed_in
from tests.pages.reading import Page
from tests.platform.test_access import routes
from tests.signin.conftest import give_factor

ADD = "/customers/accounts/add/"
NEW = {
    "username": "hanako",
    "email": "hanako@example.com",
    "role": "administrator",
    "password": "とても長い合言葉です2026",
}


@pytest.fixture
def stale(administrator: Account) -> Client:
    """An administrator who signed in an hour ago."""
    return signed_in(administrator, at=clock.now() - timedelta(hours=1))


def kept_on(answer: Any) -> str:
    return Page(answer).values()["kept"]


def give_again(browser: Client, answer: Any, password: str, *, to: str = ADD) -> Any:
    return browser.post(to, {"own_password": password, "kept": kept_on(answer)}, follow=True)


def test_the_list_of_sensitive_forms_names_routes_that_exist() -> None:
    assert set(SENSITIVE) <= {name for name, _ in routes(get_resolver())}


def test_shortly_after_signing_in_nothing_is_asked(as_administrator: Client) -> None:
    answer = as_administrator.post(ADD, NEW, follow=True)

    assert "ユーザー「hanako」を追加しました。" in answer.content.decode()


def test_later_the_password_is_asked_for_and_what_was_typed_is_carried_out(stale: Client) -> None:
    asked = stale.post(ADD, NEW)
    page = asked.content.decode()
    assert "パスワードの確認" in page
    assert NEW["password"] not in page
    assert not Account.objects.filter(username="hanako").exists()

    answer = give_again(stale, asked, PASSWORD)

    assert "ユーザー「hanako」を追加しました。" in answer.content.decode()
    made = Account.objects.get(username="hanako")
    assert made.check_password(NEW["password"])
    assert (made.email, made.role) == (NEW["email"], NEW["role"])


def test_a_wrong_password_changes_nothing_and_keeps_what_was_typed(stale: Client) -> None:
    asked = stale.post(ADD, NEW)
    wrong = give_again(stale, asked, "wrong")
    assert wrong.status_code == 422
    assert "パスワードが正しくありません。" in wrong.content.decode()
    assert not Account.objects.filter(username="hanako").exists()

    give_again(stale, wrong, PASSWORD)

    assert Account.objects.filter(username="hanako").exists()


def test_once_given_it_is_not_asked_for_the_next_change(stale: Client) -> None:
    give_again(stale, stale.post(ADD, NEW), PASSWORD)

    stale.post(ADD, {**NEW, "username": "jiro"})

    assert Account.objects.filter(username="jiro").exists()


def test_guessing_it_in_an_open_session_is_slowed_down(stale: Client) -> None:
    asked = stale.post(ADD, NEW)
    for _ in range(throttle.FREE_FOR_NAME):
        give_again(stale, asked, "wrong")

    assert "分後に" in give_again(stale, asked, PASSWORD).content.decode()


def test_what_was_kept_too_long_is_asked_for_anew(stale: Client) -> None:
    with time_machine.travel(clock.now() - timedelta(hours=2), tick=False):
        old = sealing.seal({"post": "username=hanako"})
    answer = stale.post(ADD, {"own_password": PASSWORD, "kept": old})

    assert answer["Location"] == ADD


def test_what_another_site_sends_is_never_shown_for_confirmation(administrator: Account) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.cookies = signed_in(administrator, at=clock.now() - timedelta(hours=1)).cookies

    answer = browser.post(ADD, NEW)

    assert answer.status_code == 403
    assert "操作を受け付けられませんでした" in answer.content.decode()


@pytest.mark.parametrize(
    ("name", "back"),
    [
        ("crm:account-password", ""),
        ("signin:factor-begin", "/account/second-factor/"),
        ("signin:recovery", ""),
        ("signin:settings", ""),
        ("signin:unlock", "account"),
        ("api-token-add", ""),
    ],
)
def test_every_kind_of_sensitive_form_asks_and_leads_back(
    stale: Client, name: str, back: str
) -> None:
    give_factor(Account.objects.get())
    other = Account.objects.create_user("futari", role="administrator")
    takes_account = name in {"crm:account-password", "signin:unlock"}
    address = reverse(name, args=[other.pk] if takes_account else [])

    page = Page(stale.post(address, {"password": "x"}))

    assert "パスワードの確認" in page.text()
    cancel = page.links()["キャンセル"]
    assert cancel == (
        reverse("crm:account", args=[other.pk]) if back == "account" else back or address
    )
    assert stale.get(cancel).status_code == 200


def test_what_is_not_sensitive_asks_for_nothing(stale: Client) -> None:
    answer = stale.post("/customers/members/add/", {"name": "佐藤", "email": "s@example.com"})

    assert answer.status_code == 302
