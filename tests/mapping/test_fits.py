"""What goes where: verdicts, fields that take nothing, how each type is cleared."""

import pytest

from common.types import Kind
from mapping.converters import Verdict, empty_value, fit
from tests.builders_mapping import make_field, make_form


@pytest.mark.parametrize(
    ("type_", "empty"),
    [
        ("SINGLE_LINE_TEXT", ""),
        ("MULTI_LINE_TEXT", ""),
        ("RICH_TEXT", ""),
        ("NUMBER", ""),
        ("LINK", ""),
        ("DATETIME", ""),
        ("DATE", None),
        ("TIME", None),
        ("DROP_DOWN", None),
        ("RADIO_BUTTON", None),
        ("CHECK_BOX", []),
        ("MULTI_SELECT", []),
        ("USER_SELECT", []),
        ("ORGANIZATION_SELECT", []),
        ("GROUP_SELECT", []),
    ],
)
def test_every_type_is_cleared_in_its_own_way(type_, empty):
    assert empty_value(make_field(type_)) == empty


@pytest.mark.parametrize(
    ("type_", "note"),
    [
        ("CALC", "system_field"),
        ("RECORD_NUMBER", "system_field"),
        ("CREATED_TIME", "system_field"),
        ("STATUS", "system_field"),
        ("CATEGORY", "system_field"),
        ("REFERENCE_TABLE", "system_field"),
        ("FUTURE_TYPE", "system_field"),
        ("FILE", "no_files"),
        ("SUBTABLE", "choose_column"),
    ],
)
def test_fields_that_take_nothing_say_why(type_, note):
    for kind in Kind:
        found = fit(kind, make_field(type_))

        assert (found.verdict, found.note, found.possible) == (Verdict.IMPOSSIBLE, note, False)


def test_calculated_text_and_copies_of_a_lookup_cannot_be_filled():
    form = make_form(
        {
            "auto": {"type": "SINGLE_LINE_TEXT", "expression": 'A & "B"'},
            "look": {
                "type": "SINGLE_LINE_TEXT",
                "lookup": {
                    "relatedApp": {"app": "3"},
                    "relatedKeyField": "code",
                    "fieldMappings": [{"field": "copy", "relatedField": "name"}],
                },
            },
            "copy": {"type": "SINGLE_LINE_TEXT"},
        }
    )

    assert fit(Kind.TEXT, form.fields["auto"]).note == "auto_calculated"
    assert fit(Kind.TEXT, form.fields["copy"]).note == "copied_by_lookup"
    assert fit(Kind.TEXT, form.fields["look"]).verdict is Verdict.FITS


@pytest.mark.parametrize(
    ("kind", "type_", "verdict", "note"),
    [
        ("text", "SINGLE_LINE_TEXT", "fits", ""),
        ("long_text", "SINGLE_LINE_TEXT", "may_lose", "line_breaks"),
        ("rich_text", "MULTI_LINE_TEXT", "may_lose", "markup"),
        ("rich_text", "RICH_TEXT", "fits", ""),
        ("text", "RICH_TEXT", "converts", "escaped"),
        ("number", "NUMBER", "fits", "app_digits"),
        ("text", "NUMBER", "converts", "number_text"),
        ("phone", "NUMBER", "impossible", "phone_digits"),
        ("datetime", "DATE", "may_lose", "time_of_day"),
        ("datetime", "TIME", "may_lose", "day"),
        ("date", "DATETIME", "converts", "midnight"),
        ("time", "DATETIME", "impossible", "no_day"),
        ("number", "DATE", "impossible", "no_day"),
        ("choice", "DROP_DOWN", "fits", "must_be_option"),
        ("choices", "DROP_DOWN", "converts", "only_one"),
        ("choices", "CHECK_BOX", "fits", "must_be_option"),
        ("flag", "CHECK_BOX", "converts", "flag_needs_values"),
        ("user", "USER_SELECT", "fits", "by_login"),
        ("number", "USER_SELECT", "impossible", "no_person"),
    ],
)
def test_the_verdict_says_what_becomes_of_the_values(kind, type_, verdict, note):
    found = fit(Kind(kind), make_field(type_, options=["赤", "青"]))

    assert (found.verdict, found.note) == (verdict, note)


@pytest.mark.parametrize("protocol", ["WEB", "MAIL", "CALL"])
def test_a_link_takes_what_its_protocol_means(protocol):
    own = {"WEB": Kind.URL, "MAIL": Kind.EMAIL, "CALL": Kind.PHONE}
    field = make_field("LINK", protocol=protocol)

    assert fit(own[protocol], field).verdict is Verdict.FITS
    assert fit(Kind.TEXT, field).verdict is Verdict.CONVERTS
    assert {kind for kind in own.values() if fit(kind, field).possible} == {own[protocol]}
