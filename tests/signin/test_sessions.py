"""A session's life, and what its owner sees of it."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.contrib.sessions.backends.base import UpdateError
from django.test import Client

from common import clock
from crm.models import Account
from signin import sessions
from signin.session_store import OpenSession
from signin.tasks import forget_old
from tests.conftest import PASSWORD, signed_in
from tests.pages.reading import Page

CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0.0.0 Safari/537.36"
)


def sign_in(browser: Client, **more: Any) -> None:
    browser.post("/sign-in/", {"username": "kanri", "password": PASSWORD}, **more)


def is_in(browser: Client, **more: Any) -> bool:
    return browser.get("/account/", **more).status_code == 200


@pytest.fixture
def now() -> Any:
    with time_machine.travel(clock.now(), tick=False) as traveller:
        yield traveller


def test_a_session_that_nobody_uses_ends(administrator: Account, now: Any) -> None:
    browser = signed_in(administrator)
    now.shift(settings.SESSION_IDLE - timedelta(seconds=1))
    assert is_in(browser)
    now.shift(settings.SESSION_IDLE)
    assert not is_in(browser)


def test_a_session_that_is_used_ends_all_the_same_after_its_longest_life(
    administrator: Account, now: Any
) -> None:
    browser = signed_in(administrator)
    lived = timedelta()
    step = settings.SESSION_IDLE / 2
    while is_in(browser):
        now.shift(step)
        lived += step

    assert lived == settings.SESSION_LONGEST


def test_a_page_that_refreshes_itself_keeps_no_session_alive(
    administrator: Account, now: Any
) -> None:
    browser = signed_in(administrator)
    for _ in range(4):
        now.shift(settings.SESSION_IDLE / 4)
        browser.get("/runs/", headers={"HX-Request": "true"})

    assert not is_in(browser)


def test_shorter_lives_hold_for_sessions_that_are_open_already(
    administrator: Account, now: Any, settings: Any
) -> None:
    browser = signed_in(administrator)
    settings.SESSION_IDLE = timedelta(minutes=10)
    now.shift(timedelta(minutes=11))

    assert not is_in(browser)


def test_whose_session_ended_is_told_and_led_back(administrator: Account, now: Any) -> None:
    browser = signed_in(administrator)
    now.shift(settings.SESSION_IDLE)
    page = Page(browser.get("/runs/", follow=True))

    assert "サインインの有効期限が切れたか、サインアウトされました。" in page.text()
    assert page.values()["next"] == "/runs/"


def test_a_stranger_and_who_signed_out_are_told_no_such_thing(administrator: Account) -> None:
    left = signed_in(administrator)
    left.post("/sign-out/")
    for browser in (Client(), left):
        assert "有効期限が切れた" not in browser.get("/runs/", follow=True).content.decode()


def test_being_seen_is_written_down_now_and_then_and_not_with_every_page(
    administrator: Account, now: Any, django_assert_num_queries: Any
) -> None:
    browser = signed_in(administrator)
    now.shift(sessions.SEEN_EVERY)
    browser.get("/account/")
    assert OpenSession.objects.get().seen_at == clock.now()

    with django_assert_num_queries(2):
        browser.get("/account/password/")


def test_the_page_lists_ones_own_sessions_and_nobody_elses(
    administrator: Account, general: Account
) -> None:
    browser = Client()
    sign_in(browser, headers={"User-Agent": CHROME}, REMOTE_ADDR="192.0.2.7")
    signed_in(general)
    page = Page(browser.get("/account/"))

    assert "Chrome 140 / Windows （この端末）" in page.text()
    assert "192.0.2.7" in page.text()
    assert "Firefox 140" not in page.text()
    assert "ほかの端末からサインアウト" not in page.text()


def test_the_others_are_signed_out_by_one_button(administrator: Account) -> None:
    here, elsewhere = signed_in(administrator), signed_in(administrator)
    assert "ほかの端末からサインアウト" in Page(here.get("/account/")).text()

    answer = here.post("/account/sessions/end/", follow=True)

    assert "ほかの1個の端末からサインアウトしました。" in answer.content.decode()
    assert (is_in(here), is_in(elsewhere)) == (True, False)


def test_a_session_that_was_ended_is_not_brought_back_by_its_own_request(
    administrator: Account,
) -> None:
    here, elsewhere = signed_in(administrator), signed_in(administrator)
    store = elsewhere.session
    assert store["_auth_user_id"]  # loaded, as by a request under way
    here.post("/account/sessions/end/")
    store["x"] = 1

    with pytest.raises(UpdateError):
        store.save()
    assert OpenSession.objects.count() == 1


def test_a_new_password_ends_the_other_sessions_and_they_vanish_from_the_list(
    administrator: Account,
) -> None:
    here, elsewhere = signed_in(administrator), signed_in(administrator)
    given = {"own_password": PASSWORD, "password": "something else entirely"}
    answer = here.post("/account/password/", given, follow=True)

    assert "パスワードを変更しました。" in answer.content.decode()
    assert (is_in(here), is_in(elsewhere)) == (True, False)
    administrator.refresh_from_db()
    assert len(sessions.open_sessions(administrator)) == 1


def test_sessions_of_an_old_password_are_not_listed(administrator: Account) -> None:
    signed_in(administrator)
    administrator.set_password("something else entirely")
    administrator.save()

    assert sessions.open_sessions(administrator) == []


def test_ones_own_password_is_changed_only_by_who_knows_it(
    as_administrator: Client, administrator: Account
) -> None:
    given = {"own_password": "wrong", "password": "something else entirely"}
    answer = as_administrator.post("/account/password/", given)

    assert answer.status_code == 422
    administrator.refresh_from_db()
    assert administrator.check_password(PASSWORD)


def test_rows_of_sessions_that_are_over_are_removed(administrator: Account, now: Any) -> None:
    signed_in(administrator)
    now.shift(settings.SESSION_IDLE + timedelta(minutes=1))
    signed_in(administrator)
    forget_old()

    assert OpenSession.objects.count() == 1


def test_my_account_takes_the_same_few_queries_however_many_sessions(
    administrator: Account, django_assert_max_num_queries: Any
) -> None:
    browser = signed_in(administrator)
    for _ in range(20):
        signed_in(administrator)

    with django_assert_max_num_queries(7):
        assert browser.get("/account/").status_code == 200
