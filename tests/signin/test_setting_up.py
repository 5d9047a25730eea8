"""Setting up a second factor on the page, doing without, and demanding it of everybody."""

import re
from typing import Any
from urllib.parse import unquote

import pytest
from django.test import Client
from django.urls import reverse

from crm.models import Account
from signin import factors, policy
from signin.session_store import OpenSession
from tests.conftest import PASSWORD, signed_in
from tests.pages.reading import Page
from tests.signin.conftest import code_of, give_factor

SETUP, BEGIN = "/account/second-factor/", "/account/second-factor/begin/"


def key_on(answer: Any) -> str:
    found = re.search(r'id="key">([^<]+)<', answer.content.decode())
    assert found
    return found[1]


def codes_on(answer: Any) -> list[str]:
    return re.findall(r'<span class="code">([^<]+)<', answer.content.decode())


def set_up(browser: Client) -> Any:
    """The page with the recovery codes."""
    shown = browser.post(BEGIN, follow=True)
    return browser.post(SETUP, {"code": code_of(key_on(shown))})


def test_the_page_shows_a_qr_code_made_here_and_the_key_as_text(as_administrator: Client) -> None:
    answer = as_administrator.post(BEGIN, follow=True)
    page = answer.content.decode()

    assert re.fullmatch(r"([A-Z2-7]{4} ){7}[A-Z2-7]{4}", key_on(answer))
    assert "<title>認証アプリ用のQRコード</title>" in page
    assert "style=" not in page
    assert "no-store" in answer["Cache-Control"]


def test_a_code_of_the_app_turns_it_on_and_shows_ten_recovery_codes_once(
    as_administrator: Client, administrator: Account
) -> None:
    answer = set_up(as_administrator)
    codes = codes_on(answer)

    assert len(set(codes)) == 10
    assert "no-store" in answer["Cache-Control"]
    file = re.search(r'href="(data:text/plain[^"]+)" download=', answer.content.decode())
    assert file
    assert all(code in unquote(file[1]) for code in codes)
    assert factors.factor_of(administrator)
    for page in ("/account/", SETUP, "/account/recovery-codes/"):
        assert codes[0] not in as_administrator.get(page).content.decode()
    assert not any(codes[0] in str(one.get_decoded()) for one in OpenSession.objects.all())


def test_a_wrong_code_turns_nothing_on_and_the_same_key_stays(
    as_administrator: Client, administrator: Account
) -> None:
    shown = as_administrator.post(BEGIN, follow=True)

    answer = as_administrator.post(SETUP, {"code": "000000"})

    assert answer.status_code == 422
    assert key_on(answer) == key_on(shown)
    assert factors.factor_of(administrator) is None


def test_turning_it_on_ends_the_sessions_elsewhere(administrator: Account) -> None:
    here, elsewhere = signed_in(administrator), signed_in(administrator)

    set_up(here)

    assert here.get("/account/").status_code == 200
    assert elsewhere.get("/account/").status_code == 302


def test_new_recovery_codes_are_shown_once_and_the_old_ones_are_void(
    as_administrator: Client, administrator: Account
) -> None:
    _, old = give_factor(administrator)
    assert "残りのリカバリーコードは10個です。" in (
        as_administrator.get("/account/recovery-codes/").content.decode()
    )

    new = codes_on(as_administrator.post("/account/recovery-codes/"))

    assert len(new) == 10
    assert not set(new) & set(old)
    assert factors.take_recovery_code(administrator, old[0]) is factors.Verdict.WRONG


def test_one_can_do_without_it_again(as_administrator: Client, administrator: Account) -> None:
    give_factor(administrator)
    as_administrator.post("/account/second-factor/remove/")

    assert factors.factor_of(administrator) is None
    browser = Client()
    browser.post("/sign-in/", {"username": "kanri", "password": PASSWORD})
    assert browser.get("/account/").status_code == 200


def require(browser: Client) -> Any:
    return browser.post("/sign-ins/settings/", {"second_factor_required": "on"})


def test_who_has_none_cannot_demand_it_of_others(
    as_administrator: Client, administrator: Account
) -> None:
    answer = require(as_administrator)

    assert answer.status_code == 422
    assert "先に自分のアカウントで設定してください。" in answer.content.decode()
    assert not policy.second_factor_required()


def test_where_it_is_demanded_who_has_none_is_led_to_set_it_up_and_then_goes_on(
    as_administrator: Client, administrator: Account
) -> None:
    Account.objects.create_user("futari", password=PASSWORD, role="administrator")
    give_factor(administrator)
    page = as_administrator.get("/sign-ins/settings/").content.decode()
    assert "2要素認証を設定していない管理者（1名）" in page
    require(as_administrator)

    browser = Client()
    browser.post("/sign-in/", {"username": "futari", "password": PASSWORD})
    for path in ("/runs/", "/account/", "/customers/accounts/", "/account/password/"):
        assert browser.get(path)["Location"] == SETUP
    fragment = browser.get("/runs/", headers={"HX-Request": "true"})
    assert fragment["HX-Redirect"] == SETUP
    assert "管理者には2要素認証が必要です。" in browser.get(SETUP).content.decode()
    set_up(browser)

    assert browser.get("/runs/").status_code == 200
    assert "2要素認証は解除できません" in (
        browser.post("/account/second-factor/remove/").content.decode()
    )
    assert factors.factor_of(Account.objects.get(username="futari"))


def test_when_it_is_demanded_no_more_nobody_is_led_there(
    as_administrator: Client, administrator: Account
) -> None:
    Account.objects.create_user("futari", password=PASSWORD, role="administrator")
    give_factor(administrator)
    require(as_administrator)
    browser = Client()
    browser.post("/sign-in/", {"username": "futari", "password": PASSWORD})
    as_administrator.post("/sign-ins/settings/", {})

    assert browser.get("/runs/").status_code == 200


@pytest.mark.parametrize("required", [False, True])
def test_an_administrator_resets_the_second_factor_of_another(
    as_administrator: Client, administrator: Account, required: bool
) -> None:
    other = Account.objects.create_user("futari", password=PASSWORD, role="administrator")
    give_factor(administrator)
    give_factor(other)
    if required:
        require(as_administrator)
    elsewhere = signed_in(other)
    reset = reverse("signin:factor-reset", args=[other.pk])
    account = Page(as_administrator.get(reverse("crm:account", args=[other.pk])))
    assert account.links()["2要素認証をリセット"] == reset

    answer = as_administrator.post(reset, follow=True)

    assert "ユーザー「futari」の2要素認証をリセットしました。" in answer.content.decode()
    assert elsewhere.get("/runs/").status_code == 302
    browser = Client()
    browser.post("/sign-in/", {"username": "futari", "password": PASSWORD})
    assert browser.get("/runs/").status_code == (302 if required else 200)


def test_ones_own_second_factor_is_not_reset_where_no_password_is_asked_for_it(
    as_administrator: Client, administrator: Account
) -> None:
    give_factor(administrator)
    as_administrator.post(reverse("signin:factor-reset", args=[administrator.pk]))

    assert factors.factor_of(administrator)


def test_the_demo_is_not_asked_for_a_second_factor(administrator: Account) -> None:
    browser = Client()
    browser.post("/sign-in/", {"username": "kanri", "password": PASSWORD})

    assert browser.get("/").status_code == 200
