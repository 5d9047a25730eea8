"""What kintone holds against what we would send: what is only its form is no difference."""

import pytest

from integrations.kintone.form import parse_form
from jobs.engine.compare import differences
from tests.builders_mapping import form_answer

FORM = parse_form(
    form_answer(
        {
            "text": {"type": "SINGLE_LINE_TEXT"},
            "long": {"type": "MULTI_LINE_TEXT"},
            "rich": {"type": "RICH_TEXT"},
            "number": {"type": "NUMBER"},
            "radio": {"type": "RADIO_BUTTON", "options": ["A", "B"]},
            "boxes": {"type": "CHECK_BOX", "options": ["A", "B"]},
            "several": {"type": "MULTI_SELECT", "options": ["A", "B"]},
            "drop": {"type": "DROP_DOWN", "options": ["A", "B"]},
            "date": {"type": "DATE"},
            "time": {"type": "TIME"},
            "moment": {"type": "DATETIME"},
            "link": {"type": "LINK", "protocol": "WEB"},
            "users": {"type": "USER_SELECT"},
            "table": {
                "type": "SUBTABLE",
                "fields": {
                    "item": {"type": "SINGLE_LINE_TEXT"},
                    "count": {"type": "NUMBER"},
                    "note": {"type": "SINGLE_LINE_TEXT"},
                },
            },
        }
    )
)


def table(*rows, ids=False):
    return [
        {**({"id": str(n)} if ids else {}), "value": {c: {"value": v} for c, v in row.items()}}
        for n, row in enumerate(rows)
    ]


@pytest.mark.parametrize(
    ("field", "ours", "theirs"),
    [
        ("text", "青葉", "青葉"),
        ("text", "", None),
        ("long", "a\nb", "a\r\nb"),
        ("rich", "<b>青</b>葉", '<div><b style="x">青</b>葉</div>'),
        ("number", "1.50", "1.5"),
        ("number", "1500", "1.5e3"),
        ("number", "1.23456", "1.2346"),
        ("number", "1.23456", "1.2345"),
        ("number", "", ""),
        ("radio", None, ""),
        ("boxes", ["B", "A"], ["A", "B"]),
        ("boxes", [], []),
        ("several", ["B", "A"], ["A", "B"]),
        ("drop", None, ""),
        ("date", None, ""),
        ("date", "2026-01-31", "2026-01-31"),
        ("time", "09:30", "09:30"),
        ("moment", "2026-01-31T09:30:45+09:00", "2026-01-31T00:30:00Z"),
        ("link", "https://example.com/", "https://example.com/"),
        ("users", [{"code": "sato"}], [{"code": "sato", "name": "佐藤 花子"}]),
        ("users", [{"code": "a"}, {"code": "b"}], [{"code": "b"}, {"code": "a"}]),
        (
            "table",
            table({"item": "机", "count": "1.0"}),
            table({"item": "机", "count": "1", "note": "初期値"}, ids=True),
        ),
    ],
)
def test_the_same_value_in_kintone_s_form_is_the_same(field, ours, theirs):
    assert differences({field: ours}, {field: theirs}, form=FORM) == ()


@pytest.mark.parametrize(
    ("field", "ours", "theirs"),
    [
        ("text", "青葉", "若葉"),
        ("text", "A", "Ａ"),
        ("text", "", "x"),
        ("text", "x", ""),
        ("long", "a\nb", "a b"),
        ("rich", "<b>青</b>", "<b>赤</b>"),
        ("number", "1", "2"),
        ("number", "1.5", "1"),
        ("number", "1.2345", "1.2347"),
        ("number", "0", ""),
        ("radio", "A", "B"),
        ("boxes", ["A"], ["A", "B"]),
        ("drop", "A", None),
        ("date", "2026-01-31", "2026-02-01"),
        ("time", "09:30", "09:31"),
        ("moment", "2026-01-31T09:30:00+09:00", "2026-01-31T09:30:00Z"),
        ("link", "https://example.com/", "https://example.com"),
        ("users", [{"code": "sato"}], []),
        ("table", table({"item": "机"}), table({"item": "机"}, {"item": "椅子"}, ids=True)),
        ("table", table({"item": "机"}), table({"item": "椅子"}, ids=True)),
        ("table", table({"item": "机"}, {"item": "椅子"}), table({"item": "椅子"}, {"item": "机"})),
    ],
)
def test_another_value_is_a_difference_with_both_sides(field, ours, theirs):
    (cell,) = differences({field: ours}, {field: theirs}, form=FORM)

    assert (cell.field, cell.ours, cell.kintone) == (field, ours, theirs)


def test_a_field_that_is_gone_from_the_form_or_from_the_answer_says_nothing():
    assert differences({"gone": "x", "text": "x"}, {"number": "1"}, form=FORM) == ()
