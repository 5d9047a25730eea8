"""Signing in and out, the language, and the pages for what went wrong."""

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path

from crm.models import Account
from hpsync.urls import urlpatterns as product_urls
from tests.conftest import PASSWORD


def test_an_administrator_signs_in_and_is_led_on(
    as_stranger: Client, administrator: Account
) -> None:
    given = {"username": administrator.username, "password": PASSWORD, "next": "/runs/"}
    answer = as_stranger.post("/sign-in/", given)
    assert (answer.status_code, answer["Location"]) == (302, "/runs/")


def test_nobody_is_led_to_another_site(as_stranger: Client, administrator: Account) -> None:
    given = {
        "username": administrator.username,
        "password": PASSWORD,
        "next": "https://evil.example.com/",
    }
    assert as_stranger.post("/sign-in/", given)["Location"] == "/"


def test_a_wrong_password_is_said_in_words_and_the_name_stays(
    as_stranger: Client, administrator: Account
) -> None:
    given = {"username": administrator.username, "password": "wrong"}
    page = as_stranger.post("/sign-in/", given).content.decode()
    assert "ユーザー名またはパスワードが正しくありません。" in page
    assert f'value="{administrator.username}"' in page
    assert "wrong" not in page


def test_signing_out_is_for_good(as_administrator: Client) -> None:
    answer = as_administrator.post("/sign-out/")
    assert (answer.status_code, answer["Location"]) == (302, "/sign-in/")
    assert as_administrator.get("/runs/").status_code == 302


def test_a_link_cannot_sign_out(as_administrator: Client) -> None:
    assert as_administrator.get("/sign-out/").status_code == 405


def test_a_page_is_japanese_whatever_the_browser_prefers(as_stranger: Client) -> None:
    answer = as_stranger.get("/sign-in/", headers={"Accept-Language": "en"})
    assert answer["Content-Language"] == "ja"
    assert '<html lang="ja">' in answer.content.decode()


def test_the_language_chosen_on_screen_stays(as_stranger: Client) -> None:
    chosen = as_stranger.post("/language/", {"language": "en", "next": "/sign-in/"})
    assert (chosen.status_code, chosen["Location"]) == (302, "/sign-in/")
    assert '<html lang="en">' in as_stranger.get("/sign-in/").content.decode()


def test_a_language_that_we_do_not_speak_changes_nothing(as_stranger: Client) -> None:
    as_stranger.cookies["django_language"] = "xx"
    assert as_stranger.get("/sign-in/")["Content-Language"] == "ja"


def test_a_link_cannot_change_the_language(as_stranger: Client) -> None:
    assert as_stranger.get("/language/?language=en").status_code == 405


def test_pages_obey_a_strict_content_security_policy(as_stranger: Client) -> None:
    policy = as_stranger.get("/sign-in/")["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy


def test_a_form_from_elsewhere_is_refused_in_words(administrator: Account) -> None:
    answer = Client(enforce_csrf_checks=True).post("/sign-in/", {"username": "x"})
    assert answer.status_code == 403
    assert "操作を受け付けられませんでした" in answer.content.decode()


def _broken(request: HttpRequest) -> HttpResponse:
    message = "boom"
    raise RuntimeError(message)


urlpatterns = [path("broken/", _broken), *product_urls]


@pytest.mark.urls(__name__)
def test_a_page_that_breaks_says_so_in_words(as_administrator: Client) -> None:
    as_administrator.raise_request_exception = False
    answer = as_administrator.get("/broken/")
    assert answer.status_code == 500
    page = answer.content.decode()
    assert "ページを表示できません" in page
    assert "boom" not in page
