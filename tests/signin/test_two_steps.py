"""Signing in with a second factor, as a browser sees it."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from common import clock
from crm.models import Account
from signin import factors, pending
from signin.models import SignIn
from tests.conftest import PASSWORD
from tests.pages.reading import Page
from tests.signin.conftest import code_of, give_factor

CODE_PAGE = "/sign-in/code/"
NEXT = "/runs/"


def give_password(browser: Client, *, to: str = NEXT) -> Any:
    given = {"username": "kanri", "password": PASSWORD, "next": to}
    return browser.post("/sign-in/", given)


def give_code(browser: Client, code: str, *, recovery: bool = False) -> Any:
    return browser.post(f"{CODE_PAGE}?recovery=1" if recovery else CODE_PAGE, {"code": code})


def is_in(browser: Client) -> bool:
    return browser.get("/runs/").status_code == 200


def test_the_password_alone_opens_nothing(key: str) -> None:
    browser = Client()
    answer = give_password(browser)

    assert answer["Location"] == CODE_PAGE
    assert not is_in(browser)
    page = browser.get(CODE_PAGE).content.decode()
    assert 'autocomplete="one-time-code"' in page
    assert "readonly" not in page


def test_the_code_leads_to_where_one_wanted_to_go(key: str) -> None:
    browser = Client()
    give_password(browser)
    shown = code_of(key)
    answer = give_code(browser, f" {shown[:3]} {shown[3:]} ")

    assert answer["Location"] == NEXT
    assert is_in(browser)


def test_nobody_is_led_to_another_site(key: str) -> None:
    browser = Client()
    give_password(browser, to="https://evil.example.com/")

    assert give_code(browser, code_of(key))["Location"] == "/"


def test_a_code_in_full_width_digits_is_taken(key: str) -> None:
    browser = Client()
    give_password(browser)
    full_width = code_of(key).translate({ord("0") + n: ord("０") + n for n in range(10)})

    assert give_code(browser, full_width).status_code == 302


def test_a_code_that_was_used_does_not_open_a_second_time(key: str) -> None:
    code = code_of(key)
    for browser in (first := Client(), second := Client()):
        give_password(browser)
    assert give_code(first, code).status_code == 302

    answer = give_code(second, code)

    assert "この確認コードは使用済みです。" in answer.content.decode()
    assert not is_in(second)
    assert SignIn.objects.latest("pk").result == SignIn.Result.USED_CODE


def test_a_wrong_code_is_told_and_too_many_have_to_wait(key: str) -> None:
    browser = Client()
    give_password(browser)
    wrong = f"{(int(code_of(key)) + 1) % 1_000_000:06}"
    answer = give_code(browser, wrong)
    assert (answer.status_code, is_in(browser)) == (422, False)
    assert "確認コードが正しくありません。" in answer.content.decode()
    for _ in range(factors.FREE_WRONG - 1):
        give_code(browser, wrong)

    answer = give_code(browser, code_of(key))

    assert "1分後にもう一度入力してください。" in answer.content.decode()
    assert not is_in(browser)


def test_who_knows_the_password_cannot_begin_anew_to_guess_more_codes(key: str) -> None:
    wrong = f"{(int(code_of(key)) + 1) % 1_000_000:06}"
    for _ in range(factors.FREE_WRONG):
        browser = Client()
        give_password(browser)
        give_code(browser, wrong)

    browser = Client()
    give_password(browser)
    assert "分後に" in give_code(browser, code_of(key)).content.decode()


def test_a_recovery_code_opens_and_tells_how_many_are_left(administrator: Account) -> None:
    _, codes = give_factor(administrator)
    browser = Client()
    give_password(browser)
    assert "リカバリーコードを使用" in browser.get(CODE_PAGE).content.decode()

    answer = give_code(browser, codes[0], recovery=True)

    page = Page(browser.get(answer["Location"]))
    assert "残りは9個です。" in page.text()
    again = Client()
    give_password(again)
    refused = give_code(again, codes[0], recovery=True)
    assert "リカバリーコードが正しくないか、使用済みです。" in refused.content.decode()


def test_between_the_steps_ten_minutes_may_pass(key: str) -> None:
    browser = Client()
    with time_machine.travel(clock.now(), tick=False) as traveller:
        give_password(browser)
        traveller.shift(pending.LIFE - timedelta(seconds=1))
        assert browser.get(CODE_PAGE).status_code == 200
        traveller.shift(timedelta(seconds=2))
        answer = give_code(browser, code_of(key))

    assert answer["Location"] == "/sign-in/"
    assert not is_in(browser)


def test_without_the_first_step_there_is_no_second(key: str) -> None:
    browser = Client()

    assert give_code(browser, code_of(key))["Location"] == "/sign-in/"
    assert not is_in(browser)


@pytest.mark.parametrize("change", ["password", "active"])
def test_what_changes_between_the_steps_ends_the_way_in(
    administrator: Account, key: str, change: str
) -> None:
    browser = Client()
    give_password(browser)
    if change == "password":
        administrator.set_password("something else entirely")
    else:
        administrator.is_active = False
    administrator.save()

    assert give_code(browser, code_of(key))["Location"] == "/sign-in/"


def test_each_step_gives_the_session_another_key(key: str) -> None:
    browser = Client()
    browser.get("/sign-in/")
    keys = [browser.session.session_key]
    give_password(browser)
    keys.append(browser.session.session_key)
    give_code(browser, code_of(key))
    keys.append(browser.session.session_key)

    assert len(set(keys)) == 3


def test_a_browser_is_known_only_after_both_steps(key: str) -> None:
    browser = Client()
    give_password(browser)
    assert "known_browser" not in browser.cookies
    give_code(browser, code_of(key))

    assert "known_browser" in browser.cookies


def test_the_code_stands_in_no_history_and_no_log(key: str, caplog: Any) -> None:
    browser = Client()
    give_password(browser)
    code = code_of(key)
    give_code(browser, code)

    assert code not in caplog.text
    assert PASSWORD not in caplog.text
    assert code not in str(list(SignIn.objects.values()))
