"""What is said about a mapping before anything is sent."""

from typing import Any

import pytest

from common.types import Kind
from integrations.kintone.form import parse_form
from mapping.checks import Severity, check, errors_of
from mapping.problem_texts import describe
from mapping.rulespec import RuleSpec, WhenEmpty
from tests.builders_mapping import form_answer, make_form

FIELDS: dict[str, dict[str, Any]] = {
    "key": {"type": "NUMBER", "unique": True},
    "name": {"type": "SINGLE_LINE_TEXT", "required": True},
    "rank": {"type": "DROP_DOWN", "options": ["A"], "required": True, "defaultValue": "A"},
    "kind": {"type": "RADIO_BUTTON", "options": ["A"], "required": True},
    "total": {"type": "CALC", "required": True},
    "look": {"type": "SINGLE_LINE_TEXT", "lookup": None},
    "list": {
        "type": "SUBTABLE",
        "fields": {
            "a": {"type": "SINGLE_LINE_TEXT"},
            "b": {"type": "SINGLE_LINE_TEXT"},
            "must": {"type": "SINGLE_LINE_TEXT", "required": True},
        },
    },
}
KINDS = {
    "corporate_number": Kind.TEXT,
    "name": Kind.TEXT,
    "note": Kind.LONG_TEXT,
    "tags": Kind.CHOICES,
    "products": Kind.CHOICES,
    "departments.name": Kind.ROWS,
    "departments.path": Kind.ROWS,
}
ROWSETS = {"departments.name": "departments", "departments.path": "departments"}
KEY = RuleSpec(field="key", source="corporate_number")
NAME = RuleSpec(field="name", source="name")


def warnings(*rules):
    findings = check(
        [KEY, *rules], key_field="key", form=make_form(FIELDS), kinds=KINDS, rowsets=ROWSETS
    )
    assert all(each.severity is Severity.WARNING for each in findings), findings
    return {(each.problem.code, each.problem.field) for each in findings}


def test_only_required_fields_that_stay_empty_are_named():
    assert ("required_without_rule", "name") in warnings()
    assert not [code for code, field in warnings() if field in {"rank", "kind", "total", "must"}]
    assert ("required_without_rule", "name") not in warnings(NAME)


def test_required_columns_are_named_only_in_tables_that_are_filled():
    column = RuleSpec(field="a", table="list", source="tags")

    assert ("required_without_rule", "list.must") in warnings(NAME, column)


def test_a_number_field_for_thirteen_digits_is_warned_of():
    assert ("thirteen_digits", "key") in warnings(NAME)


@pytest.mark.parametrize(("digits", "warned"), [(None, True), (16, True), (17, False)])
def test_the_apps_own_precision_decides_about_thirteen_digits(digits, warned):
    answer = form_answer(FIELDS)
    if digits:
        answer["numberPrecision"] = {
            "digits": str(digits),
            "decimalPlaces": "4",
            "roundingMode": "UP",
        }

    findings = check(
        [KEY, NAME], key_field="key", form=parse_form(answer), kinds=KINDS, rowsets=ROWSETS
    )

    found = [each.problem for each in findings if each.problem.code == "thirteen_digits"]
    assert [problem.params.get("max") for problem in found] == (
        [12 if digits else None] if warned else []
    )


def test_a_required_field_that_is_left_alone_when_empty_is_warned_of():
    kept = RuleSpec(field="name", source="name", empty=WhenEmpty.KEEP)

    assert ("kept_empty", "name") in warnings(kept)
    assert ("kept_empty", "name") not in warnings(NAME)


def test_a_minimum_length_wants_a_source_as_a_required_field_does():
    fields = {
        **FIELDS,
        "long": {"type": "SINGLE_LINE_TEXT", "minLength": "2"},
        "must_too": {"type": "SINGLE_LINE_TEXT", "label": "必須", "required": True},
    }

    findings = check(
        [KEY, NAME], key_field="key", form=make_form(fields), kinds=KINDS, rowsets=ROWSETS
    )

    (name,) = (one.problem for one in findings if one.problem.field == "must_too")
    assert describe(name).body.startswith("「必須」はkintoneの必須フィールドです。")
    (problem,) = (one.problem for one in findings if one.problem.field == "long")
    assert problem.code == "required_without_rule"
    assert "「long」には、kintoneで2文字以上の値が必要です。" in describe(problem).body


def test_a_pair_that_does_not_fit_says_why():
    findings = check(
        [KEY, NAME, RuleSpec(field="when", source="name_length")],
        key_field="key",
        form=make_form({**FIELDS, "when": {"type": "DATE"}}),
        kinds={**KINDS, "name_length": Kind.NUMBER},
        rowsets=ROWSETS,
    )

    (problem,) = errors_of(findings)
    assert problem.code == "kind_does_not_fit"
    assert "値に日付がありません。" in describe(problem).body


def test_values_that_may_lose_something_are_warned_of():
    assert ("may_lose", "name") in warnings(RuleSpec(field="name", source="note"))


def test_of_a_lookup_it_is_told_where_its_values_must_be():
    form = make_form(
        {
            "key": {"type": "SINGLE_LINE_TEXT", "unique": True},
            "company": {
                "type": "SINGLE_LINE_TEXT",
                "lookup": {
                    "relatedApp": {"app": "7", "code": ""},
                    "relatedKeyField": "会社ID",
                    "fieldMappings": [],
                },
            },
        }
    )
    rules = [KEY, RuleSpec(field="company", source="name")]

    (found,) = check(rules, key_field="key", form=form, kinds=KINDS, rowsets={})

    assert (found.severity, found.problem.code) == (Severity.WARNING, "lookup_source")
    assert (found.problem.params["app"], found.problem.params["key"]) == (7, "会社ID")
    assert "アプリID「7」の「会社ID」" in describe(found.problem).body


def test_fields_that_take_each_value_once_are_warned_of_but_not_the_key():
    form = make_form(
        {
            "key": {"type": "SINGLE_LINE_TEXT", "unique": True},
            "number": {"type": "SINGLE_LINE_TEXT", "unique": True},
        }
    )
    rules = [KEY, RuleSpec(field="number", source="name")]

    found = check(rules, key_field="key", form=form, kinds=KINDS, rowsets={})

    assert [(one.problem.code, one.problem.field) for one in found] == [("unique_field", "number")]


def test_a_lookup_whose_source_this_login_may_not_see_is_warned_of():
    assert ("lookup_unseen", "look") in warnings(NAME, RuleSpec(field="look", source="note"))


def test_tables_are_said_to_be_replaced():
    assert ("table_replaced", "list") in warnings(
        NAME, RuleSpec(field="a", table="list", source="tags")
    )


def test_unrelated_lists_in_one_table_are_warned_of_and_columns_of_one_list_are_not():
    def mixed(one, two):
        rules = [
            RuleSpec(field="a", table="list", source=one),
            RuleSpec(field="b", table="list", source=two),
        ]
        return ("rowsets_mixed", "list") in warnings(NAME, *rules)

    assert mixed("tags", "products")
    assert mixed("tags", "departments.name")
    assert not mixed("departments.name", "departments.path")
    assert not mixed("tags", "name")
