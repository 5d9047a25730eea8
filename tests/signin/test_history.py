"""Every try to sign in is written down, listed with filters, and forgotten in time."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from celery import current_app
from django.conf import settings
from django.core import mail
from django.core.mail import EmailMultiAlternatives
from django.test import Client

from common import clock
from crm.models import Account
from signin import history, throttle
from signin.models import SignIn
from signin.tasks import forget_old, tell
from tests.conftest import PASSWORD
from tests.pages.reading import Page

EDGE = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0.0.0 Safari/537.36 Edg/140.0"
R = SignIn.Result


def sign_in(browser: Client, *, name: str = "kanri", password: str = PASSWORD, **more: Any) -> None:
    browser.post("/sign-in/", {"username": name, "password": password}, **more)


def results() -> list[str]:
    return list(SignIn.objects.order_by("pk").values_list("result", flat=True))


def test_a_success_is_written_down_with_address_and_browser(administrator: Account) -> None:
    sign_in(Client(), headers={"User-Agent": EDGE}, REMOTE_ADDR="192.0.2.7")

    entry = SignIn.objects.get()
    assert (entry.account, entry.name, entry.result) == (administrator, "", R.PASSWORD)
    assert (entry.address, entry.browser) == ("192.0.2.7", "Edge 140 / Windows")


def test_every_kind_of_failure_is_written_down_with_its_reason(administrator: Account) -> None:
    Account.objects.create_user("yameta", password=PASSWORD, is_active=False)
    sign_in(Client(), password="wrong")
    sign_in(Client(), name="yameta")
    sign_in(Client(), name="nobody")

    assert results() == [R.WRONG_PASSWORD, R.DISABLED, R.NO_ACCOUNT]


def test_of_a_name_that_no_account_has_little_is_kept_for_it_may_be_a_password(db: None) -> None:
    sign_in(Client(), name="my-secret-password")
    sign_in(Client(), name="abc")

    assert [entry.name for entry in SignIn.objects.order_by("pk")] == ["my-…", "a…"]


def test_who_has_to_wait_is_written_down_once_in_each_wait(administrator: Account) -> None:
    for _ in range(throttle.FREE_FOR_NAME + 10):
        sign_in(Client(), password="wrong")

    assert results() == [*[R.WRONG_PASSWORD] * throttle.FREE_FOR_NAME, R.HAD_TO_WAIT]


def test_a_character_that_a_database_refuses_is_no_error(db: None) -> None:
    for _ in range(throttle.FREE_FOR_NAME):
        sign_in(Client(), name="bo\0b")
    for _ in range(throttle.FREE_FOR_ADDRESS):
        sign_in(Client(), name="bob")

    sign_in(Client(), name="bo\0b")

    assert results()[-1] == R.HAD_TO_WAIT


def test_a_form_that_was_left_empty_is_no_try(db: None) -> None:
    sign_in(Client(), name="", password="")

    assert results() == []


@pytest.fixture
def filled(administrator: Account, general: Account) -> None:
    """Tries of two accounts and a stranger, now and ten days ago."""
    with time_machine.travel(clock.now() - timedelta(days=10), tick=False):
        sign_in(Client(), password="wrong")
    sign_in(Client())
    sign_in(Client(), name="ippan", password="wrong")
    sign_in(Client(), name="nobody")


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("", 4),
        ("?result=succeeded", 1),
        ("?result=failed", 3),
        ("?result=wrong_password", 2),
        ("?account=unknown", 1),
        ("?period=7", 3),
        ("?period=7&result=wrong_password", 1),
        ("?result=nonsense&account=abc&period=x&below=x", 4),
    ],
)
def test_the_list_is_narrowed_by_the_address(
    as_administrator: Client, filled: None, query: str, shown: int
) -> None:
    page = as_administrator.get(f"/sign-ins/{query}").content.decode()

    assert page.count('<td role="cell" class="nowrap">') == shown


def test_ones_own_tries_are_one_link_away(
    as_administrator: Client, administrator: Account, filled: None
) -> None:
    links = Page(as_administrator.get("/account/")).links()
    page = Page(as_administrator.get(links["自分のサインイン履歴をすべて表示"]))

    assert "成功（パスワード）" in page.text()
    assert "登録なし" not in page.text()
    assert page.text().count("失敗（パスワード） 2026") == 1


def test_a_filter_that_finds_nothing_says_so_and_how_to_go_on(
    as_administrator: Client, filled: None
) -> None:
    page = Page(as_administrator.get("/sign-ins/?result=recovery"))

    assert "該当するサインインはありません。" in page.text()
    assert page.links()["条件をクリア"] == "/sign-ins/"


def test_the_list_goes_on_page_by_page_with_its_filters_in_as_many_queries(
    as_administrator: Client, administrator: Account, django_assert_num_queries: Any
) -> None:
    entries = [
        SignIn(at=clock.now(), account=administrator, result=R.WRONG_PASSWORD)
        for _ in range(history.PAGE_SIZE + 3)
    ]
    SignIn.objects.bulk_create(entries)

    with django_assert_num_queries(4):
        first = Page(as_administrator.get("/sign-ins/?result=failed"))
    second = as_administrator.get("/sign-ins/" + first.links()["次へ"])

    assert second.content.decode().count('<td role="cell" class="nowrap">') == 3
    assert Page(second).links()["最初に戻る"] == "?result=failed"


def test_what_is_old_is_forgotten(administrator: Account, settings: Any) -> None:
    sign_in(Client())
    later = clock.now() + timedelta(days=settings.SIGN_IN_HISTORY_DAYS)
    with time_machine.travel(later - timedelta(minutes=1), tick=False):
        forget_old()
        assert SignIn.objects.count() == 1
    with time_machine.travel(later + timedelta(minutes=1), tick=False):
        forget_old()
        assert SignIn.objects.count() == 0


def test_beat_forgets_every_hour() -> None:
    assert settings.CELERY_BEAT_SCHEDULE["signin-forget"]["task"] == forget_old.name


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[list[Any]]:
    """What a worker was asked to tell; it does so at once."""
    asked: list[list[Any]] = []

    def send(name: str, *, args: list[Any], **_: Any) -> None:
        assert name == tell.name
        asked.append(args)
        tell(*args)

    monkeypatch.setattr(current_app, "send_task", send)
    return asked


def test_a_sign_in_from_a_new_browser_is_told_by_mail(
    administrator: Account, told: list[list[Any]]
) -> None:
    administrator.email = "kanri@example.com"
    administrator.save()
    known = Client()
    sign_in(known)
    assert told == []  # the first of all is no news
    known.post("/sign-out/")
    sign_in(known)
    assert told == []

    sign_in(Client(), headers={"User-Agent": EDGE}, REMOTE_ADDR="192.0.2.7")

    sent = mail.outbox[0]
    assert isinstance(sent, EmailMultiAlternatives)
    assert sent.to == ["kanri@example.com"]
    assert sent.subject == "新しいブラウザからサインインしました｜kanri｜hpsync"
    assert "192.0.2.7" in sent.body
    assert "Edge 140 / Windows" in sent.body
    assert "https://hpsync.example.com/account/" in sent.body
    assert "Edge 140 / Windows" in str(sent.alternatives[0][0])


def test_who_has_no_address_gets_no_mail(administrator: Account, told: list[list[Any]]) -> None:
    for _ in range(2):
        sign_in(Client())

    assert told == []


def test_a_broker_that_is_away_keeps_nobody_out(
    administrator: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    def send(*_: Any, **__: Any) -> None:
        raise OSError

    monkeypatch.setattr(current_app, "send_task", send)
    administrator.email = "kanri@example.com"
    administrator.save()
    for browser in (Client(), last := Client()):
        sign_in(browser)

    assert last.get("/account/").status_code == 200
