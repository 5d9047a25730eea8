"""Numbers, dates, times and links (kintone-api.md §5, "Checks on write" and the number limits)."""

import pytest

from sandbox import scalars


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ("1.5e1", "15"),
        (" 42 ", "42"),
        ("1.50", "1.5"),
        ("-0", "0"),
        ("-0.00004", "0"),
        ("+7", "7"),
        (".5", "0.5"),
        ("5.", "5"),
        ("007", "7"),
        ("100", "100"),
        ("0.00005", "0"),
        ("0.00015", "0.0002"),
        ("1.00025", "1.0002"),
        ("999999999999.9999", "999999999999.9999"),
        ("1e11", "100000000000"),
    ],
)
def test_numbers_are_normalised_and_rounded_half_to_even(sent, stored):
    assert scalars.number(sent) == stored


@pytest.mark.parametrize(
    "sent", ["1,000", "12abc", "１２", "", " ", "NaN", "Infinity", "1e", "--1"]
)
def test_what_is_no_number_is_not_read(sent):
    with pytest.raises(scalars.NotReadable):
        scalars.number(sent)


@pytest.mark.parametrize(
    ("digits", "decimals", "rounding", "sent", "stored"),
    [
        (30, 10, "HALF_EVEN", "12345678901234567890.1234567890", "12345678901234567890.123456789"),
        (20, 0, "HALF_EVEN", "2.5", "2"),
        (20, 0, "HALF_EVEN", "100", "100"),
        (16, 2, "UP", "-0.001", "-0.01"),
        (16, 2, "DOWN", "0.999", "0.99"),
    ],
)
def test_an_app_may_have_other_digits_and_another_way_to_round(
    digits, decimals, rounding, sent, stored
):
    precision = scalars.Precision(digits=digits, decimals=decimals, rounding=rounding)

    assert scalars.number(sent, precision) == stored


@pytest.mark.parametrize("sent", ["1000000000000", "1e12", "1e300", "999999999999.99995"])
def test_more_than_twelve_integer_digits_are_too_many(sent):
    with pytest.raises(scalars.TooManyDigits):
        scalars.number(sent)


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ("2026-01-31", "2026-01-31"),
        ("2026", "2026-01-01"),
        ("2026-1", "2026-01-01"),
        ("2026-1-5", "2026-01-05"),
        ("1000-01-01", "1000-01-01"),
        ("9999-12-31", "9999-12-31"),
    ],
)
def test_short_dates_are_filled_with_01(sent, stored):
    assert scalars.day(sent) == stored


@pytest.mark.parametrize(
    "sent", ["0999-12-31", "2026-02-29", "2026-13-01", "2026/01/31", "20260131", "31", "令和8年"]
)
def test_what_is_no_date_is_not_read(sent):
    with pytest.raises(scalars.NotReadable):
        scalars.day(sent)


@pytest.mark.parametrize(
    ("sent", "stored"), [("09:30", "09:30"), ("9:5", "09:05"), ("23:59:59", "23:59")]
)
def test_times_lose_their_seconds(sent, stored):
    assert scalars.time_of_day(sent) == stored


@pytest.mark.parametrize("sent", ["24:00", "12:60", "noon", "12", "12:00Z"])
def test_what_is_no_time_is_not_read(sent):
    with pytest.raises(scalars.NotReadable):
        scalars.time_of_day(sent)


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ("2026-01-31T09:30:59+09:00", "2026-01-31T00:30:00Z"),
        ("2026-01-31T09:30:00.123Z", "2026-01-31T09:30:00Z"),
        ("2026-01-31T09:30Z", "2026-01-31T09:30:00Z"),
        ("2026-01-31T00:00:00+0900", "2026-01-30T15:00:00Z"),
        ("2026-01-31", "2026-01-31T00:00:00Z"),
        ("2026-06-01T23:00:00-05:00", "2026-06-02T04:00:00Z"),
    ],
)
def test_moments_are_kept_in_utc_to_the_minute(sent, stored):
    assert scalars.moment(sent) == stored


@pytest.mark.parametrize(
    "sent",
    [
        "2026-01-31T09:30:00",
        "2026-01-31 09:30:00Z",
        "2026-01-31T25:00:00Z",
        "2026-01-31T09:30:00+25:00",
        "9999-12-31T23:00:00-09:00",
        "1000-01-01T00:00:00+09:00",
    ],
)
def test_what_is_no_moment_is_not_read(sent):
    with pytest.raises(scalars.NotReadable):
        scalars.moment(sent)


@pytest.mark.parametrize(
    ("sent", "protocol", "readable"),
    [
        ("https://example.jp/a?b=1", "WEB", True),
        ("HTTP://例え.jp/", "WEB", True),
        ("example.jp", "WEB", False),
        ("javascript:alert(1)", "WEB", False),
        ("https:// example.jp", "WEB", False),
        ("a@example.jp", "MAIL", True),
        ("メールなし", "MAIL", False),
        ("03-0000-0000（代表）", "CALL", True),
    ],
)
def test_links_are_checked_by_their_protocol(sent, protocol, readable):
    if readable:
        assert scalars.link(sent, protocol=protocol) == sent
    else:
        with pytest.raises(scalars.NotReadable):
            scalars.link(sent, protocol=protocol)
