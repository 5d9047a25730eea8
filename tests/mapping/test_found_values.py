"""What `test_round_trip.py` and readers found, each as the example that showed it."""

from decimal import Decimal
from typing import Any

import pytest

from common.types import Kind
from integrations.kintone.form import Form, parse_form
from jobs.engine.compare import is_same
from mapping.plan import EmptyKeyError, MappingError, MappingPlan, PlanError
from mapping.rulespec import RuleSpec, WhenEmpty
from tests.builders_mapping import form_answer, make_form

KEY = RuleSpec(field="key", source="key")


def form_with(*, digits: int = 16, decimals: int = 4, rounding: str = "HALF_EVEN", **fields: Any):
    answer = form_answer({"key": {"type": "SINGLE_LINE_TEXT", "unique": True}, **fields})
    precision = {"digits": str(digits), "decimalPlaces": str(decimals), "roundingMode": rounding}
    return parse_form({**answer, "numberPrecision": precision})


def plan(form: Form, *rules: RuleSpec, kind: Kind = Kind.TEXT) -> MappingPlan:
    return MappingPlan.compile(
        [KEY, *rules],
        key_field="key",
        form=form,
        kinds={"key": Kind.TEXT, "item": kind},
        rowsets={},
    )


def sent(form: Form, rule: RuleSpec, value: Any, *, kind: Kind = Kind.TEXT) -> Any:
    payload = plan(form, rule, kind=kind).build({"key": "K", "item": value})
    return payload.record.get(rule.table or rule.field)


def refused(form: Form, rule: RuleSpec, value: Any, *, kind: Kind = Kind.TEXT) -> list[str]:
    with pytest.raises(MappingError) as error:
        plan(form, rule, kind=kind).build({"key": "K", "item": value})
    return [problem.code for problem in error.value.problems]


@pytest.mark.parametrize("blank", ["\x00", "\u200b", ";"])
def test_a_fixed_value_in_which_nobody_sees_anything_fills_no_required_field(blank):
    form = form_with(f={"type": "GROUP_SELECT", "required": True})
    rule = RuleSpec(field="f", source="item", empty=WhenEmpty.FIXED, empty_value=blank)

    with pytest.raises(PlanError) as error:
        plan(form, rule)

    assert [problem.code for problem in error.value.problems] == ["fixed_empty"]


@pytest.mark.parametrize("blank", [" \u3000", "\u200b", "\ufeff\x00", "\u2060\n"])
def test_text_in_which_nobody_sees_anything_is_no_value(blank):
    form = form_with(
        f={"type": "SINGLE_LINE_TEXT", "required": True},
        t={"type": "SUBTABLE", "fields": {"a": {"type": "MULTI_LINE_TEXT"}}},
    )
    rule = RuleSpec(field="f", source="item")
    column = RuleSpec(field="a", table="t", source="item")

    assert refused(form, rule, blank) == ["required_empty"]
    assert sent(form, column, (blank, "一"), kind=Kind.ROWS) == [{"value": {"a": {"value": "一"}}}]
    with pytest.raises(EmptyKeyError):
        plan(form, rule).build({"key": blank, "item": "一"})


def test_a_required_column_cannot_be_left_as_it_is_in_a_row_that_is_new():
    column = {"type": "SINGLE_LINE_TEXT", "required": True}
    form = form_with(t={"type": "SUBTABLE", "fields": {"a": column, "b": {"type": "NUMBER"}}})
    rules = [
        RuleSpec(field="a", table="t", source="item", empty=WhenEmpty.KEEP),
        RuleSpec(field="b", table="t", source="key"),
    ]
    whole = plan(form, *rules)

    with pytest.raises(MappingError) as error:
        whole.build({"key": "1", "item": ""})

    assert [problem.code for problem in error.value.problems] == ["required_empty"]


@pytest.mark.parametrize("lacks", [{"required": True}, {"minLength": "2"}])
def test_rows_that_lack_what_kintone_wants_in_each_are_not_sent(lacks):
    columns = {"a": {"type": "SINGLE_LINE_TEXT"}, "must": {"type": "SINGLE_LINE_TEXT", **lacks}}
    form = form_with(t={"type": "SUBTABLE", "fields": columns})
    rule = RuleSpec(field="a", table="t", source="item")

    assert refused(form, rule, ("一",), kind=Kind.ROWS) == ["required_without_rule"]
    assert sent(form, rule, (), kind=Kind.ROWS) == []


@pytest.mark.parametrize(
    ("rounding", "value", "stored"),
    [
        ("HALF_EVEN", "0.00005", "0"),
        ("HALF_EVEN", "1.00015", "1.0002"),
        ("UP", "-0.00001", "-0.0001"),
        ("DOWN", "1.99999", "1.9999"),
    ],
)
def test_decimals_are_rounded_before_kintone_rounds_them(rounding, value, stored):
    form = form_with(rounding=rounding, f={"type": "NUMBER"})
    rule = RuleSpec(field="f", source="item")

    assert sent(form, rule, value) == stored
    assert sent(form, rule, Decimal(value), kind=Kind.NUMBER) == stored


def test_a_limit_holds_for_what_is_left_after_rounding():
    form = form_with(decimals=0, f={"type": "NUMBER", "maxValue": "100"})
    rule = RuleSpec(field="f", source="item")

    assert sent(form, rule, "100.4") == "100"
    assert refused(form, rule, "100.6") == ["too_large"]


def test_two_keys_that_the_app_cannot_tell_apart_are_one():
    answer = form_answer({"key": {"type": "NUMBER", "unique": True}})
    precision = {"digits": "16", "decimalPlaces": "0", "roundingMode": "DOWN"}
    form = parse_form({**answer, "numberPrecision": precision})

    keys = {plan(form).build({"key": key}).claim for key in ("7.1", "7.9", "007")}

    assert keys == {"7"}


def test_digits_are_refused_where_the_app_is_known_to_have_no_room():
    rule = RuleSpec(field="f", source="item")

    assert refused(form_with(f={"type": "NUMBER"}), rule, "1234567890123") == [
        "too_many_integer_digits"
    ]
    assert refused(form_with(f={"type": "NUMBER"}), rule, "999999999999.99999") == [
        "too_many_integer_digits"
    ]
    assert sent(form_with(digits=17, f={"type": "NUMBER"}), rule, "1234567890123")
    assert sent(make_form({"key": {"type": "SINGLE_LINE_TEXT", "unique": True},
                           "f": {"type": "NUMBER"}}), rule, "1234567890123")  # fmt: skip


@pytest.mark.parametrize(("ours", "theirs"), [("1.99996", "2"), ("0.00004", "0"), ("1.5", "1.5")])
def test_a_number_that_kintone_rounded_away_is_no_difference(ours, theirs):
    field = make_form({"f": {"type": "NUMBER"}}).fields["f"]

    assert is_same(ours, theirs, field=field)
    assert not is_same(ours, "3", field=field)
