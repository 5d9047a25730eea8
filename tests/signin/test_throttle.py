"""Guessing passwords: a few are free, then each try has to wait; nobody is kept out for good."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache, caches
from django.test import Client
from django.test.client import RequestFactory

from crm.models import Account
from signin import throttle
from signin.browsers import address_of
from tests.conftest import PASSWORD

WAIT = "しばらくサインインできません"
NAME = "kanri"


def sign_in(browser: Client, *, password: str, name: str = NAME, **more: Any) -> Any:
    return browser.post("/sign-in/", {"username": name, "password": password}, **more)


def be_wrong(browser: Client, *, times: int, **more: Any) -> None:
    for _ in range(times):
        assert sign_in(browser, password="wrong", **more).status_code == 200


@pytest.fixture
def after_the_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test in which every wait is over at once."""
    monkeypatch.setattr(throttle, "FIRST_WAIT", timedelta(0))
    monkeypatch.setattr(throttle, "LONGEST_WAIT", timedelta(0))


def test_a_few_wrong_passwords_cost_no_wait(administrator: Account) -> None:
    browser = Client()
    be_wrong(browser, times=throttle.FREE_FOR_NAME - 1)

    assert sign_in(browser, password=PASSWORD).status_code == 302


def test_after_a_few_wrong_ones_even_the_right_one_has_to_wait_and_is_told_how_long(
    administrator: Account,
) -> None:
    browser = Client()
    be_wrong(browser, times=throttle.FREE_FOR_NAME)

    answer = sign_in(browser, password=PASSWORD)

    page = answer.content.decode()
    assert answer.status_code == 429
    assert WAIT in page
    assert "1分後にもう一度サインインしてください。" in page
    assert f'value="{NAME}"' in page
    assert PASSWORD not in page
    assert 50 <= int(answer["Retry-After"]) <= 60
    assert browser.get("/runs/").status_code == 302


def test_when_the_wait_is_over_the_right_password_signs_in(
    administrator: Account, after_the_wait: None
) -> None:
    browser = Client()
    be_wrong(browser, times=throttle.FREE_FOR_NAME + 1)

    assert sign_in(browser, password=PASSWORD).status_code == 302


def test_waits_grow_to_minutes_and_no_longer() -> None:
    count = throttle.Count(key="sign-in.name.x", free=1)

    def wait_after_another() -> int:
        count.add()
        wait = count.take()
        assert wait
        return round(wait / timedelta(minutes=1))

    assert [wait_after_another() for _ in range(12)] == [1, 2, 4, *[5] * 9]


def test_a_try_that_was_not_looked_at_makes_the_wait_no_longer(administrator: Account) -> None:
    browser = Client()
    be_wrong(browser, times=throttle.FREE_FOR_NAME)

    waits = [int(sign_in(browser, password="wrong")["Retry-After"]) for _ in range(10)]

    assert max(waits) <= 60


def test_the_name_counts_wherever_the_guesses_come_from(administrator: Account) -> None:
    for number in range(throttle.FREE_FOR_NAME):
        be_wrong(Client(), times=1, REMOTE_ADDR=f"192.0.2.{number}")

    answer = sign_in(Client(), password="wrong", name="ＫＡＮＲＩ", REMOTE_ADDR="192.0.2.99")

    assert answer.status_code == 429


def test_the_address_counts_whatever_the_names(db: None) -> None:
    for number in range(throttle.FREE_FOR_ADDRESS):
        be_wrong(Client(), times=1, name=f"name{number}", REMOTE_ADDR="192.0.2.1")

    def status(address: str) -> int:
        answer = sign_in(Client(), password="wrong", name="another", REMOTE_ADDR=address)
        return int(answer.status_code)

    assert (status("192.0.2.1"), status("192.0.2.2")) == (429, 200)


def test_behind_a_proxy_the_address_is_the_one_that_the_proxy_saw(settings: Any) -> None:
    request = RequestFactory().post("/", headers={"X-Forwarded-For": "10.0.0.1, 192.0.2.7"})
    settings.HTTPS = False
    direct = address_of(request)
    settings.HTTPS = True

    assert (direct, address_of(request)) == ("127.0.0.1", "192.0.2.7")


def test_a_browser_that_the_name_signed_in_with_is_not_kept_out_by_guesses_elsewhere(
    administrator: Account,
) -> None:
    browser = Client()
    sign_in(browser, password=PASSWORD)
    browser.post("/sign-out/")
    be_wrong(Client(), times=throttle.FREE_FOR_NAME)

    assert sign_in(Client(), password=PASSWORD).status_code == 429
    assert sign_in(browser, password=PASSWORD).status_code == 302


def test_a_browser_that_is_known_has_no_more_guesses_than_others(administrator: Account) -> None:
    browser = Client()
    sign_in(browser, password=PASSWORD)
    browser.post("/sign-out/")
    be_wrong(browser, times=throttle.FREE_FOR_NAME)

    assert sign_in(browser, password=PASSWORD).status_code == 429


@pytest.mark.parametrize("name", [NAME, "another"])
def test_the_sign_of_a_known_browser_cannot_be_made_up_or_used_for_another_name(
    administrator: Account, name: str
) -> None:
    browser = Client()
    if name == NAME:
        browser.cookies[throttle.COOKIE] = f"{throttle._name_digest(NAME)}.x:made-up"
    else:
        sign_in(browser, password=PASSWORD)
        browser.post("/sign-out/")
    be_wrong(Client(), times=throttle.FREE_FOR_NAME, name=name)

    assert sign_in(browser, password="wrong", name=name).status_code == 429


def test_the_right_password_makes_the_count_begin_anew(administrator: Account) -> None:
    for _ in range(3):
        be_wrong(Client(), times=throttle.FREE_FOR_NAME - 1)
        assert sign_in(Client(), password=PASSWORD).status_code == 302


def test_a_form_that_was_left_empty_is_no_guess(administrator: Account) -> None:
    for _ in range(throttle.FREE_FOR_ADDRESS + 1):
        assert sign_in(Client(), password="").status_code == 200


REDIS_CACHE = {"BACKEND": "django.core.cache.backends.redis.RedisCache"}


def test_without_the_cache_people_sign_in_all_the_same(
    administrator: Account, settings: Any
) -> None:
    settings.CACHES = {"default": {**REDIS_CACHE, "LOCATION": "redis://127.0.0.1:9/0"}}
    browser = Client()
    be_wrong(browser, times=throttle.FREE_FOR_NAME + 1)

    assert sign_in(browser, password=PASSWORD).status_code == 302


@pytest.mark.stack
def test_of_many_guesses_at_once_in_several_processes_one_passes_when_the_wait_is_over(
    redis_url: str, settings: Any
) -> None:
    settings.CACHES = {"default": {**REDIS_CACHE, "LOCATION": redis_url}}
    count = throttle.Count(key="sign-in.name.x", free=1)
    count.add()
    assert count.take()
    cache.delete(count.gate)

    def guess(_: int) -> bool:
        # Each thread has a connection of its own, as a process has.
        passes = count.take() is None
        caches.close_all()
        return passes

    with ThreadPoolExecutor(8) as together:
        assert sum(together.map(guess, range(32))) == 1
