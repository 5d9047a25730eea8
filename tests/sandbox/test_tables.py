"""Tables (kintone-api.md §5.3; keys: §4.2)."""

import pytest

from tests.sandbox.conftest import error_of, errors_of, record

COLUMNS = {
    "name": {"type": "SINGLE_LINE_TEXT", "required": True, "maxLength": "5", "unique": True},
    "amount": {"type": "NUMBER", "maxValue": "100"},
    "kind": {"type": "CHECK_BOX", "options": ["A", "B"], "defaultValue": ["A"]},
    "day": {"type": "DATE"},
}


@pytest.fixture
def app(kintone):
    return kintone.add_app(
        "表",
        {"rows": {"type": "SUBTABLE", "fields": COLUMNS}, "text": {"type": "SINGLE_LINE_TEXT"}},
    )


def row(number=None, **values):
    return {"value": record(**values)} | ({"id": number} if number else {})


def rows_of(kintone, app):
    (one,) = kintone.records(app)
    return {
        line["id"]: {code: cell["value"] for code, cell in line["value"].items()}
        for line in one["rows"]
    }


def test_rows_get_ids_and_their_fields_types_and_defaults(kintone, api, app):
    number = api.add(app, rows=[row("77", name="一", amount="1.0"), row(name="二", kind=[])])

    shown = api.get("record.json", app=app, id=number)["record"]["rows"]

    assert shown["type"] == "SUBTABLE"
    assert shown["value"][0]["value"]["amount"] == {"type": "NUMBER", "value": "1"}
    assert rows_of(kintone, app) == {
        "1": {"name": "一", "amount": "1", "kind": ["A"], "day": None},
        "2": {"name": "二", "amount": "", "kind": [], "day": None},
    }


def test_a_table_that_is_not_sent_stays(kintone, api, app):
    number = api.add(app, rows=[row(name="一")])

    api.put("record.json", app=app, id=number, record=record(text="x"))

    assert list(rows_of(kintone, app)) == ["1"]


def test_rows_that_are_not_listed_are_deleted(kintone, api, app):
    number = api.add(app, rows=[row(name="一", amount="1"), row(name="二"), row(name="三")])

    api.put(
        "record.json",
        app=app,
        id=number,
        record=record(rows=[row("2", amount="5"), row(name="四"), row("99", name="五")]),
    )

    assert rows_of(kintone, app) == {
        "2": {"name": "二", "amount": "5", "kind": ["A"], "day": None},
        "4": {"name": "四", "amount": "", "kind": ["A"], "day": None},
        "5": {"name": "五", "amount": "", "kind": ["A"], "day": None},
    }
    api.put("record.json", app=app, id=number, record=record(rows=[]))
    assert rows_of(kintone, app) == {}


def test_what_is_no_number_is_stored_empty_without_a_word(kintone, api, app):
    api.add(app, rows=[row(name="一", amount="1,000"), row(name="二", amount="abc")])

    assert [line["amount"] for line in rows_of(kintone, app).values()] == ["", ""]


def test_violations_are_reported_by_table_row_and_column(kintone, api, app):
    sent = [
        row(name="長すぎる名前"),
        row(amount="101"),
        row(name="三", kind=["A", "Z"], day="2026-02-30"),
    ]

    answer = api.call("POST", "records.json", {"app": app, "records": [record(rows=sent)]})

    assert errors_of(answer) == {
        "records[0].rows.value[0].value.name.value": ["6文字より短くなければなりません。"],
        "records[0].rows.value[1].value.name.value": ["必須です。"],
        "records[0].rows.value[1].value.amount.value": ["100以下である必要があります。"],
        "records[0].rows.value[2].value.kind.values[1].value": ['"Z"は選択肢にありません。'],
        "records[0].rows.value[2].value.day.value": ["日付の形式が正しくありません。"],
    }


def test_nothing_is_unique_inside_a_table(kintone, api, app):
    api.add(app, rows=[row(name="同じ"), row(name="同じ")])

    columns = api.get("app/form/fields.json", app=app)["properties"]["rows"]["fields"]
    assert "unique" not in columns["name"]
    assert len(rows_of(kintone, app)) == 2


def test_one_row_id_twice_is_refused(api, app):
    number = api.add(app, rows=[row(name="一")])
    twice = record(rows=[row("1", name="一"), row("1", name="二")])

    answer = api.call("PUT", "record.json", {"app": app, "id": number, "record": twice})

    assert error_of(answer) == (400, "GAIA_SI01")


@pytest.mark.parametrize("rows", ["text", {"a": 1}, ["text"], [{"value": "text"}]])
def test_a_wrong_json_type_is_refused(api, app, rows):
    answer = api.call("POST", "record.json", {"app": app, "record": record(rows=rows)})

    assert error_of(answer) == (400, "CB_IJ01")


def test_a_required_number_that_is_none_is_missed_inside_a_table_too(kintone, api):
    column = {"n": {"type": "NUMBER", "required": True}}
    app = kintone.add_app("表", {"rows": {"type": "SUBTABLE", "fields": column}})

    answer = api.call("POST", "record.json", {"app": app, "record": record(rows=[row(n="abc")])})

    assert errors_of(answer) == {"record.rows.value[0].value.n.value": ["必須です。"]}


def test_a_minimum_length_holds_for_an_empty_cell_too(kintone, api):
    column = {"a": {"type": "SINGLE_LINE_TEXT", "minLength": "2"}, "b": {"type": "NUMBER"}}
    app = kintone.add_app("表", {"rows": {"type": "SUBTABLE", "fields": column}})

    answer = api.call("POST", "record.json", {"app": app, "record": record(rows=[row(b="1")])})

    assert errors_of(answer) == {
        "record.rows.value[0].value.a.value": ["1文字より長くなければなりません。"]
    }


def test_lists_that_a_row_lacks_are_reported_at_their_own_keys(kintone, api):
    columns = {
        "people": {"type": "USER_SELECT", "required": True},
        "boxes": {"type": "CHECK_BOX", "options": ["A"], "required": True},
    }
    app = kintone.add_app("表", {"rows": {"type": "SUBTABLE", "fields": columns}})

    answer = api.call("POST", "record.json", {"app": app, "record": record(rows=[row()])})

    assert errors_of(answer) == {
        "record.rows.value[0].value.people.values.value": ["必須です。"],
        "record.rows.value[0].value.boxes.values": ["必須です。"],
    }
