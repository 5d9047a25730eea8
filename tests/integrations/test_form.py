"""What a kintone app's form is read as."""

from decimal import Decimal

import pytest

from integrations.kintone.errors import KintoneProtocolError
from integrations.kintone.form import FieldType, Form, FormField, Lookup, parse_form


def form_of(**properties) -> Form:
    given = {
        code: {"type": "SINGLE_LINE_TEXT", "code": code, "label": code.upper()} | details
        for code, details in properties.items()
    }
    return parse_form({"properties": given, "revision": "5"})


def field_of(**details) -> FormField:
    return form_of(a=details).fields["a"]


def test_a_form_has_its_revision_and_its_fields_by_code():
    form = form_of(name={"label": "会社名", "required": True, "unique": True})

    assert form.revision == 5
    assert form.fields == {
        "name": FormField(
            code="name", label="会社名", type=FieldType.SINGLE_LINE_TEXT, required=True, unique=True
        )
    }


def test_an_empty_form_has_no_fields():
    assert form_of() == Form(fields={}, revision=5)


def test_limits_come_as_text_and_are_unset_where_empty():
    text = field_of(minLength="2", maxLength="64")
    number = field_of(type="NUMBER", minValue="-1.5", maxValue="", displayScale="3")

    assert (text.min_length, text.max_length) == (2, 64)
    assert (number.min_value, number.max_value, number.display_scale) == (Decimal("-1.5"), None, 3)
    assert field_of(minLength="", maxLength="").max_length is None


def test_a_text_with_an_expression_is_calculated_and_no_update_key():
    calculated = field_of(expression="a & b", unique=True)

    assert calculated.auto_calculated
    assert not calculated.can_be_update_key
    assert not field_of(expression="").auto_calculated


def test_only_a_unique_text_or_number_can_be_the_update_key():
    assert field_of(unique=True).can_be_update_key
    assert field_of(type="NUMBER", unique=True).can_be_update_key
    assert not field_of().can_be_update_key
    assert not field_of(type="LINK", unique=True).can_be_update_key
    assert not field_of(type="DATE", unique=True).can_be_update_key


def test_options_come_in_the_order_of_their_index_and_by_their_name():
    options = {
        "B": {"label": "ラベルB", "index": "10"},
        "A": {"label": "ラベルA", "index": "2"},
        "C": {"label": "ラベルC", "index": "0"},
    }

    assert field_of(type="DROP_DOWN", options=options).options == ("C", "A", "B")


def test_a_lookup_names_its_source_and_the_fields_that_it_fills():
    form = form_of(
        company={
            "lookup": {
                "relatedApp": {"app": "7", "code": ""},
                "relatedKeyField": "code",
                "fieldMappings": [{"field": "address", "relatedField": "addr"}],
                "lookupPickerFields": [],
                "filterCond": "",
                "sort": "",
            }
        },
        address={},
        phone={},
    )

    assert form.fields["company"].lookup == Lookup(app=7, key_field="code", copies_to=("address",))
    assert form.fields["address"].copied_by_lookup
    assert not form.fields["phone"].copied_by_lookup
    assert not form.fields["company"].copied_by_lookup


def test_a_lookup_whose_source_we_may_not_see_is_a_lookup_all_the_same():
    hidden = field_of(lookup=None)

    assert hidden.is_lookup
    assert hidden.lookup == Lookup(app=None, key_field="", copies_to=())
    assert not field_of().is_lookup


def test_a_tables_columns_are_fields_of_their_own_and_its_lookup_fills_columns():
    lookup = {
        "relatedApp": {"app": "2", "code": "x"},
        "relatedKeyField": "k",
        "fieldMappings": [{"field": "price", "relatedField": "p"}],
    }
    form = form_of(
        price={},
        lines={
            "type": "SUBTABLE",
            "fields": {
                "item": {"type": "SINGLE_LINE_TEXT", "label": "品名", "lookup": lookup},
                "price": {"type": "NUMBER", "label": "単価"},
            },
        },
    )

    price = form.find("price", table="lines")
    assert price is not None
    assert price.copied_by_lookup
    assert not form.fields["price"].copied_by_lookup
    assert form.find("price", table="nowhere") is None


@pytest.mark.parametrize(
    ("details", "expected"),
    [
        ({"defaultValue": ""}, False),
        ({"defaultValue": []}, False),
        ({"defaultValue": "x"}, True),
        ({"defaultValue": [{"type": "FUNCTION", "code": "LOGINUSER()"}]}, True),
        ({"type": "DATE", "defaultValue": "", "defaultNowValue": True}, True),
        ({"type": "DATE", "defaultValue": "", "defaultNowValue": False}, False),
        ({}, False),
    ],
)
def test_a_field_may_fill_itself(details, expected):
    assert field_of(**details).has_default is expected


def test_a_type_that_kintone_adds_later_is_unknown_and_breaks_nothing():
    assert field_of(type="HOLOGRAM").type is FieldType.UNKNOWN


def test_the_answer_is_kept_to_be_stored_and_read_again():
    form = form_of(name={"maxLength": "10"})

    assert parse_form(form.source) == form


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"properties": []},
        {"properties": {}, "revision": "x"},
        {"properties": {}},
        {"properties": {"a": "text"}, "revision": "1"},
        {"properties": {"a": {"label": "no type"}}, "revision": "1"},
        {"properties": {"a": {"type": "NUMBER", "maxValue": "much"}}, "revision": "1"},
        {"properties": {"a": {"type": "DROP_DOWN", "options": {"x": {}}}}, "revision": "1"},
        {"properties": {"a": {"type": "NUMBER", "lookup": {"fieldMappings": "x"}}}, "revision": 1},
    ],
)
def test_anything_else_is_not_a_form(answer):
    with pytest.raises(KintoneProtocolError):
        parse_form(answer)
