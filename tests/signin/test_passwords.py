"""What a password must be: long, and nothing that a list of words would find."""

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.test import Client

from crm.models import Account
from tests.conftest import PASSWORD


def refusal(password: str, account: Account | None = None) -> str:
    """Why it is refused; "" if it is not."""
    try:
        validate_password(password, account)
    except ValidationError as error:
        return " ".join(error.messages)
    return ""


@pytest.mark.parametrize(
    "password",
    [
        PASSWORD,
        "abcdefghijklm nopqrst",
        "とても長い合言葉です今日は",
        "8302 5471 9966 1285",
        "x9" * 4 + "correct",
        "長" * 3 + "correct horse" + "🐎",
        "only lower case letters",
        "a" * 30 + " quick brown fox" * 20,
    ],
)
def test_any_long_password_will_do_whatever_it_is_made_of(password: str) -> None:
    assert refusal(password) == ""


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("short", "12 文字以上"),
        ("eleven char", "12 文字以上"),
        ("Password1234!", "よく使われる単語"),
        ("qwertyuiop12", "よく使われる単語"),
        ("HPSYNC-2026-11", "よく使われる単語"),
        ("kintone123456", "よく使われる単語"),
        ("aaaaaaaaaaaaaaaa", "同じ文字の繰り返し"),
        ("121212121212", "同じ文字の繰り返し"),
    ],
)
def test_what_is_guessed_first_is_refused_with_its_reason(password: str, reason: str) -> None:
    assert reason in refusal(password)


def test_a_password_like_the_name_or_the_address_is_refused() -> None:
    account = Account(username="yamada.taro", email="taro.yamada@example.com")

    assert refusal("yamada.taro.1", account)
    assert refusal("taro.yamada@example", account)


def test_a_new_account_may_not_have_its_own_name_as_password(as_administrator: Client) -> None:
    given = {"username": "yamada.taro.k", "role": "general", "password": "yamada.taro.k1"}
    answer = as_administrator.post("/customers/accounts/add/", given)

    assert answer.status_code == 422
    assert not Account.objects.filter(username="yamada.taro.k").exists()
