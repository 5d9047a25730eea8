"""Numbers become plain decimals, or are refused."""

from decimal import Decimal

import pytest

from tests.builders_mapping import make_field
from tests.mapping.converting import convert, refusal

NUMBER = make_field("NUMBER")


@pytest.mark.parametrize(
    ("value", "stored"),
    [
        ("1234", "1234"),
        ("1,234", "1234"),
        ("12,345,678.90", "12345678.9"),
        ("１，２３４．５", "1234.5"),
        ("¥1,000", "1000"),
        ("￥1,000", "1000"),
        ("1,000円", "1000"),
        ("-¥500", "-500"),
        ("¥-500", "-500"),
        ("▲1,234", "-1234"),
        ("△5", "-5"),
        ("−3", "-3"),
        ("+7", "7"),
        (" 42 ", "42"),
        ("　42　", "42"),
        ("007", "7"),
        ("1.50", "1.5"),
        (".5", "0.5"),
        ("5.", "5"),
        ("1.5e1", "15"),
        ("1E-3", "0.001"),
        ("-0", "0"),
        ("0.000", "0"),
        ("123456789012345678901234567890", "123456789012345678901234567890"),
        (Decimal("1E+3"), "1000"),
        (Decimal("-0.00"), "0"),
        (Decimal("35.68000000000000"), "35.68"),
        (Decimal(1234567890123), "1234567890123"),
        (True, "1"),
        (False, "0"),
    ],
)
def test_numbers_are_plain_decimals(value, stored):
    kind = {Decimal: "number", bool: "flag"}.get(type(value), "text")

    assert convert(kind, NUMBER, value) == stored


@pytest.mark.parametrize(
    "value",
    ["", "abc", "12abc", "1,23", "1,2345", "1 234", "1.2.3", "--1", "-+1", "ー", "-", "十", "1億",
     "0x10", "NaN", "Infinity", "1_000", "12%", "٣", "½", "e5", "1e", ",", "1,000,", "円", "¥"],
)  # fmt: skip
def test_what_is_no_number_is_refused(value):
    assert refusal("text", NUMBER, value) == "not_a_number"


@pytest.mark.parametrize("value", ["1" * 31, "0." + "1" * 30, "1e30", "1e-31", "1e9999", "9" * 500])
def test_numbers_longer_than_any_kintone_allows_are_refused(value):
    assert refusal("text", NUMBER, value) == "too_many_digits"


def test_decimals_that_are_no_number_are_refused():
    assert refusal("number", NUMBER, Decimal("NaN")) == "not_a_number"
    assert refusal("number", NUMBER, Decimal("-Infinity")) == "not_a_number"


def test_the_range_of_a_number_field_is_kept():
    field = make_field("NUMBER", minValue="0", maxValue="100")

    assert convert("text", field, "100.0") == "100"
    assert refusal("text", field, "-0.1") == "too_small"
    assert refusal("number", field, Decimal("100.01")) == "too_large"
