"""Leaving out pairs early leaves out none that would have been one."""

import pytest

from common.types import RecordType
from crm import catalogue
from mapping.suggestions.pairs import pair
from mapping.suggestions.proposals import Source, Target
from mapping.suggestions.prospects import Prospect, may_take
from mapping.suggestions.vocabulary import ATTRIBUTES, COMPOUNDS, OTHERS, SUBJECTS, WHOLES
from mapping.suggestions.words import words_of_all
from tests.builders_mapping import make_form

WORDS = [
    word.partition(":")[0]
    for table in (SUBJECTS, ATTRIBUTES, COMPOUNDS, WHOLES)
    for words in table.values()
    for word in words.split()
]
LABELS = [
    *WORDS,
    *(f"{subject}{what}" for subject in ("会社", "担当者", "部署", "親") for what in WORDS[::3]),
    *(f"{other.partition(':')[0]}住所" for other in OTHERS.split()),
    *("契約番号1", "与信限度額", "ランク区分", "フォロー担当", "欄2", "？"),
]
TYPES = ("SINGLE_LINE_TEXT", "DROP_DOWN", "USER_SELECT", "NUMBER", "DATE")


@pytest.mark.parametrize("record_type", list(RecordType))
def test_every_pair_is_among_those_that_are_looked_at(record_type):
    fields = {
        f"f{number}_{code}": {"type": TYPES[number % len(TYPES)], "label": label, "options": ["A"]}
        for number, (label, code) in enumerate(zip(LABELS, [*reversed(LABELS)], strict=True))
    }
    targets = [
        Target(path=code, table="", table_label="", field=field)
        for code, field in make_form(fields).fields.items()
    ]
    words = words_of_all(targets, record_type=record_type)
    prospects = [Prospect.of(target, words=words[target.path]) for target in targets]
    found = looked_at = 0
    for item in catalogue.standard_items_of(record_type):
        source = Source(key=item.key, label=item.label_ja, kind=item.kind)
        near = {one.path for one in may_take(source, prospects, record_type=record_type)}
        looked_at += len(near)
        for target in targets:
            if target.path in near:
                continue
            one = pair(source, target, words=words[target.path], values=(), record_type=record_type)
            found += one is not None

    assert found == 0
    assert 0 < looked_at < len(targets) * 10
