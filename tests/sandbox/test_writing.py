"""Adding, updating, upserting, deleting (kintone-api.md §2, §2.1, §3, §6)."""

from typing import Any

import pytest

from tests.sandbox.conftest import by_key, error_of, errors_of, record

FIELDS = {
    "code": {"type": "SINGLE_LINE_TEXT", "unique": True, "maxLength": "10"},
    "number": {"type": "NUMBER", "unique": True},
    "name": {"type": "SINGLE_LINE_TEXT", "defaultValue": "無名"},
    "rank": {"type": "DROP_DOWN", "required": True, "options": ["A", "B"], "defaultValue": "B"},
    "plain": {"type": "SINGLE_LINE_TEXT"},
    "day": {"type": "DATE", "unique": True},
}


@pytest.fixture
def app(kintone):
    return kintone.add_app("顧客", FIELDS)


def names(kintone, app):
    return {one["code"]: one["name"] for one in kintone.records(app)}


def test_ids_and_revisions_come_as_text(api, app):
    assert api.post("record.json", app=app, record={}) == {"id": "1", "revision": "1"}
    assert api.post("records.json", app=str(app), records=[{}, {}]) == {
        "ids": ["2", "3"],
        "revisions": ["1", "1"],
    }
    assert api.put("record.json", app=app, id="1", record=record(name="x")) == {"revision": "2"}
    assert api.put("records.json", app=app, records=[{"id": 2, "record": record(name="y")}]) == {
        "records": [{"id": "2", "revision": "2"}]
    }
    shown = api.get("record.json", app=app, id=1)["record"]
    assert shown["$id"] == {"type": "__ID__", "value": "1"}
    assert shown["$revision"] == {"type": "__REVISION__", "value": "2"}
    assert shown["レコード番号"] == {"type": "RECORD_NUMBER", "value": "1"}


def test_an_upsert_adds_or_updates_and_says_which_in_order(kintone, api, app):
    api.add(app, code="B", name="old", rank="A")

    answer = api.upsert(app, by_key("code", "A"), by_key("code", "B", name="new"))

    assert answer.json() == {
        "records": [
            {"id": "2", "revision": "1", "operation": "INSERT"},
            {"id": "1", "revision": "2", "operation": "UPDATE"},
        ]
    }
    assert names(kintone, app) == {"A": "無名", "B": "new"}
    assert kintone.records(app)[0]["rank"] == "A"


@pytest.mark.parametrize("sent", ["A", "Z"])
@pytest.mark.parametrize("upsert", [True, False])
def test_the_key_field_may_not_stand_in_the_record(kintone, api, app, sent, upsert):
    api.add(app, code="A")
    body = {"app": app, "upsert": upsert, "records": [by_key("code", "A", code=sent)]}

    answer = api.call("PUT", "records.json", body)

    assert list(errors_of(answer)) == ["records[0].record[code]"]


def test_one_key_twice_refuses_the_whole_request(kintone, api, app):
    answer = api.upsert(app, by_key("number", "5"), by_key("code", "x"), by_key("number", "5.0"))

    assert error_of(answer) == (400, "GAIA_IQ28")
    assert kintone.records(app) == []


@pytest.mark.parametrize("key", ["", None])
def test_an_empty_key_is_refused_at_its_place(api, app, key):
    answer = api.upsert(app, by_key("code", "A"), by_key("code", key))

    assert errors_of(answer) == {"records[1].updateKey.value": ["必須です。"]}


def test_a_key_is_at_most_64_characters(kintone, api):
    app = kintone.add_app("長い", {"code": {"type": "SINGLE_LINE_TEXT", "unique": True}})

    assert api.upsert(app, by_key("code", "x" * 64)).status_code == 200
    answer = api.upsert(app, by_key("code", "x" * 65))

    assert errors_of(answer) == {
        "records[0].updateKey.value": ["65文字より短くなければなりません。"]
    }


def test_a_key_that_is_no_number_is_refused_at_its_place(api, app):
    answer = api.upsert(app, by_key("number", "x"))

    assert errors_of(answer) == {"records[0].updateKey.value": ["数字でなければなりません。"]}


def test_number_keys_are_compared_by_value(kintone, api, app):
    api.add(app, number="5")

    answer = api.upsert(app, by_key("number", "5.0", name="five"))

    assert answer.json()["records"][0]["operation"] == "UPDATE"


@pytest.mark.parametrize("other", ["1", "001 ", "００１"])
def test_text_keys_are_compared_exactly(api, app, other):
    api.add(app, code="001")

    answer = api.upsert(app, by_key("code", other))

    assert answer.json()["records"][0]["operation"] == "INSERT"


def test_the_key_of_a_new_record_is_checked_as_its_value(api, app):
    answer = api.upsert(app, by_key("code", "12345678901"))

    assert errors_of(answer) == {"records[0].code.value": ["11文字より短くなければなりません。"]}


@pytest.mark.parametrize(
    ("field", "expected"),
    [("plain", "GAIA_IQ27"), ("day", "GAIA_IQ27"), ("rank", "GAIA_IQ27"), ("gone", "GAIA_IQ11")],
)
def test_only_unique_text_and_numbers_can_be_update_keys(api, app, field, expected):
    answer = api.upsert(app, by_key(field, "x"))

    assert error_of(answer) == (400, expected)


def test_an_upsert_by_an_unknown_id_adds_under_a_new_id(kintone, api, app):
    answer = api.upsert(app, {"id": 77, "record": record(name="x")})

    assert answer.json()["records"] == [{"id": "1", "revision": "1", "operation": "INSERT"}]


def test_by_id_the_key_can_change(kintone, api, app):
    number = api.add(app, code="old")

    api.put("records.json", app=app, records=[{"id": number, "record": record(code="new")}])

    assert list(names(kintone, app)) == ["new"]
    assert api.upsert(app, by_key("code", "old")).json()["records"][0]["operation"] == "INSERT"


def test_a_key_released_in_a_request_can_be_taken_later_in_it(kintone, api, app):
    first, second = api.add(app, code="A"), api.add(app, code="B")

    answer = api.upsert(
        app,
        {"id": second, "record": record(code="C")},
        {"id": first, "record": record(code="B")},
    )

    assert answer.status_code == 200
    assert [one["code"] for one in kintone.records(app)] == ["B", "C"]


def test_without_upsert_an_unknown_record_is_an_error(api, app):
    by_unknown_key = {"app": app, "records": [by_key("code", "none")]}
    by_unknown_id = {"app": app, "records": [{"id": 9, "record": {}}]}

    assert error_of(api.call("PUT", "records.json", by_unknown_key)) == (400, "GAIA_RE20")
    refused = api.call("PUT", "records.json", by_unknown_id)
    assert error_of(refused) == (404, "GAIA_RE01")
    assert refused.json()["message"] == "指定したレコード（id: 9）が見つかりません。"


def test_an_item_names_its_record_by_id_or_by_key(api, app):
    both = {"id": 1, **by_key("code", "A")}

    assert list(errors_of(api.upsert(app, {"record": {}}, both))) == [
        "records[0].id",
        "records[1].id",
    ]


def test_one_bad_record_rolls_the_whole_request_back(kintone, api, app):
    api.add(app, code="B", name="before")
    puts = [
        by_key("code", "A"),
        by_key("code", "B", name="after"),
        by_key("code", "C", rank="Z"),
    ]

    assert list(errors_of(api.upsert(app, *puts))) == ["records[2].rank.value"]

    assert names(kintone, app) == {"B": "before"}
    assert api.upsert(app, *puts[:2]).status_code == 200
    assert names(kintone, app) == {"A": "無名", "B": "after"}


def test_a_record_left_out_changes_nothing(kintone, api, app):
    number = api.add(app, code="A")

    answer = api.put("records.json", app=app, records=[{"id": number}])

    assert answer == {"records": [{"id": "1", "revision": "1"}]}


@pytest.mark.parametrize("revision", [1, "1", -1, None])
def test_the_right_revision_or_none_is_accepted(api, app, revision):
    number = api.add(app)

    body = {"app": app, "id": number, "revision": revision, "record": record(name="x")}

    assert api.call("PUT", "record.json", body).status_code == 200


def test_a_revision_that_is_not_the_latest_is_a_conflict(kintone, api, app):
    api.upsert(app, by_key("code", "A"))
    item = {**by_key("code", "A", name="x"), "revision": 7}

    answer = api.upsert(app, by_key("code", "B"), item)

    assert error_of(answer) == (409, "GAIA_CO02")
    assert names(kintone, app) == {"A": "無名"}


def test_a_hundred_records_are_the_most(api, app):
    hundred: list[dict[str, Any]] = [{} for _ in range(100)]
    assert len(api.post("records.json", app=app, records=hundred)["ids"]) == 100

    added = api.call("POST", "records.json", {"app": app, "records": [*hundred, {}]})
    put = api.upsert(app, *[{"id": 1} for _ in range(101)])

    assert errors_of(added) == {"records": ["一度に100件までのレコードを追加できます。"]}
    assert errors_of(put) == {"records": ["一度に100件までのレコードを更新できます。"]}


def test_no_records_are_nothing_to_do(api, app):
    assert api.post("records.json", app=app, records=[]) == {"ids": [], "revisions": []}
    assert api.put("records.json", app=app, records=[]) == {"records": []}


def test_records_are_deleted_all_or_none(kintone, api, app):
    api.post("records.json", app=app, records=[{}, {}, {}])

    missing = api.call("DELETE", "records.json", {"app": app, "ids": [1, 9]})
    assert error_of(missing) == (404, "GAIA_RE01")
    assert len(kintone.records(app)) == 3

    stale = api.call("DELETE", "records.json", {"app": app, "ids": [1], "revisions": [5]})
    assert error_of(stale) == (409, "GAIA_CO02")

    assert api.delete("records.json", app=app, ids=[1, "3"]) == {}
    assert [one["$id"] for one in kintone.records(app)] == ["2"]
    assert api.add(app) == 4


def test_deleting_nothing_is_refused(api, app):
    answer = api.call("DELETE", "records.json", {"app": app, "ids": []})

    assert errors_of(answer) == {
        "ids": ["必須です。", "一度に1件から100件までのレコードを削除できます。"]
    }


@pytest.mark.parametrize(
    ("body", "key", "message"),
    [
        ({}, "app", "必須です。"),
        ({"app": -1}, "app", "最小でも1以上です。"),
        ({"app": "one"}, "app", "整数値を指定してください。"),
        ({"app": 1}, "records", "必須です。"),
        ({"app": 1, "records": [], "upsert": "yes"}, "upsert", "真偽値を指定してください。"),
    ],
)
def test_missing_and_wrong_parameters_are_named(api, app, body, key, message):
    assert errors_of(api.call("PUT", "records.json", body)) == {key: [message]}


@pytest.mark.parametrize("body", [b"{", b"[1]", b'{"app":1,"records":{}}', b"\xff"])
def test_broken_json_is_said_to_be_so(kintone, api, app, body):
    answer = api.session.put(
        f"{kintone.url}/k/v1/records.json",
        data=body,
        headers={**api.headers, "Content-Type": "application/json"},
    )

    assert error_of(answer) == (400, "CB_IJ01")


def test_each_refusal_has_an_id_of_its_own(api, app):
    first = api.call("GET", "record.json", params={"app": 99, "id": 1}).json()
    second = api.call("GET", "record.json", params={"app": 99, "id": 1}).json()

    assert first["id"] != second["id"]
