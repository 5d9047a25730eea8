"""What each field type stores and refuses (kintone-api.md §4.2, §5, §6)."""

from typing import Any

import pytest

from tests.sandbox.conftest import error_of, errors_of, record

OPTIONS = ["A", "B"]
TYPES: dict[str, dict[str, Any]] = {
    "text": {"type": "SINGLE_LINE_TEXT", "minLength": "2", "maxLength": "5"},
    "lines": {"type": "MULTI_LINE_TEXT"},
    "rich": {"type": "RICH_TEXT"},
    "number": {"type": "NUMBER", "minValue": "10", "maxValue": "100"},
    "radio": {"type": "RADIO_BUTTON", "options": OPTIONS},
    "drop": {"type": "DROP_DOWN", "options": OPTIONS},
    "check": {"type": "CHECK_BOX", "options": OPTIONS},
    "multi": {"type": "MULTI_SELECT", "options": OPTIONS},
    "date": {"type": "DATE"},
    "time": {"type": "TIME"},
    "moment": {"type": "DATETIME"},
    "web": {"type": "LINK", "protocol": "WEB"},
    "mail": {"type": "LINK", "protocol": "MAIL"},
    "users": {"type": "USER_SELECT"},
    "organizations": {"type": "ORGANIZATION_SELECT"},
    "groups": {"type": "GROUP_SELECT"},
    "calc": {"type": "CALC", "expression": "number * 2"},
    "auto": {"type": "SINGLE_LINE_TEXT", "expression": "number & '円'"},
    "unique": {"type": "SINGLE_LINE_TEXT", "unique": True},
    "unique_number": {"type": "NUMBER", "unique": True},
}
SATO = {"code": "sato", "name": "佐藤 花子"}


def app_with(kintone, *codes):
    return kintone.add_app("型", {code: TYPES[code] for code in codes})


@pytest.mark.parametrize(
    ("code", "sent", "read"),
    [
        ("text", "あいう", "あいう"),
        ("text", "１23４5", "１23４5"),
        ("lines", "一\n二\n", "一\n二\n"),
        ("lines", "", ""),
        ("lines", None, ""),
        ("rich", "<b>太字</b>", "<b>太字</b>"),
        (
            "rich",
            '<a href="javascript:x()" onclick="x()" id="c">一</a><script>x()</script>&amp;<br />',
            '<a id="c">一</a>&amp;<br />',
        ),
        ("number", "15.50", "15.5"),
        ("number", 15, "15"),
        ("number", "", ""),
        ("radio", "A", "A"),
        ("radio", "", None),
        ("drop", "B", "B"),
        ("drop", "", None),
        ("check", ["B", "A", "B"], ["B", "A"]),
        ("check", None, []),
        ("multi", ["A"], ["A"]),
        ("date", "2026-1-5", "2026-01-05"),
        ("date", "", None),
        ("time", "9:30", "09:30"),
        ("time", None, None),
        ("moment", "2026-01-31T09:30:45+09:00", "2026-01-31T00:30:00Z"),
        ("moment", "", ""),
        ("web", "https://example.jp/", "https://example.jp/"),
        ("mail", "a@example.jp", "a@example.jp"),
        ("users", [{"code": "sato"}, {"code": "sato"}], [SATO]),
        ("users", [], []),
        ("organizations", [{"code": "sales"}], [{"code": "sales", "name": "営業部"}]),
        ("groups", [{"code": "everyone"}], [{"code": "everyone", "name": "全員"}]),
        ("calc", "5", ""),
        ("auto", "自分で", ""),
    ],
)
def test_values_are_stored_as_kintone_stores_them(kintone, api, code, sent, read):
    app = app_with(kintone, code)

    number = api.add(app, **{code: sent})

    cell = api.get("record.json", app=app, id=number)["record"][code]
    assert cell == {"type": TYPES[code]["type"], "value": read}


@pytest.mark.parametrize(
    ("code", "sent", "key", "ja", "en"),
    [
        ("text", "123456", "text.value", "6文字より短くなければなりません。",
         "Enter less than 6 characters."),
        ("text", "1", "text.value", "1文字より長くなければなりません。",
         "Enter more than 1 characters."),
        ("number", "101", "number.value", "100以下である必要があります。",
         "The value must be 100 or less."),
        ("number", "9.9", "number.value", "10以上である必要があります。",
         "The value must be 10 or more."),
        ("number", "12abc", "[number].value", "数字でなければなりません。",
         "Only numbers are allowed."),
        ("number", "1,000", "[number].value", "数字でなければなりません。",
         "Only numbers are allowed."),
        ("number", "12345678901234567", "number.value", "有効桁数は16桁以内である必要があります。",
         "The number of significant digits must be 16 or less."),
        ("radio", "Z", "radio.value", '"Z"は選択肢にありません。',
         'The value, "Z", is not in options.'),
        ("drop", "a", "drop.value", '"a"は選択肢にありません。',
         'The value, "a", is not in options.'),
        ("check", ["A", "X"], "check.values[1].value", '"X"は選択肢にありません。',
         'The value, "X", is not in options.'),
        ("multi", ["X"], "multi.values[0].value", '"X"は選択肢にありません。',
         'The value, "X", is not in options.'),
        ("date", "2026-02-30", "date.value", "日付の形式が正しくありません。",
         "The date format is incorrect."),
        ("time", "25:00", "time.value", "時刻の形式が正しくありません。",
         "The time format is incorrect."),
        ("moment", "2026-01-31T09:30:00", "moment.value", "日時の形式が正しくありません。",
         "The date and time format is incorrect."),
        ("web", "example.jp", "web.value", "URLの形式が正しくありません。",
         "The URL format is incorrect."),
        ("mail", "メールなし", "mail.value", "メールアドレスの形式が正しくありません。",
         "The e-mail address format is incorrect."),
    ],
)  # fmt: skip
def test_a_wrong_value_is_refused_at_its_key_in_the_readers_language(
    kintone, api, code, sent, key, ja, en
):
    app = app_with(kintone, code)
    body = {"app": app, "records": [{}, record(**{code: sent})]}
    if code == "text":
        body["records"][0] = record(text="ok")
    joint = "" if key.startswith("[") else "."

    japanese = api.call("POST", "records.json", body, headers={"Accept-Language": "ja"})
    english = api.call("POST", "records.json", body, headers={"Accept-Language": "en-US,en"})

    assert errors_of(japanese) == {f"records[1]{joint}{key}": [ja]}
    assert errors_of(english) == {f"records[1]{joint}{key}": [en]}
    assert japanese.json()["message"] == "入力内容が正しくありません。"
    assert english.json()["message"] == "Missing or invalid input."
    assert kintone.records(app) == []


@pytest.mark.parametrize(
    ("code", "sent"),
    [
        ("text", ["a"]),
        ("text", {"a": 1}),
        ("text", True),
        ("check", "A"),
        ("check", [1]),
        ("users", "sato"),
        ("users", ["sato"]),
        ("calc", 5),
    ],
)
def test_a_wrong_json_type_is_an_illegal_json_without_an_index(kintone, api, code, sent):
    app = app_with(kintone, code)

    answer = api.call("POST", "record.json", {"app": app, "record": record(**{code: sent})})

    assert error_of(answer) == (400, "CB_IJ01")
    assert "errors" not in answer.json()


@pytest.mark.parametrize(
    ("code", "expected"),
    [("users", "GAIA_IL26"), ("organizations", "GAIA_IL28"), ("groups", "GAIA_IL28")],
)
def test_unknown_people_are_refused_alone_and_without_an_index(kintone, api, code, expected):
    app = app_with(kintone, code)
    records = [record(**{code: []}), record(**{code: [{"code": "nobody"}]})]

    answer = api.call("POST", "records.json", {"app": app, "records": records})

    assert error_of(answer) == (400, expected)
    assert "nobody" in answer.json()["message"]
    assert "errors" not in answer.json()


def test_every_violation_of_a_request_is_reported_together(kintone, api):
    app = app_with(kintone, "text", "number", "drop")
    records = [
        record(text="123456", number="x"),
        record(text="good"),
        record(text="1", drop="Z", number="1"),
    ]

    answer = api.call("POST", "records.json", {"app": app, "records": records})

    assert set(errors_of(answer)) == {
        "records[0].text.value",
        "records[0][number].value",
        "records[2].text.value",
        "records[2].drop.value",
        "records[2].number.value",
    }


@pytest.mark.parametrize(
    ("code", "first", "second"),
    [("unique", "001", "001"), ("unique_number", "5", "5.0"), ("unique_number", "50", "5e1")],
)
def test_a_value_that_another_record_holds_is_refused(kintone, api, code, first, second):
    app = app_with(kintone, code)
    holder = api.add(app, **{code: first})
    other = api.add(app)

    added = api.call("POST", "record.json", {"app": app, "record": record(**{code: second})})
    changed = api.call(
        "PUT", "record.json", {"app": app, "id": other, "record": record(**{code: second})}
    )

    key = f"record.{code}.value"
    assert errors_of(added) == {key: ["値がほかのレコードと重複しています。"]}
    assert errors_of(changed) == {key: ["値がほかのレコードと重複しています。"]}
    api.put("record.json", app=app, id=holder, record=record(**{code: second}))


@pytest.mark.parametrize(
    ("first", "second"), [("001", "1"), ("abc", "ABC"), ("ａｂｃ", "abc"), ("", "")]
)
def test_text_is_compared_exactly_and_empty_never_clashes(kintone, api, first, second):
    app = app_with(kintone, "unique")

    api.add(app, unique=first)
    api.add(app, unique=second)

    assert len(kintone.records(app)) == 2


def test_two_new_records_of_one_request_may_not_share_a_unique_value(kintone, api):
    app = app_with(kintone, "unique")
    body = {"app": app, "records": [record(unique="x"), record(unique="x")]}

    answer = api.call("POST", "records.json", body)

    assert list(errors_of(answer)) == ["records[1].unique.value"]
    assert kintone.records(app) == []
    api.add(app, unique="x")


def test_unknown_field_codes_vanish_silently(kintone, api):
    app = app_with(kintone, "text")

    number = api.add(app, text="good", 電話="x", typo=["y"])

    assert not {"電話", "typo"} & set(api.get("record.json", app=app, id=number)["record"])


@pytest.mark.parametrize("code", ["作成者", "更新者", "作成日時", "更新日時", "ステータス"])
def test_what_kintone_keeps_itself_cannot_be_updated(kintone, api, code):
    app = app_with(kintone, "lines")
    number = api.add(app)

    answer = api.call(
        "PUT", "record.json", {"app": app, "id": number, "record": record(**{code: "x"})}
    )

    assert error_of(answer) == (400, "GAIA_UN10")


def test_only_those_who_manage_the_app_may_set_creator_and_time(kintone, api):
    app = app_with(kintone, "lines")
    values = {"作成者": {"code": "sato"}, "作成日時": "2020-01-01T00:00:00Z"}

    api.add(app, **values)
    kintone.grant(app, "view", "add")
    refused = api.call("POST", "record.json", {"app": app, "record": record(**values)})

    (stored,) = kintone.records(app)
    assert stored["作成者"] == SATO
    assert stored["作成日時"] == "2020-01-01T00:00:00Z"
    assert error_of(refused) == (403, "GAIA_BF02")


def test_a_field_that_nobody_may_edit_is_refused_by_name(kintone, api):
    app = app_with(kintone, "lines")
    kintone.app(app).read_only.add("lines")

    answer = api.call("POST", "record.json", {"app": app, "record": record(lines="x")})

    assert error_of(answer) == (403, "GAIA_FU01")


def test_a_minimum_length_holds_for_an_empty_text_too(kintone, api):
    app = app_with(kintone, "text")

    answer = api.call("POST", "record.json", {"app": app, "record": {}})

    assert errors_of(answer) == {"record.text.value": ["1文字より長くなければなりません。"]}


def test_a_text_that_forbids_duplicates_holds_64_characters(kintone, api):
    app = app_with(kintone, "unique")

    api.add(app, unique="字" * 64)
    answer = api.call("POST", "record.json", {"app": app, "record": record(unique="字" * 65)})

    assert errors_of(answer) == {"record.unique.value": ["65文字より短くなければなりません。"]}


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ({"type": "SINGLE_LINE_TEXT"}, True),
        ({"type": "NUMBER"}, True),
        ({"type": "LINK"}, True),
        ({"type": "DATE"}, True),
        ({"type": "DATETIME"}, True),
        ({"type": "MULTI_LINE_TEXT"}, False),
        ({"type": "TIME"}, False),
        ({"type": "DROP_DOWN"}, False),
        ({"type": "USER_SELECT"}, False),
        ({"type": "SINGLE_LINE_TEXT", "expression": "a & b"}, False),
    ],
)
def test_few_types_can_forbid_duplicates_the_others_drop_it_without_a_word(
    kintone, api, given, kept
):
    app = kintone.add_app("重複", {"f": {**given, "unique": True}})

    shown = api.get("app/form/fields.json", app=app)["properties"]["f"]

    assert shown.get("unique", False) is kept


def test_limits_come_as_text_and_empty_where_there_are_none(kintone, api):
    app = kintone.add_app(
        "上限",
        {"text": {"type": "SINGLE_LINE_TEXT", "maxLength": 5}, "number": {"type": "NUMBER"}},
    )

    shown = api.get("app/form/fields.json", app=app)["properties"]

    assert (shown["text"]["maxLength"], shown["text"]["minLength"]) == ("5", "")
    assert (shown["number"]["maxValue"], shown["number"]["displayScale"]) == ("", "")


def test_what_only_shapes_the_form_is_in_no_record_and_the_number_bears_the_apps_code(kintone, api):
    fields = {
        "group": {"type": "GROUP"},
        "related": {"type": "REFERENCE_TABLE"},
        "status": {"type": "STATUS"},
        "category": {"type": "CATEGORY", "enabled": True},
        "rows": {"type": "SUBTABLE", "fields": {"a": {"type": "NUMBER"}}, "required": True},
    }
    app = kintone.add_app("形", fields, code="KO")

    number = api.add(app)

    shown = api.get("record.json", app=app, id=number)["record"]
    assert not {"group", "related", "status"} & set(shown)
    assert (shown["category"]["value"], shown["rows"]["value"]) == ([], [])
    assert shown["レコード番号"]["value"] == f"KO-{number}"


def test_numbers_are_kept_as_precisely_as_the_app_says(kintone, api):
    app = kintone.add_app("桁数", {"number": {"type": "NUMBER", "unique": True}})
    kintone.set_precision(app, 14, 1, "DOWN")

    api.add(app, number="1234567890123.99")
    too_long = api.call("POST", "record.json", {"app": app, "record": record(number="1" * 14)})
    found = api.upsert(app, {"updateKey": {"field": "number", "value": "1234567890123.91"}})

    assert kintone.records(app)[0]["number"] == "1234567890123.9"
    assert errors_of(too_long) == {
        "record.number.value": ["有効桁数は14桁以内である必要があります。"]
    }
    assert found.json()["records"][0]["operation"] == "UPDATE"


def test_a_precision_that_kintone_does_not_offer_is_refused(kintone):
    app = kintone.add_app("桁数", {})

    for digits, decimals, rounding in ((31, 4, "UP"), (16, 11, "UP"), (3, 4, "UP"), (16, 4, "x")):
        with pytest.raises(ValueError, match="no such precision"):
            kintone.set_precision(app, digits, decimals, rounding)
