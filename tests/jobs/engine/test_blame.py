"""Whom a message of kintone's is about, when it names a value and no index."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.kintone.errors import KintoneRejection
from jobs.engine.blame import named_by_message
from jobs.engine.values import Known, Sendable
from mapping.payload import Payload
from tests.jobs.engine.fakes import Courier, Kintone, known, row
from tests.jobs.engine.test_pipeline import candidates, run

LOOKUP_JA = (
    "フィールド「会社コード」の値「C-0123」が、ルックアップの参照先のフィールドにないか、"
    "またはアプリやフィールドの閲覧権限がありません。"
)
LOOKUP_EN = (
    "A value C-0123 in the field 会社コード does not exist in the datasource app for lookup,"
    " or you do not have permission to view the app or the field."
)
USER_JA = "指定したユーザー（code：sato）が見つかりません。"
USER_EN = "The specified user (code：sato) not found."


def sendable(number=1, *, known_as: Known | None = None, **record):
    payload = Payload(key=f"K{number}", claim=f"K{number}", record=record, digest="")
    return Sendable(row_id=number, version=1, label="", payload=payload, known=known_as)


def blamed(part, code, message):
    return {
        index: refusals[0].field
        for index, refusals in named_by_message(
            part, KintoneRejection("PUT", code=code, message=message)
        ).items()
    }


@pytest.mark.parametrize("message", [LOOKUP_JA, LOOKUP_EN])
def test_every_record_that_sends_the_missing_lookup_value_is_to_blame(message):
    part = [
        sendable(会社コード="C-0123", 名="A"),
        sendable(会社コード="C-01234"),
        sendable(会社コード="C-0123"),
        sendable(会社コード="", 名="C-0123"),
    ]

    assert blamed(part, "GAIA_LO04", message) == {0: "会社コード", 2: "会社コード"}


def test_a_lookup_in_a_table_is_named_with_its_table():
    rows = [
        {"value": {"会社コード": {"value": "x"}}},
        {"value": {"会社コード": {"value": "C-0123"}}},
    ]

    assert blamed([sendable(明細=rows), sendable()], "GAIA_LO04", LOOKUP_JA) == {
        0: "明細.会社コード"
    }


@pytest.mark.parametrize(
    ("code", "message"), [("GAIA_IL26", USER_JA), ("GAIA_IL26", USER_EN), ("GAIA_IL28", USER_EN)]
)
def test_every_record_that_names_the_unknown_user_is_to_blame(code, message):
    part = [
        sendable(担当=[{"code": "suzuki"}, {"code": "sato"}]),
        sendable(担当=[{"code": "sato2"}]),
        sendable(担当="sato"),
        sendable(表=[{"value": {"人": {"value": [{"code": "sato"}]}}}]),
    ]

    assert blamed(part, code, message) == {0: "担当", 3: "表.人"}


def test_a_record_number_is_that_of_a_record_sent_by_its_number():
    by_id = known(key="old", record_id=12)
    part = [
        sendable(1, known_as=by_id),
        sendable(2, known_as=known(key="K2", record_id=12)),
        sendable(3),
    ]

    assert blamed(part, "GAIA_RE01", "指定したレコード（id: 12）が見つかりません。") == {0: ""}


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("GAIA_LO04", ""),
        ("GAIA_LO04", "フィールド「別」の値「C-0123」がありません。"),
        ("GAIA_LO04", "フィールド「会社コード」の値「C-99」がありません。"),
        ("GAIA_XX99", LOOKUP_JA),
        ("GAIA_IL26", "見つかりません。"),
    ],
)
def test_what_names_no_value_of_ours_blames_nobody(code, message):
    assert blamed([sendable(会社コード="C-0123")], code, message) == {}


def naming_lookup(missing: set[str]) -> Kintone:
    """A kintone that names the first missing lookup value that it meets, and no index."""
    kintone = Kintone()
    real = kintone.put

    def put(puts):
        for one in puts:
            if one.record.get("name") in missing:
                kintone.requests.append(len(puts))
                message = f"フィールド「name」の値「{one.record['name']}」が、参照先にありません。"
                raise KintoneRejection("PUT", code="GAIA_LO04", message=message)
        return real(puts)

    kintone.put = put  # type: ignore[method-assign]
    return kintone


@given(
    bad=st.lists(
        st.tuples(st.integers(1, 100), st.integers(0, 5)), max_size=30, unique_by=lambda b: b[0]
    ),
    records=st.integers(1, 100),
)
def test_m_different_values_cost_m_requests_more_whatever_number_of_records_send_them(bad, records):
    values = {number: f"missing-{value}" for number, value in bad if number <= records}
    kintone = naming_lookup({f"missing-{n}" for n in range(6)})

    book, _ = run(
        candidates([row(n, name=values.get(n, f"会社{n}")) for n in range(1, records + 1)]),
        courier=Courier(kintone),
    )

    assert {one.row_id for one in book.settled if one.outcome == "rejected"} == set(values)
    assert len(kintone.records) == records - len(values)
    assert len(kintone.requests) <= 1 + len(set(values.values()))


@given(bad=st.sets(st.integers(1, 100), max_size=20), records=st.integers(1, 100))
def test_k_bad_records_that_nobody_names_cost_no_more_than_halving(bad, records):
    bad = {number for number in bad if number <= records}
    kintone = Kintone(without_index={f"C{n:05}" for n in bad})

    book, _ = run(candidates([row(n) for n in range(1, records + 1)]), courier=Courier(kintone))

    assert {one.row_id for one in book.settled if one.outcome == "rejected"} == bad
    most = 1 + 2 * len(bad) * math.ceil(math.log2(records)) if records > 1 else 1
    assert len(kintone.requests) <= most
