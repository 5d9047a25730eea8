"""The kintone app to come: every item gets a field that it fits into."""

import pytest

from common.types import Kind, RecordType
from crm.catalogue import standard_items_of
from integrations.kintone.form import FieldType, parse_form
from mapping.checks import Severity, check
from mapping.recipe import MOST_BOXES, MOST_OPTIONS, Ingredient, recipe_of


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
                options=["A", "B"] if item.kind in (Kind.CHOICE, Kind.CHOICES) else None,
            )
            for item in items
        ]
    )
    key = next(field.code for field in fields if field.unique)

    findings = check(
        [field.as_rule() for field in fields],
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
