"""What is kept out of the logs."""

import logging

import pytest

from hpsync.masking import MASK, SecretFilter


def logged(message: str, *arguments: object, error: BaseException | None = None) -> str:
    """The line, with its traceback, as it would stand in the log."""
    record = logging.LogRecord(
        *("name", logging.ERROR, "file.py", 1, message, arguments),
        exc_info=(type(error), error, error.__traceback__) if error else None,
    )
    assert SecretFilter(secrets=["known-secret", "known-secret-and-more", "ab"]).filter(record)
    return logging.Formatter("%(message)s").format(record)


def test_known_secrets_are_masked_in_message_and_arguments() -> None:
    assert logged("a known-secret and %s", "known-secret") == f"a {MASK} and {MASK}"


def test_a_secret_that_begins_another_hides_nothing_of_it() -> None:
    assert logged("known-secret-and-more") == MASK


def test_a_secret_too_short_to_be_one_masks_no_ordinary_words() -> None:
    assert logged("about a cab") == "about a cab"


def test_known_secrets_are_masked_in_tracebacks() -> None:
    try:
        message = "login with known-secret refused"
        raise ValueError(message)
    except ValueError as error:
        text = logged("failed", error=error)
    assert "ValueError" in text
    assert "known-secret" not in text


@pytest.mark.parametrize(
    "line",
    [
        "X-Cybozu-Authorization: c2F0bzpoaWRkZW4=",
        "X-Cybozu-API-Token: hidden,hidden",
        "Authorization: Basic hidden",
        "{'X-Cybozu-API-Token': 'hidden', 'Accept': '*/*'}",
        "{'Authorization': 'Basic hidden'}",
        "Cookie: sessionid=hidden; csrftoken=hidden",
        "https://sato:hidden@example.cybozu.com/k/v1/app.json",
        "redis://:hidden@redis:6379/0",
        "password=hidden",
        '{"password": "hidden", "name": "x"}',
        "basic_password='hidden'",
        "api_token: hidden",
        "CREDENTIAL_KEYS=hidden",
    ],
)
def test_what_looks_like_a_secret_is_masked_even_if_nobody_named_it(line: str) -> None:
    text = logged(line)
    assert "hidden" not in text
    assert "c2F0bzpoaWRkZW4=" not in text
    assert MASK in text


@pytest.mark.parametrize(
    "line",
    [
        "PUT https://example.cybozu.com/k/v1/records.json 200 in 0.3 s",
        "Run 12: the token of 3 apps was read",
        "12:30:00 started",
    ],
)
def test_ordinary_lines_stay_as_they_are(line: str) -> None:
    assert logged(line) == line
