"""A record's values become one payload, or all that is wrong with them is named at once."""

from decimal import Decimal

import pytest

from common.types import UserRef
from mapping.plan import EmptyKeyError, MappingError, PlanError
from mapping.rulespec import RuleSpec, WhenEmpty
from tests.mapping.planning import plan, problems, record


def test_the_key_goes_beside_the_record_and_never_into_it():
    payload = plan(("name", "name")).build({"code": "001", "name": "青葉"})

    assert (payload.key, payload.claim, payload.record) == ("001", "001", {"name": "青葉"})


@pytest.mark.parametrize("given", [Decimal(5), Decimal("5.0"), Decimal("5.00")])
def test_a_number_key_is_claimed_by_its_value(given):
    payload = plan(RuleSpec(field="number_key", source="id"), key_field="number_key").build(
        {"id": given}
    )

    assert (payload.key, payload.claim) == ("5", "5")


@pytest.mark.parametrize("empty", [None, "", " ", "　"])
def test_without_a_key_the_record_is_skipped_whatever_else_is_wrong(empty):
    with pytest.raises(EmptyKeyError) as skipped:
        plan(("name", "name"), ("amount", "amount")).build({"code": empty, "amount": "x"})

    assert [(each.code, each.item) for each in skipped.value.problems] == [("empty_key", "code")]


def test_a_key_of_more_than_64_characters_is_refused():
    with pytest.raises(MappingError) as refused:
        plan().build({"code": "x" * 65})

    assert refused.value.problems[0].code == "too_long"


def test_all_problems_of_a_record_are_named_at_once():
    assert problems(
        ("name", "name"), ("industry", "industry"), ("amount", "amount"), ("short", "family"),
        name="", industry="林業", amount="x", family="a",
    ) == [
        ("required_empty", "name"),
        ("no_option", "industry"),
        ("not_a_number", "amount"),
        ("too_short", "short"),
    ]  # fmt: skip


def test_a_problem_tells_item_value_and_field():
    with pytest.raises(MappingError) as refused:
        plan(("name", "name")).build({"code": "1", "name": "とても長い会社の名前です"})

    (problem,) = refused.value.problems
    assert (problem.item, problem.value) == ("name", "とても長い会社の名前です")
    assert problem.params == {
        "label": "会社名", "type": "SINGLE_LINE_TEXT", "max": 10, "length": 12,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "sent"),
    [
        (RuleSpec(field="amount", source="amount"), {"amount": ""}),
        (RuleSpec(field="industry", source="industry"), {"industry": None}),
        (RuleSpec(field="amount", source="amount", empty=WhenEmpty.KEEP), {}),
        (
            RuleSpec(field="amount", source="amount", empty=WhenEmpty.FIXED, empty_value="1,0"),
            None,
        ),
        (
            RuleSpec(field="amount", source="amount", empty=WhenEmpty.FIXED, empty_value="1,000"),
            {"amount": "1000"},
        ),
        (
            RuleSpec(
                field="colours", source="colours", empty=WhenEmpty.FIXED, empty_value="青\n赤"
            ),
            {"colours": ["赤", "青"]},
        ),
    ],
)
def test_an_empty_value_clears_keeps_or_is_replaced(rule, sent):
    if sent is None:
        (left_out,) = plan(rule).left_out
        assert left_out.problem.code == "not_a_number"
    else:
        assert record(rule) == sent


def test_kintone_lets_a_required_radio_button_be_empty_but_no_check_box():
    assert record(("flag", "flag")) == {"flag": None}
    assert problems(("colours", "colours"), colours=()) == [("required_empty", "colours")]


def test_a_flag_that_is_off_is_a_value():
    rule = RuleSpec(field="flag", source="flag", empty=WhenEmpty.KEEP)

    assert record(rule, flag=False) == {"flag": "いいえ"}
    assert record(rule, flag=None) == {}


def test_text_too_short_is_refused_even_where_it_is_empty():
    assert problems(("short", "family"), family="") == [("too_short", "short")]


@pytest.mark.parametrize(
    ("value", "sent"),
    [
        ("情報・通信業", "IT"),
        ("製造業", "製造業"),
        ("", "IT"),
        (None, "IT"),
        (" 情報・通信業　", "IT"),
    ],
)
def test_the_value_table_replaces_values_before_they_are_converted(value, sent):
    rule = RuleSpec(field="industry", source="industry", values={"情報・通信業": "IT", "": "IT"})

    assert record(rule, industry=value) == {"industry": sent}


def test_the_value_table_works_on_each_of_several_values_and_on_flags():
    several = RuleSpec(field="colours", source="colours", values={"red": "赤", "blue": "青"})
    flag = RuleSpec(field="amount", source="flag", values={"true": "100", "いいえ": "-1"})

    assert record(several, colours=("blue", "red")) == {"colours": ["赤", "青"]}
    assert record(flag, flag=True) == {"amount": "100"}
    assert record(flag, flag=False) == {"amount": "-1"}


def test_a_value_that_the_table_empties_counts_as_empty():
    rule = RuleSpec(field="industry", source="industry", values={"不明": ""}, empty=WhenEmpty.KEEP)

    assert record(rule, industry="不明") == {}


def test_templates_join_items_and_are_empty_when_all_of_them_are():
    rule = RuleSpec(field="name", template="{family} {first}", empty=WhenEmpty.KEEP)

    assert record(rule, family="佐藤", first="花子") == {"name": "佐藤 花子"}
    assert record(rule, family="佐藤", first="") == {"name": "佐藤"}
    assert record(rule, family="", first=None) == {}


def test_templates_take_values_of_every_kind_as_text():
    rule = RuleSpec(field="note", template="{{{id}}} {owner} {memo} {tags}")
    owner = UserRef(name="佐藤", email="s@example.com", login="")

    assert record(rule, id=Decimal("1.50"), owner=owner, memo="<b>太</b>", tags=("a", "b")) == {
        "note": "{1.5} 佐藤 太 a、b"
    }


def test_fixed_values_are_converted_once_for_all_records():
    assert record(RuleSpec(field="amount", fixed="￥1,000")) == {"amount": "1000"}
    assert record(RuleSpec(field="colours", fixed="赤")) == {"colours": ["赤"]}


def test_the_digest_depends_on_what_is_sent_and_on_nothing_else():
    mapping = plan(("name", "name"), ("amount", "amount"), ("colours", "colours"))
    values = {"code": "K", "name": "青葉", "amount": "1,000.50", "colours": ("青", "赤")}
    same = {"colours": ("赤", "青"), "amount": "１０００．５", "name": "青葉", "code": "K"}
    swapped = plan(("colours", "colours"), ("amount", "amount"), ("name", "name"))

    digest = mapping.build(values).digest

    assert mapping.build(same).digest == digest
    assert swapped.build(values).digest == digest
    assert mapping.build({**values, "code": "L"}).digest != digest
    assert mapping.build({**values, "amount": "1000.51"}).digest != digest
    assert len(digest) == 64


def test_the_plan_names_the_items_that_it_needs():
    mapping = plan(("name", "name"), RuleSpec(field="note", template="{family}{first}{name}"))

    assert mapping.item_keys == ("code", "name", "family", "first")


def test_each_rule_shows_what_it_makes_of_a_record():
    mapping = plan(
        ("industry", "industry"),
        RuleSpec(field="amount", source="amount", empty=WhenEmpty.KEEP),
        RuleSpec(table="list", field="tag", source="tags"),
    )

    key, industry, amount, tag = mapping.show(
        {"code": "1", "industry": "林業", "amount": "", "tags": ("a", "b")}
    )

    assert (key.before, key.sent) == ("1", "1")
    assert (industry.sent, industry.problems[0].code) == (None, "no_option")
    assert amount.kept
    assert tag.sent == ["a", "b"]


@pytest.mark.parametrize(
    ("rules", "code"),
    [
        ([RuleSpec(field="name", source="nobody")], "item_unknown"),
        ([RuleSpec(field="name", template="{nobody}")], "item_unknown"),
        ([RuleSpec(field="name", template="{name!r}")], "template_unreadable"),
        ([RuleSpec(field="name", template="}")], "template_unreadable"),
        ([RuleSpec(field="name", source="name", fixed="x")], "rule_without_origin"),
        ([RuleSpec(field="name", source="name"), RuleSpec(field="name", fixed="x")], "field_taken"),
    ],
)
def test_a_mapping_that_cannot_work_makes_no_plan(rules, code):
    with pytest.raises(PlanError) as refused:
        plan(*rules)

    assert code in {problem.code for problem in refused.value.problems}


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        (RuleSpec(field="fax", source="name"), "field_gone"),
        (RuleSpec(field="list", source="tags"), "field_not_writable"),
        (RuleSpec(field="amount", source="owner"), "kind_does_not_fit"),
        (RuleSpec(field="industry", fixed="林業"), "no_option"),
    ],
)
def test_a_rule_that_the_form_has_no_place_for_is_left_out_and_all_others_are_sent(rule, code):
    mapping = plan(RuleSpec(field="short", source="family"), rule)

    assert [(one.rule, one.problem.code) for one in mapping.left_out] == [(rule, code)]
    assert mapping.build({"code": "K1", "family": "佐藤"}).record == {"short": "佐藤"}


def test_a_table_of_which_one_column_has_no_place_is_left_out_as_a_whole():
    mapping = plan(
        RuleSpec(field="short", source="family"),
        RuleSpec(field="tag", table="list", source="departments.name"),
        RuleSpec(field="color", table="list", source="departments.size"),
    )

    codes = [(one.rule.field, one.problem.code) for one in mapping.left_out]
    assert codes == [("tag", "table_left_out"), ("color", "field_gone")]
    values = {"code": "K1", "family": "佐藤", "departments.name": ("営業部",)}
    assert mapping.build(values).record == {"short": "佐藤"}


@pytest.mark.parametrize("field", ["gone", "industry"])
def test_the_rule_of_the_update_key_is_never_left_out(field):
    with pytest.raises(PlanError):
        plan(RuleSpec(field=field, source="owner"), key_field=field)


@pytest.mark.parametrize(
    ("key_field", "code"),
    [("", "key_missing"), ("gone", "key_gone"), ("name", "key_not_allowed")],
)
def test_without_a_proper_key_there_is_no_plan(key_field, code):
    with pytest.raises(PlanError) as refused:
        plan(RuleSpec(field="name", source="name"), key_field=key_field)

    assert code in {problem.code for problem in refused.value.problems}
