"""The kintone app to come: every item gets a field that it fits into."""

import pytest

from common.types import Kind, RecordType
from crm.catalogue import standard_items_of
from integrations.kintone.form import FieldType, parse_form
from mapping.checks import Severity, check
from mapping.recipe import (
    MOST_BOXES,
    MOST_OPTIONS,
    Ingredient,
    columns_missing_from,
    missing_from,
    recipe_of,
)
from mapping.rulespec import RuleSpec


def one(kind: Kind, label: str = "項目", **given):
    (field,) = recipe_of([Ingredient(key="item", label=label, kind=kind, **given)])
    return field


def form_of(fields):
    """The form that kintone has once the fields are made."""
    properties = {field.code: field.as_property() for field in fields}
    return parse_form({"properties": properties, "revision": "1"})


@pytest.mark.parametrize("record_type", RecordType)
def test_all_items_of_a_type_can_be_sent_into_the_app_of_their_recipe(record_type):
    items = standard_items_of(record_type)
    fields = recipe_of(
        [
            Ingredient(
                key=item.key,
                label=item.label_ja,
                kind=item.kind,
                is_key=item.key == "external_id",
                rowset=item.rowset,
                options=["A", "B"] if item.kind in (Kind.CHOICE, Kind.CHOICES) else None,
            )
            for item in items
        ]
    )
    key = next(field.code for field in fields if field.unique)

    findings = check(
        [rule for field in fields for rule in field.as_rules()],
        key_field=key,
        form=form_of(fields),
        kinds={item.key: item.kind for item in items},
        rowsets={item.key: item.rowset for item in items if item.rowset},
    )

    assert [one for one in findings if one.severity is Severity.ERROR] == []
    assert form_of(fields).fields[key].can_be_update_key


def test_choices_become_what_a_person_would_choose_from():
    assert one(Kind.CHOICE, options=["製造", "小売"]).type is FieldType.DROP_DOWN
    assert one(Kind.CHOICE, options=["製造", "小売"]).options == ("製造", "小売")
    assert one(Kind.CHOICES, options=["a"] * MOST_BOXES).type is FieldType.CHECK_BOX
    assert one(Kind.CHOICES, options=["a"] * (MOST_BOXES + 1)).type is FieldType.MULTI_SELECT
    assert one(Kind.FLAG).as_property()["options"] == {"はい": {"label": "はい", "index": "0"}}


@pytest.mark.parametrize("options", [None, [], ["a"] * (MOST_OPTIONS + 1), ["長" * 129]])
def test_values_that_are_no_list_of_options_become_text(options):
    assert one(Kind.CHOICE, options=options).type is FieldType.SINGLE_LINE_TEXT
    assert one(Kind.CHOICES, options=options).type is FieldType.MULTI_LINE_TEXT


def test_the_key_is_text_that_takes_each_value_once():
    field = one(Kind.NUMBER, is_key=True)

    assert (field.type, field.unique) == (FieldType.SINGLE_LINE_TEXT, True)
    assert field.as_property()["maxLength"] == "64"


def test_codes_are_like_labels_without_signs_and_none_comes_twice():
    labels = ["部署一覧：部署名", "部署一覧:部署名", "2次会", "！！", "会社名（カナ）"]

    fields = recipe_of([Ingredient(key=label, label=label, kind=Kind.TEXT) for label in labels])

    assert [field.code for field in fields] == [
        "部署一覧_部署名",
        "部署一覧_部署名_2",
        "_2次会",
        "項目",
        "会社名_カナ",
    ]


def rows(key: str, label: str, rowset: str = "departments", **given):
    return Ingredient(
        key=key, label=label, kind=Kind.ROWS, rowset=rowset, table_label="部署一覧", **given
    )


NAME = Ingredient(key="name", label="部署名", kind=Kind.TEXT)
DEPARTMENTS = [rows("departments.name", "部署名"), rows("departments.path", "部署階層")]


def test_rows_of_the_same_things_are_columns_of_one_table_with_codes_of_their_own():
    first, table, last = recipe_of([NAME, *DEPARTMENTS, rows("custom.x", "X", rowset="custom.x")])

    assert (first.code, table.code, table.type) == ("部署名", "部署一覧", FieldType.SUBTABLE)
    assert [(one.code, one.item, one.type) for one in table.columns] == [
        ("部署名_2", "departments.name", FieldType.SINGLE_LINE_TEXT),
        ("部署階層", "departments.path", FieldType.SINGLE_LINE_TEXT),
    ]
    assert table.as_rules() == (
        RuleSpec(field="部署名_2", table="部署一覧", source="departments.name"),
        RuleSpec(field="部署階層", table="部署一覧", source="departments.path"),
    )
    assert [one.item for one in last.columns] == ["custom.x"]
    assert set(form_of([table]).fields["部署一覧"].columns) == {"部署名_2", "部署階層"}


def test_what_a_form_lacks_is_found_by_the_codes_that_the_rules_have_already():
    fields = recipe_of([NAME, *DEPARTMENTS])
    given = [
        Ingredient(key="name", label="Name", kind=Kind.TEXT, code="部署名"),
        rows("departments.name", "Name", code="部署名_2", table_code="部署一覧"),
        rows("departments.path", "Path", code="部署階層", table_code="部署一覧"),
    ]

    again = recipe_of(given)

    assert [one.as_rules() for one in again] == [one.as_rules() for one in fields]
    assert missing_from(form_of(fields), again) == ()
    assert missing_from(form_of(fields[:1]), again) == again[1:]
    assert columns_missing_from(form_of(fields), again) == ()
    narrow = recipe_of([NAME, rows("departments.name", "部署名")])
    assert columns_missing_from(form_of(narrow), again) == again[1:]


def test_a_new_field_takes_no_code_that_another_has_already():
    told = recipe_of([NAME, Ingredient(key="x", label="X", kind=Kind.TEXT, code="部署名")])

    assert [one.code for one in told] == ["部署名_2", "部署名"]
