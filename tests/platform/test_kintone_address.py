"""Which addresses of kintone an operator may give."""

import pytest

from hpsync.kintone_address import checked_url_template


@pytest.mark.parametrize(
    "template",
    [
        "https://{subdomain}.{domain}",
        "https://kintone.example.com/{subdomain}",
        "http://127.0.0.1:8801/{subdomain}",
        "http://127.0.0.2",
        "http://[::1]:8801",
        "http://localhost:8801",
    ],
)
def test_https_anywhere_and_http_on_this_machine_will_do(template: str) -> None:
    assert checked_url_template(template) == template


def test_a_closing_slash_goes() -> None:
    assert checked_url_template("http://127.0.0.1:8801/") == "http://127.0.0.1:8801"


@pytest.mark.parametrize(
    "template",
    [
        "http://kintone.example.com",
        "http://{subdomain}.{domain}",
        "http://{subdomain}",
        "http://127.0.0.1.example.com",
        "http://127.0.0.1{subdomain}",
        "http://127.0.0.1@example.com",
        "https://user:word@example.com",
        "https://example.com/?{subdomain}",
        "https://example.com/#x",
        "ftp://127.0.0.1",
        "127.0.0.1:8801",
        "https://",
        "https://{tenant}.example.com",
        "https://{}.example.com",
        "https://{subdomain",
    ],
)
def test_anything_else_is_refused(template: str) -> None:
    with pytest.raises(ValueError):
        checked_url_template(template)
