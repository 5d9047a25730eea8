"""What of a form is told as a drift, with which effect, and what a click would do about it."""

from typing import Any

import pytest

from common.types import Kind
from mapping.drift import Drift, Effect, Remedy
from mapping.drifting import drifts
from mapping.problem_texts import describe
from mapping.rulespec import RuleSpec, WhenEmpty
from mapping.standing import made_on, standing
from tests.builders_mapping import form_answer, make_form

FIELDS: dict[str, dict[str, Any]] = {
    "key": {"type": "SINGLE_LINE_TEXT", "label": "会社ID", "unique": True},
    "name": {"type": "SINGLE_LINE_TEXT", "label": "会社名", "maxLength": "20"},
    "tel": {"type": "LINK", "label": "電話番号", "protocol": "CALL"},
    "industry": {"type": "DROP_DOWN", "label": "業種", "options": ["製造業", "小売業", "IT"]},
    "size": {"type": "NUMBER", "label": "人数", "maxValue": "100"},
    "note": {"type": "MULTI_LINE_TEXT", "label": "備考"},
    "list": {
        "type": "SUBTABLE",
        "label": "一覧",
        "fields": {
            "tag": {"type": "SINGLE_LINE_TEXT", "label": "名前"},
            "kind": {"type": "SINGLE_LINE_TEXT", "label": "区分"},
        },
    },
}
KINDS = {
    "code": Kind.TEXT,
    "name": Kind.TEXT,
    "phone": Kind.PHONE,
    "industry": Kind.CHOICE,
    "size": Kind.NUMBER,
    "tags": Kind.CHOICES,
}
RULES = [
    RuleSpec(field="key", source="code"),
    RuleSpec(field="name", source="name"),
    RuleSpec(field="tel", source="phone"),
    RuleSpec(field="industry", source="industry"),
    RuleSpec(field="size", source="size"),
    RuleSpec(field="tag", table="list", source="tags"),
    RuleSpec(field="kind", table="list", fixed="タグ"),
]
LOOKUP = {
    "relatedApp": {"app": "7", "code": ""},
    "relatedKeyField": "code",
    "fieldMappings": [],
}


def without(code, **others):
    """The fields without this one, and with these."""
    return {**{each: given for each, given in FIELDS.items() if each != code}, **others}


def given(code, **settings):
    """The fields, one of them with other settings; None takes a setting away."""
    merged = {**FIELDS[code], **settings}
    changed = {name: value for name, value in merged.items() if value is not None}
    return {**FIELDS, code: changed}


def columns(**fields):
    return given("list", fields={**FIELDS["list"]["fields"], **fields})


def found(fields, *, rules=RULES, before=FIELDS):
    return drifts(
        rules,
        key_field="key",
        before=make_form(before) if before else None,
        now=make_form(fields),
        kinds=KINDS,
    )


TEL, NAME, KEY = FIELDS["tel"], FIELDS["name"], FIELDS["key"]
STOPS, LEFT_OUT, RECORDS = Effect.STOPS, Effect.LEFT_OUT, Effect.RECORDS


@pytest.mark.parametrize(
    ("fields", "field", "code", "effect", "remedy"),
    [
        (without("tel", phone=TEL), "tel", "renamed", LEFT_OUT, Remedy.REPOINT),
        (without("tel"), "tel", "gone", LEFT_OUT, None),
        (without("key", number=KEY), "key", "renamed_key", STOPS, Remedy.REPOINT),
        (without("key"), "key", "gone_key", STOPS, None),
        (given("key", unique=None), "key", "key_not_unique", STOPS, None),
        (given("key", type="NUMBER"), "key", "retyped_key", STOPS, Remedy.CONFIRM),
        (given("key", type="LINK"), "key", "key_not_unique", STOPS, None),
        (given("name", type="MULTI_LINE_TEXT"), "name", "retyped", RECORDS, Remedy.RESEND),
        (given("name", type="FILE"), "name", "retyped_unfit", LEFT_OUT, None),
        (given("name", expression="key"), "name", "unwritable", LEFT_OUT, None),
        (
            given("industry", options=["製造業", "小売り", "IT"]),
            "industry", "options_renamed", RECORDS, Remedy.REPLACE,
        ),
        (given("industry", options=["製造業", "IT"]), "industry", "options_removed", RECORDS, None),
        (given("name", required=True), "name", "required_value", RECORDS, None),
        (given("name", unique=True), "name", "unique", RECORDS, None),
        (given("name", maxLength="10"), "name", "max_length", RECORDS, None),
        (given("name", minLength="2"), "name", "min_length", RECORDS, None),
        (given("size", maxValue="99"), "size", "max_value", RECORDS, None),
        (given("size", minValue="1"), "size", "min_value", RECORDS, None),
        (given("tel", protocol="MAIL"), "tel", "unfit", LEFT_OUT, None),
        (given("name", lookup=LOOKUP), "name", "lookup", RECORDS, None),
        ({**FIELDS, "rank": {**NAME, "required": True}}, "rank", "required", RECORDS, None),
        (given("note", required=True), "note", "required", RECORDS, None),
        (
            columns(rank={"type": "NUMBER", "required": True}),
            "list.rank", "required", RECORDS, None,
        ),
    ],
)  # fmt: skip
def test_each_drift_is_told_with_its_effect_and_its_remedy(fields, field, code, effect, remedy):
    (one,) = found(fields)

    assert (one.problem.field, one.problem.code) == (field, f"drift.{code}")
    assert (one.effect, one.proposal and one.proposal.remedy) == (effect, remedy)
    words = describe(one.problem)
    assert words.heading != "想定外の問題が起きました"
    assert "%(" not in words.body
    assert "「」" not in words.body
    assert Drift.from_json(one.as_json()) == one


@pytest.mark.parametrize(
    "fields",
    [
        FIELDS,
        given("tel", label="TEL"),
        {**FIELDS, "more": {"type": "NUMBER"}},
        {**FIELDS, "more": {**NAME, "required": True, "defaultValue": "A"}},
        without("note"),
        given("industry", options=["製造業", "小売業", "IT", "林業"]),
        given("industry", options=["IT", "小売業", "製造業"]),
        given("name", maxLength="30"),
        given("name", maxLength=None),
        given("size", maxValue=None),
        given("size", displayScale="2"),
        columns(more={"type": "NUMBER"}),
    ],
)
def test_what_harms_no_rule_is_no_drift(fields):
    assert found(fields) == ()


@pytest.mark.parametrize(
    "others",
    [
        {"phone": TEL, "phone2": TEL},
        {"phone": {**TEL, "label": "TEL"}},
        {"phone": {"type": "NUMBER", "label": "電話番号"}},
    ],
    ids=["two are like it", "another label", "another type"],
)
def test_where_it_is_not_certain_what_a_field_has_become_nothing_is_proposed(others):
    (one,) = found(without("tel", **others))

    assert (one.problem.code, one.proposal) == ("drift.gone", None)


def test_a_field_that_was_there_before_is_not_what_another_has_become():
    (one,) = found(without("tel", fax=TEL), before={**FIELDS, "fax": TEL})

    assert one.proposal is None


def test_of_two_fields_alike_that_vanished_none_is_taken_for_the_other():
    before = {**FIELDS, "tel2": TEL}
    rules = [*RULES, RuleSpec(field="tel2", source="name")]

    codes = [
        one.problem.code for one in found(without("tel", phone=TEL), rules=rules, before=before)
    ]

    assert codes == ["drift.gone", "drift.gone"]


def test_another_kind_of_link_is_told_where_the_values_may_still_fit():
    rules = [RULES[0], RuleSpec(field="tel", source="name")]

    (one,) = found(given("tel", protocol="WEB"), rules=rules)

    assert (one.problem.code, one.effect) == ("drift.protocol", RECORDS)


def test_a_renamed_field_that_is_required_is_not_told_twice():
    required = {**TEL, "required": True}

    codes = [
        one.problem.code
        for one in found(without("tel", phone=required), before=given("tel", required=True))
    ]

    assert codes == ["drift.renamed"]


def test_a_renamed_key_that_may_be_double_is_no_proposal():
    (one,) = found(without("key", number={**KEY, "unique": False}))

    assert (one.problem.code, one.proposal) == ("drift.gone_key", None)


@pytest.mark.parametrize(
    ("fields", "to"),
    [
        (
            given("list", fields={"tag": NAME, "kubun": FIELDS["list"]["fields"]["kind"]}),
            {"list.kind": "list.kubun"},
        ),
        (
            without("list", table=FIELDS["list"]),
            {"list.tag": "table.tag", "list.kind": "table.kind"},
        ),
    ],
    ids=["a column", "the table"],
)
def test_renamed_columns_and_tables_are_found_again(fields, to):
    moved = {
        one.problem.field: one.proposal.to for one in found(fields) if one.proposal is not None
    }

    assert moved == to


@pytest.mark.parametrize(
    ("rule", "effect"),
    [
        (RuleSpec(field="industry", fixed="小売業"), LEFT_OUT),
        (RuleSpec(field="industry", fixed="IT"), None),
        (
            RuleSpec(
                field="industry", source="industry", empty=WhenEmpty.FIXED, empty_value="小売業"
            ),
            LEFT_OUT,
        ),
    ],
    ids=["is the fixed value", "is not the fixed value", "stands for an empty value"],
)
def test_a_renamed_option_leaves_out_the_rule_that_says_it_itself(rule, effect):
    told = found(
        given("industry", options=["製造業", "小売り", "IT"]), rules=[RULES[0], RULES[1], rule]
    )

    assert [one.effect for one in told] == ([effect] if effect else [])
    assert [one.proposal.options for one in told] == ([{"小売業": "小売り"}] if effect else [])


def test_a_fixed_value_that_is_no_option_any_more_is_told_without_a_proposal():
    rules = [RULES[0], RuleSpec(field="industry", fixed="小売業")]

    (one,) = found(given("industry", options=["製造業", "IT"]), rules=rules)

    assert (one.problem.code, one.effect, one.proposal) == ("drift.unfit", LEFT_OUT, None)


def test_without_a_form_to_compare_only_what_does_not_fit_is_told():
    fields = without("tel", rank={**NAME, "required": True})

    assert [one.problem.code for one in found(fields, before=None)] == ["drift.gone"]


# What is remembered from one reading to the next


def read(fields, *, before=FIELDS, remembered=None, rules=RULES, **more):
    """How the rules stand after the form was read."""
    form = form_answer(before) if before else {}
    return standing(
        rules,
        key_field="key",
        form=form_answer(fields),
        made_on=made_on(form, remembered or {}),
        kinds=KINDS,
        **more,
    )


def codes(stand):
    return [one.problem.code.removeprefix("drift.") for one in stand.drifts]


def test_a_drift_is_the_same_at_every_reading_until_the_form_is_as_it_was():
    renamed = without("tel", phone=TEL)
    first = read(renamed)
    again = read(renamed, before=renamed, remembered=first.made_on)
    back = read(FIELDS, before=renamed, remembered=again.made_on, owed=again.left_out)

    assert (codes(first), codes(again)) == (["renamed"], ["renamed"])
    assert again == first
    assert (back.drifts, back.made_on) == ((), {})
    assert back.left_out == ("phone",), "a run has to send it again"


def test_what_a_field_has_become_may_come_at_a_later_reading():
    gone = read(without("tel"))
    later = read(without("tel", phone=TEL), before=without("tel"), remembered=gone.made_on)

    assert (codes(gone), codes(later)) == (["gone"], ["renamed"])


def test_what_does_no_harm_moves_into_the_form_that_the_rules_are_made_on():
    wider = given("industry", options=["製造業", "小売業", "IT", "林業"])
    first = read(wider)
    second = read(FIELDS, before=wider, remembered=first.made_on)

    assert (codes(first), codes(second)) == ([], ["options_removed"])


def test_a_new_label_helps_to_find_the_field_when_its_code_changes_later():
    relabelled = {**TEL, "label": "TEL"}
    first = read(given("tel", label="TEL"))
    second = read(
        without("tel", phone=relabelled),
        before=given("tel", label="TEL"),
        remembered=first.made_on,
    )

    assert codes(second) == ["renamed"]


def test_what_a_person_has_seen_is_no_drift_any_more():
    narrower = given("name", maxLength="10")
    first = read(narrower)
    seen = read(narrower, before=narrower, remembered=first.made_on, settled=["name"])
    then = read(given("name", maxLength="5"), before=narrower, remembered=seen.made_on)

    assert (codes(first), codes(seen), codes(then)) == (["max_length"], [], ["max_length"])


def test_a_rule_that_is_not_there_any_more_is_owed_nothing():
    rules = [rule for rule in RULES if rule.field != "tel"]

    assert read(without("tel"), rules=rules, owed=["phone"]).left_out == ()


def test_the_first_reading_compares_with_nothing():
    stand = read(without("tel", rank={**NAME, "required": True}), before=None)

    assert (codes(stand), stand.made_on) == (["gone"], {})


def test_a_table_with_a_column_too_few_leaves_out_all_its_rules():
    stand = read(given("list", fields={"tag": NAME}))

    assert stand.left_out == ("tags", "=タグ")
