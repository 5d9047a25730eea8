"""What is read out of what people paste into the form."""

import pytest
from django.core.exceptions import ValidationError

from integrations.addresses import read_app_id, read_subdomain


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("example", ("example", None)),
        (" Example ", ("example", None)),
        ("ｅｘａｍｐｌｅ", ("example", None)),
        ("my-company2", ("my-company2", None)),
        ("example.cybozu.com", ("example", "cybozu.com")),
        ("https://example.cybozu.com", ("example", "cybozu.com")),
        ("https://example.cybozu.com/k/123/?view=5#x", ("example", "cybozu.com")),
        ("https://example.s.cybozu.com/k/", ("example", "cybozu.com")),
        ("http://example.kintone.com/", ("example", "kintone.com")),
        ("example.cybozu.cn", ("example", "cybozu.cn")),
        ("x" * 63, ("x" * 63, None)),
    ],
)
def test_a_subdomain_is_read_from_itself_or_from_a_url(text, expected):
    assert read_subdomain(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "  ",
        "例え",
        "exa_mple",
        "-example",
        "example-",
        "x" * 64,
        "a.b",
        "evil.jp/",
        "evil.jp#",
        "user:pass@evil.jp",
        "https://evil.jp/example.cybozu.com",
        "https://evil.jp#.cybozu.com",
        "example.cybozu.com.evil.jp",
        "a.b.cybozu.com",
        "{domain}",
        "exam\nple\x00",
    ],
)
def test_what_could_lead_elsewhere_is_no_subdomain(text):
    with pytest.raises(ValidationError):
        read_subdomain(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("123", (123, None)),
        (" １２３ ", (123, None)),
        ("1 2 3", (123, None)),
        ("0123", (123, None)),
        ("https://xxx.cybozu.com/k/123/", (123, None)),
        ("https://xxx.cybozu.com/k/123", (123, None)),
        ("https://xxx.cybozu.com/k/123/?view=20#sort", (123, None)),
        ("https://xxx.cybozu.com/k/123/show#record=7&l.view=1", (123, None)),
        ("https://xxx.cybozu.com/k/guest/5/123/", (123, 5)),
        ("https://xxx.cybozu.com/k/guest/5/123/edit?record=9", (123, 5)),
        ("xxx.cybozu.com/k/123/", (123, None)),
        ("/k/123/", (123, None)),
        ("http://127.0.0.1:8000/demo/k/4/", (4, None)),
    ],
)
def test_an_app_id_is_read_from_itself_or_from_a_url(text, expected):
    assert read_app_id(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "abc",
        "-1",
        "1.5",
        "0",
        "12a",
        "https://xxx.cybozu.com/k/",
        "https://xxx.cybozu.com/k/guest/5/",
        "https://xxx.cybozu.com/k/m/123",
        "https://example.com/123/",
        "9" * 19,
        "9" * 5000,
        "https://xxx.cybozu.com/k/" + "9" * 5000 + "/",
    ],
)
def test_anything_else_is_no_app_id(text):
    with pytest.raises(ValidationError):
        read_app_id(text)
