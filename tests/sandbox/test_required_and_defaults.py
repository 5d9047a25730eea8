"""Required fields and defaults (kintone-api.md §6; keys: §4.2)."""

from datetime import UTC, datetime

import pytest

from tests.sandbox.conftest import errors_of, record

REQUIRED = {
    "text": {"type": "SINGLE_LINE_TEXT", "required": True},
    "number": {"type": "NUMBER", "required": True},
    "drop": {"type": "DROP_DOWN", "required": True, "options": ["A"]},
    "check": {"type": "CHECK_BOX", "required": True, "options": ["A"]},
    "multi": {"type": "MULTI_SELECT", "required": True, "options": ["A"]},
    "file": {"type": "FILE", "required": True},
    "users": {"type": "USER_SELECT", "required": True},
    "organizations": {"type": "ORGANIZATION_SELECT", "required": True},
    "groups": {"type": "GROUP_SELECT", "required": True},
    "radio": {"type": "RADIO_BUTTON", "required": True, "options": ["A"]},
    "calc": {"type": "CALC", "required": True, "expression": "number"},
}
KEYS = {
    "text.value",
    "number.value",
    "drop.value",
    "check.values",
    "multi.values",
    "file.values",
    "users.values.value",
    "organizations.values.value",
    "groups.values.value",
}
DEFAULTS = {
    "text": {"type": "SINGLE_LINE_TEXT", "required": True, "defaultValue": "初期値"},
    "number": {"type": "NUMBER", "defaultValue": "42.0"},
    "radio": {"type": "RADIO_BUTTON", "options": ["A", "B"], "defaultValue": "B"},
    "check": {"type": "CHECK_BOX", "options": ["A", "B"], "defaultValue": ["A", "B"]},
    "day": {"type": "DATE", "defaultNowValue": True},
    "clock": {"type": "TIME", "defaultNowValue": True},
    "moment": {"type": "DATETIME", "defaultNowValue": True},
    "users": {
        "type": "USER_SELECT",
        "defaultValue": [{"type": "FUNCTION", "code": "LOGINUSER()"}],
    },
}
LATE = datetime(2026, 11, 22, 15, 31, 59, tzinfo=UTC)


def test_a_new_record_without_required_values_is_refused_but_for_radio_and_calc(kintone, api):
    app = kintone.add_app("必須", REQUIRED)

    answer = api.call("POST", "record.json", {"app": app, "record": {}})

    assert errors_of(answer) == {f"record.{key}": ["必須です。"] for key in KEYS}


@pytest.mark.parametrize("nothing", [None, ""])
def test_null_and_empty_are_as_good_as_nothing(kintone, api, nothing):
    app = kintone.add_app("必須", {"text": REQUIRED["text"]})

    answer = api.call("POST", "record.json", {"app": app, "record": record(text=nothing)})

    assert errors_of(answer) == {"record.text.value": ["必須です。"]}


def test_a_required_number_that_is_none_is_reported_twice(kintone, api):
    app = kintone.add_app("必須", {"number": REQUIRED["number"]})

    answer = api.call("POST", "record.json", {"app": app, "record": record(number="abc")})

    assert errors_of(answer) == {
        "record[number].value": ["数字でなければなりません。"],
        "record.number.value": ["必須です。"],
    }


def test_a_required_check_box_with_no_valid_option_is_reported_twice(kintone, api):
    app = kintone.add_app("必須", {"check": REQUIRED["check"]})

    answer = api.call("POST", "record.json", {"app": app, "record": record(check=["X"])})

    assert set(errors_of(answer)) == {"record.check.values", "record.check.values[0].value"}


def test_required_is_checked_on_the_merged_record(kintone, api):
    app = kintone.add_app("必須", {"text": {"type": "SINGLE_LINE_TEXT"}, "other": REQUIRED["text"]})
    number = api.add(app, other="filled")

    api.put("record.json", app=app, id=number, record=record(text="x"))
    kintone.set_field(app, "text", required=True)
    api.put("record.json", app=app, id=number, record=record(other="y"))
    emptied = api.call("PUT", "record.json", {"app": app, "id": number, "record": record(other="")})

    assert errors_of(emptied) == {"record.other.value": ["必須です。"]}


def test_a_field_required_later_refuses_updates_of_records_that_lack_it(kintone, api):
    app = kintone.add_app("後から", {"text": {"type": "SINGLE_LINE_TEXT"}})
    number = api.add(app)
    kintone.set_field(app, "later", type="SINGLE_LINE_TEXT", required=True)

    answer = api.call("PUT", "record.json", {"app": app, "id": number, "record": record(text="x")})

    assert errors_of(answer) == {"record.later.value": ["必須です。"]}


def test_defaults_fill_what_is_not_sent_on_insert(kintone, api):
    kintone.world.clock = lambda: LATE
    app = kintone.add_app("初期値", DEFAULTS)

    api.add(app)

    (stored,) = kintone.records(app)
    assert {code: stored[code] for code in DEFAULTS} == {
        "text": "初期値",
        "number": "42",
        "radio": "B",
        "check": ["A", "B"],
        "day": "2026-11-23",
        "clock": "00:31",
        "moment": "2026-11-22T15:31:00Z",
        "users": [{"code": "sync", "name": "連携ユーザー"}],
    }


def test_an_explicit_empty_value_stays_empty(kintone, api):
    app = kintone.add_app("初期値", {code: DEFAULTS[code] for code in ("number", "check")})

    api.add(app, number="", check=[])

    (stored,) = kintone.records(app)
    assert (stored["number"], stored["check"]) == ("", [])


def test_a_default_does_not_save_a_required_field_that_is_sent_empty(kintone, api):
    app = kintone.add_app("初期値", {"text": DEFAULTS["text"]})

    answer = api.call("POST", "record.json", {"app": app, "record": record(text="")})

    assert errors_of(answer) == {"record.text.value": ["必須です。"]}


def test_updates_fill_in_no_defaults(kintone, api):
    app = kintone.add_app("初期値", {"text": DEFAULTS["text"], "number": {"type": "NUMBER"}})
    number = api.add(app)
    kintone.set_field(app, "number", defaultValue="7")

    api.put("record.json", app=app, id=number, record=record(text="x"))

    assert kintone.records(app)[0]["number"] == ""
