"""Refusals of kintone name the field as people know it."""

from typing import Any

import pytest

from common.problems import Problem
from mapping.models import Mapping
from mapping.naming import FieldNames
from mapping.problem_texts import describe
from tests.builders_mapping import make_mapping

pytestmark = pytest.mark.django_db

LOOKUP = {"relatedApp": {"app": "1"}, "relatedKeyField": "code", "fieldMappings": []}
FIELDS: dict[str, dict[str, Any]] = {
    "code": {"type": "SINGLE_LINE_TEXT", "label": "会社ID", "unique": True},
    "tel": {"type": "LINK", "label": "電話番号", "protocol": "CALL"},
    "会社名": {"type": "SINGLE_LINE_TEXT", "label": "会社名"},
    "parent": {"type": "SINGLE_LINE_TEXT", "label": "親会社", "lookup": LOOKUP},
}


@pytest.fixture
def mapping() -> Mapping:
    rules = {"code": "external_id", "parent": "corporate_number"}
    return make_mapping(form=FIELDS, rules=rules, update_key="code")


def named(mapping: Mapping, problem: Problem) -> Problem:
    return FieldNames(mapping).named([problem])[0]


def refusal(code: str, field: str = "") -> Problem:
    return Problem(code="kintone", field=field, params={"code": code, "message": "だめです。"})


def test_a_code_stands_behind_its_label(mapping: Mapping) -> None:
    text = describe(named(mapping, refusal("CB_VA01", "tel")))

    assert text.body == "「電話番号（tel）」：だめです。値を修正してください。"


@pytest.mark.parametrize("field", ["会社名", "gone", ""])
def test_a_code_that_is_its_label_or_is_unknown_stays(mapping: Mapping, field: str) -> None:
    problem = refusal("CB_VA01", field)

    assert named(mapping, problem) == problem


def test_a_label_that_the_problem_brings_stays(mapping: Mapping) -> None:
    problem = Problem(code="too_long", field="tel", params={"label": "電話"})

    assert named(mapping, problem) == problem


def test_a_refused_lookup_is_named_where_the_mapping_fills_only_one(mapping: Mapping) -> None:
    text = describe(named(mapping, refusal("GAIA_LO04")))

    assert text.body.startswith("「親会社（parent）」の値が、関連付けるアプリにないか、")


def test_a_refused_lookup_is_not_guessed_among_several() -> None:
    fields = {**FIELDS, "other": {**FIELDS["parent"], "label": "関連会社"}}
    rules = {"code": "external_id", "parent": "corporate_number", "other": "name"}
    mapping = make_mapping(form=fields, rules=rules, update_key="code")

    text = describe(named(mapping, refusal("GAIA_LO04")))

    assert text.body.startswith("ルックアップの値が、")
