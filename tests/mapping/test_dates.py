"""Dates, times and moments become what kintone stores, also from Japanese text."""

from datetime import UTC, date, datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from tests.builders_mapping import make_field
from tests.mapping.converting import convert, refusal

TOKYO = ZoneInfo("Asia/Tokyo")
DATE = make_field("DATE")


@pytest.mark.parametrize(
    ("value", "stored"),
    [
        ("2024-01-05", "2024-01-05"),
        ("2024/1/5", "2024-01-05"),
        ("２０２４／１／５", "2024-01-05"),
        ("2024.1.5", "2024-01-05"),
        ("2024年1月5日", "2024-01-05"),
        ("2024年1月5日（金）", "2024-01-05"),
        ("20240105", "2024-01-05"),
        ("令和6年1月5日", "2024-01-05"),
        ("令和元年5月1日", "2019-05-01"),
        ("R6.1.5", "2024-01-05"),
        ("r06/01/05", "2024-01-05"),
        ("Ｒ６．１．５", "2024-01-05"),
        ("㋿6年1月5日", "2024-01-05"),
        ("平成31年4月30日", "2019-04-30"),
        ("平成31年5月1日", "2019-05-01"),
        ("H1.1.8", "1989-01-08"),
        ("S64.1.7", "1989-01-07"),
        ("昭和39年10月10日", "1964-10-10"),
        ("T15.12.24", "1926-12-24"),
        ("M1.1.25", "1868-01-25"),
        ("2024-02-29", "2024-02-29"),
        ("2024/01/05 13:45:59", "2024-01-05"),
        ("2024-01-04T23:30:00Z", "2024-01-05"),
        ("2024-01-05T02:00:00+14:00", "2024-01-04"),
        ("1000-01-01", "1000-01-01"),
        ("9999-12-31", "9999-12-31"),
        (date(2024, 1, 5), "2024-01-05"),
        (datetime(2024, 1, 4, 15, 0, tzinfo=UTC), "2024-01-05"),
        (datetime(2024, 1, 4, 14, 59, tzinfo=UTC), "2024-01-04"),
    ],
)
def test_dates_are_written_as_kintone_writes_them(value, stored):
    kind = {date: "date", datetime: "datetime"}.get(type(value), "text")

    assert convert(kind, DATE, value) == stored


@pytest.mark.parametrize(
    "value",
    ["2023-02-29", "2024-13-01", "2024-00-10", "2024/1/32", "令和0年1月1日", "昭和65年1月1日",
     "平成32年1月1日", "2024", "2024/1", "1/5/2024", "24/1/5", "明日", "2024-1-5-6", "20241305",
     "2024年1月5日頃", "X5.1.1", "2024-01-05 25:00", "2024-01-05T10:00+99:00", "٢٠٢٤-٠١-٠٥"],
)  # fmt: skip
def test_impossible_dates_are_refused(value):
    assert refusal("text", DATE, value) == "not_a_date"


def test_dates_before_the_year_1000_are_refused():
    assert refusal("date", DATE, date(999, 12, 31)) == "date_out_of_range"
    assert refusal("text", DATE, "0999-12-31") == "date_out_of_range"


TIME = make_field("TIME")


@pytest.mark.parametrize(
    ("value", "stored"),
    [
        ("9:30", "09:30"),
        ("09:30:59", "09:30"),
        ("９：３０", "09:30"),
        ("9時30分", "09:30"),
        ("9時", "09:00"),
        ("午前9:05", "09:05"),
        ("午後3時", "15:00"),
        ("午後0:10", "12:10"),
        ("午前12:10", "00:10"),
        ("3:30 PM", "15:30"),
        ("12:00 AM", "00:00"),
        ("23:59", "23:59"),
        (time(9, 30, 59), "09:30"),
        (datetime(2024, 1, 5, 0, 15, tzinfo=UTC), "09:15"),
    ],
)
def test_times_are_hours_and_minutes(value, stored):
    kind = {time: "time", datetime: "datetime"}.get(type(value), "text")

    assert convert(kind, TIME, value) == stored


@pytest.mark.parametrize("value", ["24:00", "9:60", "930", "9", "朝", "9:3:99", "1:00 PM!"])
def test_impossible_times_are_refused(value):
    assert refusal("text", TIME, value) == "not_a_time"


DATETIME = make_field("DATETIME")


@pytest.mark.parametrize(
    ("value", "stored"),
    [
        ("2024-01-05 09:30", "2024-01-05T00:30:00Z"),
        ("2024/01/05 09:30:59", "2024-01-05T00:30:00Z"),
        ("2024/1/5 0:00", "2024-01-04T15:00:00Z"),
        ("2024年1月5日 午後3時", "2024-01-05T06:00:00Z"),
        ("2024-01-05T09:30:00Z", "2024-01-05T09:30:00Z"),
        ("2024-01-05T09:30:00.123Z", "2024-01-05T09:30:00Z"),
        ("2024-01-05T09:30:00+09:00", "2024-01-05T00:30:00Z"),
        ("2024-01-05T09:30-0500", "2024-01-05T14:30:00Z"),
        ("令和6年1月5日 9時30分", "2024-01-05T00:30:00Z"),
        ("2024-01-05", "2024-01-04T15:00:00Z"),
        (date(2024, 1, 5), "2024-01-04T15:00:00Z"),
        (datetime(2024, 1, 5, 9, 30, 59, 999999, tzinfo=TOKYO), "2024-01-05T00:30:00Z"),
        (datetime(2024, 1, 5, 9, 30, tzinfo=timezone(timedelta(hours=-5))), "2024-01-05T14:30:00Z"),
    ],
)
def test_moments_are_minutes_in_utc(value, stored):
    kind = {date: "date", datetime: "datetime"}.get(type(value), "text")

    assert convert(kind, DATETIME, value) == stored


def test_moments_outside_the_calendar_are_refused():
    edge = datetime(9999, 12, 31, 23, 0, tzinfo=timezone(timedelta(hours=-5)))

    assert refusal("datetime", DATETIME, edge) == "date_out_of_range"
    assert refusal("text", DATETIME, "2024-01-05 99:99") == "not_a_datetime"
    assert refusal("text", DATETIME, "いつか") == "not_a_datetime"
