"""A plan over a form with one field of each interesting kind, for tests of plans."""

from typing import Any

import pytest

from common.types import Kind
from mapping.plan import MappingError, MappingPlan
from mapping.rulespec import RuleSpec
from tests.builders_mapping import make_form

FIELDS: dict[str, dict[str, Any]] = {
    "key": {"type": "SINGLE_LINE_TEXT", "unique": True},
    "number_key": {"type": "NUMBER", "unique": True},
    "name": {"type": "SINGLE_LINE_TEXT", "label": "会社名", "required": True, "maxLength": "10"},
    "short": {"type": "SINGLE_LINE_TEXT", "minLength": "2"},
    "industry": {"type": "DROP_DOWN", "options": ["製造業", "IT"]},
    "colours": {"type": "CHECK_BOX", "options": ["赤", "青"], "required": True},
    "flag": {"type": "RADIO_BUTTON", "options": ["はい", "いいえ"], "required": True},
    "amount": {"type": "NUMBER"},
    "note": {"type": "RICH_TEXT"},
    "list": {
        "type": "SUBTABLE",
        "fields": {
            "tag": {"type": "SINGLE_LINE_TEXT", "maxLength": "5"},
            "count": {"type": "NUMBER"},
            "origin": {"type": "SINGLE_LINE_TEXT"},
        },
    },
}
KINDS = {
    "code": Kind.TEXT,
    "id": Kind.NUMBER,
    "name": Kind.TEXT,
    "family": Kind.TEXT,
    "first": Kind.TEXT,
    "industry": Kind.CHOICE,
    "colours": Kind.CHOICES,
    "flag": Kind.FLAG,
    "amount": Kind.TEXT,
    "memo": Kind.RICH_TEXT,
    "owner": Kind.USER,
    "tags": Kind.CHOICES,
    "departments.name": Kind.ROWS,
    "departments.size": Kind.ROWS,
}
ROWSETS = {"departments.name": "departments", "departments.size": "departments", "tags": "tags"}
KEY = RuleSpec(field="key", source="code")


def plan(*rules, key_field="key"):
    """The plan of these rules (or pairs of field and source) and of the key."""
    given = [
        RuleSpec(field=rule[0], source=rule[1]) if isinstance(rule, tuple) else rule
        for rule in rules
    ]
    if key_field == "key":
        given = [KEY, *given]
    return MappingPlan.compile(
        given, key_field=key_field, form=make_form(FIELDS), kinds=KINDS, rowsets=ROWSETS
    )


def record(*rules, **values):
    """What is sent beside the key."""
    return plan(*rules).build({"code": "K1", **values}).record


def problems(*rules, **values):
    """Code and field of everything that is wrong."""
    with pytest.raises(MappingError) as refused:
        plan(*rules).build({"code": "K1", **values})
    return [(problem.code, problem.field) for problem in refused.value.problems]
