"""One value that comes in, by the kind of its item."""

from datetime import UTC, date, datetime, time
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.types import Kind, UserRef
from crm.catalogue.custom import as_stored
from crm.catalogue.items import Item, empty_of
from crm.writing.values import ValueRefusedError, read


def item(kind: Kind, *, max_length: int | None = None) -> Item:
    return Item(
        key="x",
        label_ja="項目",
        label_en="Item",
        kind=kind,
        getter=lambda _row: None,
        max_length=max_length,
        writable=True,
    )


@pytest.mark.parametrize(
    ("kind", "raw", "value"),
    [
        (Kind.TEXT, "　株式会社　サカタのタネ ", "株式会社　サカタのタネ"),
        (Kind.TEXT, "00123", "00123"),
        (Kind.TEXT, "千代田区\r\n丸の内", "千代田区 丸の内"),
        (Kind.TEXT, '"引用"', '"引用"'),
        (Kind.TEXT, "　", ""),
        (Kind.LONG_TEXT, "  一行目\r\n二行目\r三行目\n", "  一行目\n二行目\n三行目"),
        (Kind.LONG_TEXT, " \r\n　", ""),
        (Kind.RICH_TEXT, "<b>太</b>", "<b>太</b>"),
        (Kind.NUMBER, "１，２３４．５０", Decimal("1234.5")),
        (Kind.NUMBER, "¥1,000", Decimal(1000)),
        (Kind.NUMBER, "▲3", Decimal(-3)),
        (Kind.NUMBER, "−0", Decimal(0)),
        (Kind.NUMBER, "1e3", Decimal(1000)),
        (Kind.NUMBER, " ", None),
        (Kind.NUMBER, 7, Decimal(7)),
        (Kind.DATE, "2024/1/2", date(2024, 1, 2)),
        (Kind.DATE, "２０２４－０１－０２", date(2024, 1, 2)),
        (Kind.DATE, "2024年1月2日", date(2024, 1, 2)),
        (Kind.DATE, "20240102", date(2024, 1, 2)),
        (Kind.DATE, "2024/01/02 0:00", date(2024, 1, 2)),
        (Kind.DATE, date(2024, 1, 2), date(2024, 1, 2)),
        (Kind.DATE, "", None),
        (Kind.TIME, "9:05", time(9, 5)),
        (Kind.TIME, "23:59:58", time(23, 59, 58)),
        (Kind.TIME, "9時5分", time(9, 5)),
        (Kind.DATETIME, "2024/01/02 09:30:15", datetime(2024, 1, 2, 0, 30, 15, tzinfo=UTC)),
        (Kind.DATETIME, "2024-01-02T00:30:15Z", datetime(2024, 1, 2, 0, 30, 15, tzinfo=UTC)),
        (Kind.DATETIME, "2024-01-02T09:30+09:00", datetime(2024, 1, 2, 0, 30, tzinfo=UTC)),
        (Kind.DATETIME, "2024-01-02", datetime(2024, 1, 1, 15, tzinfo=UTC)),
        (Kind.FLAG, "ー", False),
        (Kind.FLAG, "", False),
        (Kind.FLAG, "0", False),
        (Kind.FLAG, "×", False),
        (Kind.FLAG, "FALSE", False),
        (Kind.FLAG, "1", True),
        (Kind.FLAG, "１", True),
        (Kind.FLAG, "○", True),
        (Kind.FLAG, "〇", True),
        (Kind.FLAG, "True", True),
        (Kind.FLAG, "はい", True),
        (Kind.FLAG, True, True),
        (Kind.CHOICES, "東京; 大阪\r\n;名古屋;東京", ("東京", "大阪", "名古屋")),
        (Kind.CHOICES, ["東京", "大阪"], ("東京", "大阪")),
        (Kind.CHOICES, "", ()),
        (Kind.ROWS, "一\n\n一", ("一", "", "一")),
        (
            Kind.USER,
            "Sato@Example.com",
            UserRef(name="sato@example.com", email="sato@example.com", login=""),
        ),
        (Kind.USERS, "", ()),
    ],
)
def test_what_people_write_is_understood(kind: Kind, raw: object, value: object) -> None:
    assert read(item(kind), raw) == value  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("kind", "raw", "reason"),
    [
        (Kind.NUMBER, "約100", "「約100」は数値ではありません。"),
        (Kind.NUMBER, "NaN", "「NaN」は数値ではありません。"),
        (Kind.NUMBER, "1e999999999", "数値の桁が多すぎます（30桁まで）。"),
        (Kind.DATE, "2024/02/30", "「2024/02/30」は日付ではありません。"),
        (Kind.DATE, "2024/01/02 10:00", "日付ではありません。"),
        (Kind.DATE, "明日", "「明日」は日付ではありません。"),
        (Kind.DATE, "2024/1-2", "日付ではありません。"),
        (Kind.TIME, "25:00", "「25:00」は時刻ではありません。"),
        (Kind.DATETIME, "2024/01/02 24:30", "日時ではありません。"),
        (Kind.DATETIME, "0001/01/01 00:00", "日時が範囲を超えています。"),
        (Kind.FLAG, "たぶん", "はい・いいえのどちらでもありません。"),
        (Kind.TEXT, "a\x00b", "使用できない制御文字が含まれています。"),
        (Kind.TEXT, "あ" * 11, "長すぎます（11文字）。10文字以内にしてください。"),
        (Kind.CHOICES, "短い;" + "あ" * 11, "長すぎます（11文字）。"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_the_reason(kind: Kind, raw: str, reason: str) -> None:
    with pytest.raises(ValueRefusedError) as refusal:
        read(item(kind, max_length=10), raw)
    assert reason in str(refusal.value)


@given(st.text(), st.sampled_from(list(Kind)))
def test_any_text_is_read_or_refused_and_reading_again_changes_nothing(
    raw: str, kind: Kind
) -> None:
    try:
        value = read(item(kind), raw)
    except ValueRefusedError:
        return
    assert read(item(kind), value) == value


@given(
    st.decimals(
        allow_nan=False, allow_infinity=False, places=6, min_value=-(10**9), max_value=10**9
    )
)
def test_a_number_is_stored_without_a_lost_digit(number: Decimal) -> None:
    value = read(item(Kind.NUMBER), str(number))
    assert value == number
    assert Decimal(as_stored(value)) == number


@pytest.mark.parametrize("kind", list(Kind))
def test_nothing_is_empty_for_every_kind(kind: Kind) -> None:
    assert read(item(kind), None) == empty_of(kind)
    assert as_stored(read(item(kind), "")) is None
