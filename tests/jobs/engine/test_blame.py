"""Whom a message of kintone's is about, when it names a value and no index."""

import itertools
import math
from collections.abc import Sequence
from typing import Any

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


def lookup_message(value, *, language, field="会社コード"):
    message = LOOKUP_JA if language == "ja" else LOOKUP_EN
    return message.replace("C-0123", value).replace("会社コード", field)


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize(
    ("value", "inner"),
    [
        ("C-0123-2", "C-0123"),
        ("Foo Inc.", "Foo"),
        ("東京」支店", "東京"),
        ('a "b" c', "b"),
        ("A 1", "1"),
        ("(株) 青葉", "青葉"),
    ],
)
def test_a_value_that_holds_another_record_s_value_leaves_that_one_in_peace(value, inner, language):
    part = [sendable(会社コード=inner), sendable(会社コード=value), sendable(会社コード="C-77")]

    message = lookup_message(value, language=language)

    assert blamed(part, "GAIA_LO04", message) == {1: "会社コード"}


def test_a_field_whose_code_holds_another_s_is_told_from_it():
    longer: dict[str, Any] = {"会社": "x", "会社・本店": "C-1"}
    part = [sendable(会社="C-1"), sendable(**longer)]

    message = lookup_message("C-1", language="ja", field="会社・本店")

    assert blamed(part, "GAIA_LO04", message) == {1: "会社・本店"}


def test_who_is_found_in_a_message_without_quotes_by_chance_is_not_blamed_with_the_others():
    part = [sendable(会社コード="A"), sendable(会社コード="C-0123"), sendable(会社コード="field")]

    assert blamed(part, "GAIA_LO04", LOOKUP_EN) == {}
    assert blamed(part[1:2], "GAIA_LO04", LOOKUP_EN) == {0: "会社コード"}


def test_a_login_name_within_an_address_is_not_the_unknown_one():
    part = [sendable(担当=[{"code": "sato"}]), sendable(担当=[{"code": "sato@example.com"}])]

    for message in (USER_JA, USER_EN):
        said = message.replace("sato", "sato@example.com")
        assert blamed(part, "GAIA_IL26", said) == {1: "担当"}


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


def naming_lookup(missing: set[str], *, language: str = "ja") -> Kintone:
    """A kintone that names the first missing lookup value that it meets, and no index."""
    kintone = Kintone()
    real = kintone.put

    def put(puts):
        for one in puts:
            if one.record.get("name") in missing:
                kintone.requests.append(len(puts))
                name = str(one.record["name"])
                message = lookup_message(name, language=language, field="name")
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


def requests_for(values: Sequence[str], *, missing: set[str], language: str) -> int:
    """How many requests it takes to send records with these values; all bad ones must be found."""
    kintone = naming_lookup(missing, language=language)

    book, _ = run(
        candidates([row(n, name=value) for n, value in enumerate(values, start=1)]),
        courier=Courier(kintone),
    )

    bad = {n for n, value in enumerate(values, start=1) if value in missing}
    assert {one.row_id for one in book.settled if one.outcome == "rejected"} == bad
    assert len(kintone.records) == len(values) - len(bad)
    return len(kintone.requests)


#: Words of kintone's own sentence, and values that hold one another.
CONFUSING = ["A", "C", "C-1", "C-1-2", "field", "name", "name-A", "C 1", "値"]


@pytest.mark.parametrize("language", ["ja", "en"])
def test_of_up_to_five_records_with_any_values_exactly_the_bad_ones_are_refused(language):
    for records in range(1, 6):
        for values in itertools.product(["good", "C-1", "C-1-2", "A"], repeat=records):
            bad = len({"C-1", "C-1-2"}.intersection(values))
            requests = requests_for(values, missing={"C-1", "C-1-2"}, language=language)
            if language == "ja" or "A" not in values:
                assert requests <= 1 + bad


@pytest.mark.parametrize("language", ["ja", "en"])
@given(
    values=st.lists(st.sampled_from(["good", *CONFUSING]), min_size=1, max_size=100),
    missing=st.sets(st.sampled_from(CONFUSING), max_size=5),
)
def test_whatever_words_the_values_are_nobody_is_refused_for_what_another_sends(
    language, values, missing
):
    bad = sum(value in missing for value in values)

    requests = requests_for(values, missing=missing, language=language)

    assert requests <= 1 + bad + 2 * bad * math.ceil(math.log2(max(len(values), 2)))


@given(bad=st.sets(st.integers(1, 100), max_size=20), records=st.integers(1, 100))
def test_k_bad_records_that_nobody_names_cost_no_more_than_halving(bad, records):
    bad = {number for number in bad if number <= records}
    kintone = Kintone(without_index={f"C{n:05}" for n in bad})

    book, _ = run(candidates([row(n) for n in range(1, records + 1)]), courier=Courier(kintone))

    assert {one.row_id for one in book.settled if one.outcome == "rejected"} == bad
    most = 1 + 2 * len(bad) * math.ceil(math.log2(records)) if records > 1 else 1
    assert len(kintone.requests) <= most
