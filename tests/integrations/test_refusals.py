"""Which record and field kintone's refusals are about."""

import pytest

from integrations.kintone.errors import FieldRefusal
from integrations.kintone.refusals import parse_refusals


def refusals(errors, *, records=5):
    return parse_refusals(errors, records=records, key_field="code")


@pytest.mark.parametrize(
    ("key", "field"),
    [
        ("records[2].会社名.value", "会社名"),
        ("records[2].タグ.values", "タグ"),
        ("records[2].タグ.values[1].value", "タグ"),
        ("records[2].担当.values.value", "担当"),
        ("records[2][資本金].value", "資本金"),
        ("records[2].明細.value[3].value.品名.value", "明細.品名"),
        ("records[2].明細.value[3].value.色.values[0].value", "明細.色"),
        ("records[2].明細.value[0].value[数量].value", "明細.数量"),
        ("records[2].明細.value", "明細"),
        ("records[2].updateKey.value", "code"),
        ("records[2].record[code]", "code"),
        ("records[2].record.会社名.value", "会社名"),
        ("records[2].record[会社名].value", "会社名"),
        ("records[2].record.value", "record"),
        ("records[2].id.value", "id"),
        ("records[2].id", ""),
        ("records[2]", ""),
        ("records[2].なに.か.もっと", ""),
        ("records[2].㈱＄_･・1.value", "㈱＄_･・1"),
    ],
)
def test_a_key_names_a_record_and_a_field(key, field):
    errors = {key: {"messages": ["必須です。"]}}

    assert refusals(errors) == {2: (FieldRefusal(field=field, message="必須です。"),)}


@pytest.mark.parametrize(
    ("key", "field"),
    [("record.tel.value", "tel"), ("record[tel].value", "tel"), ("record.t.values", "t")],
)
def test_without_an_index_it_is_the_only_record(key, field):
    assert refusals({key: {"messages": ["x"]}}) == {0: (FieldRefusal(field=field, message="x"),)}


@pytest.mark.parametrize("key", ["app", "id", "ids", "records", "query", "limit", "requests", ""])
def test_other_keys_are_about_the_request(key):
    assert refusals({key: {"messages": ["必須です。"]}}) == {}


def test_a_record_that_was_not_in_the_request_is_not_one_of_ours():
    assert refusals({"records[5].a.value": {"messages": ["x"]}}, records=5) == {}


def test_all_that_is_wrong_is_told_once_each_in_the_order_of_the_records():
    errors = {
        "records[3].b.value": {"messages": ["1", "2"]},
        "records[0].a.values": {"messages": ["必須です。"]},
        "records[0].a.values[0].value": {"messages": ["必須です。"]},
    }

    assert list(refusals(errors).items()) == [
        (0, (FieldRefusal(field="a", message="必須です。"),)),
        (3, (FieldRefusal(field="b", message="1"), FieldRefusal(field="b", message="2"))),
    ]


@pytest.mark.parametrize("details", [{}, {"messages": []}, {"messages": "x"}, None, "x"])
def test_a_refusal_without_words_is_still_one(details):
    assert refusals({"records[0].a.value": details}) == {0: (FieldRefusal(field="a", message=""),)}
