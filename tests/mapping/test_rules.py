"""Saving a mapping's rules: one item to one field, all of it or nothing."""

import pytest
from django.db import IntegrityError

from mapping.mappings import plan_of
from mapping.models import Rule
from mapping.rules import RulesRefused, save_rules, specs_of
from mapping.rulespec import RuleSpec, WhenEmpty
from tests.builders_mapping import COMPANY_FIELDS, make_connection, make_mapping

pytestmark = pytest.mark.django_db

KEY = RuleSpec(field="corporate_number", source="corporate_number")


def codes(refused: pytest.ExceptionInfo[RulesRefused]) -> set[str]:
    return {problem.code for problem in refused.value.problems}


def test_what_was_saved_is_read_back_as_it_was():
    mapping = make_mapping()
    rules = [
        KEY,
        RuleSpec(field="name", template="{name}（{pref}）", empty=WhenEmpty.KEEP),
        RuleSpec(
            field="industry",
            source="business_category_kbn",
            values={"情報・通信業": "IT"},
            empty=WhenEmpty.FIXED,
            empty_value="製造業",
        ),
        RuleSpec(field="note", fixed="CRM"),
    ]

    assert save_rules(mapping, rules, update_key="corporate_number")

    assert specs_of(mapping) == rules


def test_a_change_raises_the_version_and_saving_the_same_again_does_not():
    mapping = make_mapping()
    changed = [KEY, RuleSpec(field="name", source="name_kana")]

    assert save_rules(mapping, changed, update_key="corporate_number") is True
    assert save_rules(mapping, list(reversed(changed)), update_key="corporate_number") is False

    assert mapping.version == 2


def test_another_update_key_raises_the_version():
    fields = {**COMPANY_FIELDS, "code": {"type": "NUMBER", "unique": True}}
    mapping = make_mapping(
        form=fields, rules={"corporate_number": "corporate_number", "code": "id", "name": "name"}
    )

    assert save_rules(mapping, specs_of(mapping), update_key="code")

    mapping.refresh_from_db()
    assert (mapping.update_key, mapping.version) == ("code", 2)


@pytest.mark.parametrize(
    ("rules", "update_key", "code"),
    [
        (
            [KEY, RuleSpec(field="name", source="corporate_number")],
            "corporate_number",
            "item_taken",
        ),
        (
            [KEY, RuleSpec(field="name", source="name"), RuleSpec(field="name", source="note")],
            "corporate_number",
            "field_taken",
        ),
        ([KEY, RuleSpec(field="fax", source="name")], "corporate_number", "field_gone"),
        ([KEY, RuleSpec(field="tel", source="url")], "corporate_number", "kind_does_not_fit"),
        ([KEY, RuleSpec(field="name", source="shoe_size")], "corporate_number", "item_unknown"),
        (
            [KEY, RuleSpec(field="name", template="{name")],
            "corporate_number",
            "template_unreadable",
        ),
        ([KEY, RuleSpec(field="industry", fixed="林業")], "corporate_number", "no_option"),
        ([KEY, RuleSpec(field="name")], "corporate_number", "rule_without_origin"),
        ([KEY], "", "key_missing"),
        ([KEY], "fax", "key_gone"),
        ([KEY, RuleSpec(field="name", source="name")], "name", "key_not_allowed"),
        ([RuleSpec(field="name", source="name")], "corporate_number", "key_without_rule"),
        ([RuleSpec(field="corporate_number", fixed="1")], "corporate_number", "key_fixed"),
    ],
)
def test_rules_that_cannot_work_are_refused_and_change_nothing(rules, update_key, code):
    mapping = make_mapping()
    before = specs_of(mapping)

    with pytest.raises(RulesRefused) as refused:
        save_rules(mapping, rules, update_key=update_key)

    assert code in codes(refused)
    mapping.refresh_from_db()
    assert (specs_of(mapping), mapping.version) == (before, 1)


def test_all_problems_of_the_rules_are_named_at_once():
    mapping = make_mapping()

    with pytest.raises(RulesRefused) as refused:
        save_rules(
            mapping,
            [RuleSpec(field="fax", source="name"), RuleSpec(field="name", source="name")],
            update_key="",
        )

    assert codes(refused) == {"field_gone", "item_taken", "key_missing"}


def test_an_app_without_any_unique_field_is_named_as_such():
    mapping = make_mapping(form={"name": {"type": "SINGLE_LINE_TEXT"}}, rules={})

    with pytest.raises(RulesRefused) as refused:
        save_rules(mapping, [RuleSpec(field="name", source="name")], update_key="")

    assert codes(refused) == {"no_unique_field"}


def test_before_the_form_was_loaded_only_one_to_one_is_checked():
    connection = make_connection()
    mapping = make_mapping(connection, form={}, rules={})
    mapping.form = {}
    mapping.save()

    assert save_rules(mapping, [KEY], update_key="corporate_number")
    with pytest.raises(RulesRefused):
        save_rules(mapping, [KEY, RuleSpec(field="name", source=KEY.source)], update_key="name")


def test_the_database_itself_refuses_two_rules_on_one_field():
    mapping = make_mapping()

    with pytest.raises(IntegrityError):
        Rule.objects.create(mapping=mapping, field="name", source="note")


def test_the_stored_rules_make_a_plan():
    payload = plan_of(make_mapping()).build({"corporate_number": "0123", "name": "青葉商事"})

    assert (payload.key, payload.record) == ("0123", {"name": "青葉商事"})
