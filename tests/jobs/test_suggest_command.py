"""`manage.py suggest`: the proposals without a browser."""

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from mapping.rules import specs_of
from tests.builders_crm import make_company
from tests.builders_mapping import make_connection, make_mapping

pytestmark = pytest.mark.django_db

FIELDS: dict[str, dict[str, Any]] = {
    "会社ID": {"type": "SINGLE_LINE_TEXT", "unique": True},
    "会社名": {"type": "SINGLE_LINE_TEXT"},
    "業種": {"type": "DROP_DOWN", "options": ["製造業"]},
}


def said(*arguments):
    out = StringIO()
    call_command("suggest", *arguments, stdout=out)
    return out.getvalue()


@pytest.fixture
def mapping():
    return make_mapping(make_connection(name="本番"), form=FIELDS, rules={}, update_key="")


def test_it_tells_proposals_in_words_and_changes_nothing(mapping):
    make_company(business_category_kbn="林業")

    told = said("本番/company").splitlines()

    assert told[0].startswith("✓ 会社ID ← external_id")
    assert "? 業種 ← business_category_kbn  サンプルの値がすべてエラーになります。" in told[2]
    assert told[-1] == "更新キー: 会社ID"
    assert specs_of(mapping) == []


def test_it_tells_programs_which_are_sure(mapping):
    told = json.loads(said("本番/company", "--json"))

    assert told["update_key"] == {"field": "会社ID", "sure": True}
    assert told["rules"][1] == {
        "field": "会社名",
        "table": "",
        "source": "name",
        "template": "",
        "sure": True,
        "reasons": ["same_label"],
        "doubts": [],
    }


def test_without_anything_to_propose_it_says_so():
    make_mapping(make_connection(name="本番"), form={"合計": {"type": "CALC"}}, rules={})

    assert said("本番/company") == "候補はありません。\n"


def test_a_form_that_was_never_loaded_is_asked_for(mapping):
    mapping.form = {}
    mapping.save()

    with pytest.raises(CommandError, match="読み込んでください") as refused:
        said("本番/company")

    assert refused.value.returncode == 2
