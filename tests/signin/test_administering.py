"""What an administrator sees of other people's way in, and can do about it."""

from django.conf import settings
from django.test import Client
from django.urls import reverse

from common import clock
from crm.models import Account
from signin import factors, throttle
from signin.management.commands.account import VERBS
from tests.conftest import PASSWORD
from tests.pages.reading import Page
from tests.signin.conftest import give_factor


def sign_in(browser: Client, password: str = PASSWORD) -> int:
    given = {"username": "futari", "password": password}
    return browser.post("/sign-in/", given).status_code


def other() -> Account:
    return Account.objects.create_user("futari", password=PASSWORD, role="administrator")


def test_who_had_to_wait_is_let_in_by_one_button(as_administrator: Client) -> None:
    account = other()
    for _ in range(throttle.FREE_FOR_NAME):
        sign_in(Client(), "wrong")
    assert sign_in(Client()) == 429
    page = Page(as_administrator.get(reverse("crm:account", args=[account.pk])))
    assert "待ち時間を解除" in page.buttons()

    answer = as_administrator.post(reverse("signin:unlock", args=[account.pk]), follow=True)

    assert "ユーザー「futari」のサインインの待ち時間を解除しました。" in answer.content.decode()
    assert sign_in(Client()) == 302


def test_the_list_tells_who_has_a_second_factor(as_administrator: Client) -> None:
    Account.objects.create_user("hitori")
    give_factor(other())
    factors.set_up(Account.objects.get(username="hitori"), now=clock.now())

    page = Page(as_administrator.get("/customers/accounts/")).text()

    assert page.count("設定済み") == 1
    assert page.count("未設定") == 2


def test_ones_own_page_leads_to_ones_own_password_and_offers_no_reset(
    as_administrator: Client, administrator: Account
) -> None:
    give_factor(administrator)
    page = Page(as_administrator.get(reverse("crm:account", args=[administrator.pk])))

    assert page.links()["パスワードを変更"] == "/account/password/"
    assert "2要素認証をリセット" not in page.links()
    assert "待ち時間を解除" not in page.buttons()


def test_ordinary_accounts_are_offered_no_page_that_they_may_not_open(as_general: Client) -> None:
    answer = as_general.get("/account/")

    assert answer.status_code == 403
    assert 'href="/account/"' not in answer.content.decode()


def test_every_verb_of_the_command_stands_in_the_operators_guide() -> None:
    text = (settings.BASE_DIR / "docs" / "operating.md").read_text(encoding="utf-8")

    assert all(f"manage.py account {verb} NAME" in text for verb in VERBS)
