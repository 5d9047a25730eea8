"""Text, rich text and links."""

from datetime import UTC, date, datetime, time
from decimal import Decimal

import pytest

from tests.builders_mapping import make_field
from tests.mapping.converting import SATO, SUZUKI, convert, refusal

TEXT = make_field("SINGLE_LINE_TEXT")
LINES = make_field("MULTI_LINE_TEXT")
RICH = make_field("RICH_TEXT")


@pytest.mark.parametrize(
    ("kind", "value", "single", "several", "rich"),
    [
        ("text", "青葉商事", "青葉商事", "青葉商事", "青葉商事"),
        ("text", " 青葉 ", " 青葉 ", " 青葉 ", " 青葉 "),
        ("text", "001", "001", "001", "001"),
        ("long_text", "一\r\n二\r三", "一 二 三", "一\n二\n三", "一<br>二<br>三"),
        ("long_text", "終わり\n", "終わり", "終わり\n", "終わり<br>"),
        ("text", "<b>A & B</b>", "<b>A & B</b>", "<b>A & B</b>", "&lt;b&gt;A &amp; B&lt;/b&gt;"),
        (
            "rich_text",
            "<p>A&amp;B</p><p>C<br>D</p><script>x</script>",
            "A&B C D",
            "A&B\nC\nD",
            "<p>A&amp;B</p><p>C<br>D</p><script>x</script>",
        ),
        (
            "rich_text",
            "<ul><li>一</li><li>二</li></ul>",
            "一 二",
            "一\n二",
            "<ul><li>一</li><li>二</li></ul>",
        ),
        ("number", Decimal("12.50"), "12.5", "12.5", "12.5"),
        ("flag", True, "はい", "はい", "はい"),
        ("flag", False, "いいえ", "いいえ", "いいえ"),
        ("date", date(2024, 1, 5), "2024-01-05", "2024-01-05", "2024-01-05"),
        ("time", time(9, 5, 7), "09:05", "09:05", "09:05"),
        ("datetime", datetime(2024, 1, 5, 0, 30, tzinfo=UTC), *["2024-01-05 09:30"] * 3),
        ("choice", "製造業", "製造業", "製造業", "製造業"),
        ("choices", ("赤", "", "青"), "赤、青", "赤\n青", "赤<br>青"),
        ("rows", ("本社", "支社"), "本社、支社", "本社\n支社", "本社<br>支社"),
        ("user", SATO, "佐藤花子", "佐藤花子", "佐藤花子"),
        (
            "users",
            (SATO, SUZUKI),
            "佐藤花子、鈴木一郎",
            "佐藤花子\n鈴木一郎",
            "佐藤花子<br>鈴木一郎",
        ),
        ("email", "a@b.jp", "a@b.jp", "a@b.jp", "a@b.jp"),
        ("phone", "０３-1234", "０３-1234", "０３-1234", "０３-1234"),
    ],
)
def test_everything_can_be_written_as_text(kind, value, single, several, rich):
    assert convert(kind, TEXT, value) == single
    assert convert(kind, LINES, value) == several
    assert convert(kind, RICH, value) == rich


def test_the_lengths_of_a_text_field_are_counted_in_characters():
    field = make_field("SINGLE_LINE_TEXT", minLength="2", maxLength="5")

    assert convert("text", field, "𠮷野家が好") == "𠮷野家が好"
    assert refusal("text", field, "吉野家が好き") == "too_long"
    assert refusal("text", field, "吉") == "too_short"


def test_a_field_that_forbids_duplicates_holds_64_characters():
    field = make_field("SINGLE_LINE_TEXT", unique=True)

    assert convert("text", field, "x" * 64) == "x" * 64
    assert refusal("text", field, "x" * 65) == "too_long"


WEB = make_field("LINK", protocol="WEB")
MAIL = make_field("LINK", protocol="MAIL")
CALL = make_field("LINK", protocol="CALL")


@pytest.mark.parametrize(
    ("value", "stored"),
    [
        ("https://example.com/a?b=c#d", "https://example.com/a?b=c#d"),
        ("HTTP://EXAMPLE.COM", "HTTP://EXAMPLE.COM"),
        ("www.example.co.jp", "https://www.example.co.jp"),
        ("example.co.jp/会社", "https://example.co.jp/会社"),
        ("example.com:8080/x", "https://example.com:8080/x"),
        ("日本語.jp", "https://日本語.jp"),
        ("ｈｔｔｐｓ：／／ｅｘａｍｐｌｅ．ｃｏｍ", "https://example.com"),
        (" https://example.com ", "https://example.com"),
    ],
)
def test_links_get_their_scheme(value, stored):
    assert convert("url", WEB, value) == stored


@pytest.mark.parametrize(
    "value",
    ["なし", "1.5", "a@example.com", "https://", "http:// x", "javascript:alert(1)", "a b.jp",
     "-", "example", "https://a b.jp", "//example.com", "mailto:a@b.jp"],
)  # fmt: skip
def test_what_is_no_link_is_refused(value):
    assert refusal("url", WEB, value) == "not_a_url"


def test_addresses_and_numbers_are_made_half_width():
    assert convert("email", MAIL, " ａ＠example.com ") == "a@example.com"
    assert convert("user", MAIL, SATO) == "sato@example.com"
    assert convert("phone", CALL, "０３－１２３４－５６７８") == "03-1234-5678"
    assert refusal("email", MAIL, "a@b.jp, c@d.jp") == "not_an_email"
    assert refusal("email", MAIL, "なし") == "not_an_email"
    assert refusal("phone", CALL, "なし") == "not_a_phone"


def test_a_link_keeps_its_length():
    field = make_field("LINK", protocol="WEB", maxLength="20")

    assert refusal("url", field, "https://example.com/long") == "too_long"
    assert refusal("url", field, "www.example.co.jp") == "too_long"
