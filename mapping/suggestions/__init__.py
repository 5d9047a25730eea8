"""Rules that a person would probably choose, from labels, codes, kinds and sample values.

Plain Python. `suggest` is all that others need; the words of reasons stand in
`mapping.suggestion_texts`, the score in docs/suggestions.md.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from common.types import ItemValues, RecordType
from integrations.kintone.form import FieldType, Form
from mapping.checks import path
from mapping.converters import unwritable
from mapping.rulespec import RuleSpec
from mapping.suggestions.assignment import best_pairs
from mapping.suggestions.keys import key_for
from mapping.suggestions.pairs import Pair, pair
from mapping.suggestions.proposals import (
    Doubt,
    KeySuggestion,
    Source,
    Suggestion,
    Suggestions,
    Target,
    Why,
)
from mapping.suggestions.prospects import Prospect, may_take
from mapping.suggestions.templates import template_for
from mapping.suggestions.words import Words, words_of_all

__all__ = [
    "Doubt",
    "KeySuggestion",
    "Source",
    "Suggestion",
    "Suggestions",
    "Why",
    "suggest",
]

#: A field that suits an item nearly as well as the one chosen makes the choice unsure.
_NEARLY: Final = 0.04


def suggest(
    *,
    record_type: RecordType,
    items: Sequence[Source],
    form: Form,
    rules: Sequence[RuleSpec],
    update_key: str,
    values: Sequence[ItemValues],
) -> Suggestions:
    """Rules and an update key for what `rules` do not fill yet; one item into one field.

    Args:
        rules: What is chosen already: neither their fields nor their items are proposed again.
        values: Some rows, newest first, to see what the fields would refuse; may be none.
    """
    filled = {path(rule) for rule in rules}
    used = {rule.source for rule in rules}
    targets = [target for target in _targets(form) if target.path not in filled]
    words = words_of_all(targets, record_type=record_type)
    pairs = _pairs(
        [source for source in items if source.key not in used],
        targets,
        words=words,
        values=values,
        record_type=record_type,
    )
    chosen = _chosen(pairs)
    order = {source.key: number for number, source in enumerate(items)}
    found = [_suggestion(each) for each in sorted(chosen, key=lambda one: order[one.source.key])]
    taken = {each.path for each in found}
    templates = [
        template_for(target, items=items, words=words[target.path], record_type=record_type)
        for target in targets
        if target.path not in taken
    ]
    proposed = (*found, *(template for template in templates if template is not None))
    key = None if update_key else key_for(form=form, rules=rules, proposed=proposed, values=values)
    return Suggestions(rules=proposed, key=key)


def _targets(form: Form) -> Iterator[Target]:
    """Every field that can be written, columns of tables after all others."""
    for field in form.fields.values():
        if not unwritable(field):
            yield Target(path=field.code, table="", table_label="", field=field)
    for table in form.fields.values():
        if table.type is not FieldType.SUBTABLE:
            continue
        for column in table.columns.values():
            if not unwritable(column):
                yield Target(
                    path=f"{table.code}.{column.code}",
                    table=table.code,
                    table_label=table.label or table.code,
                    field=column,
                )


def _pairs(
    sources: Iterable[Source],
    targets: Sequence[Target],
    *,
    words: Mapping[str, Words],
    values: Sequence[ItemValues],
    record_type: RecordType,
) -> dict[tuple[str, str], Pair]:
    """Item key and path → the pair, of those that somebody might choose."""
    found = {}
    prospects = [Prospect.of(target, words=words[target.path]) for target in targets]
    for source in sources:
        for target in may_take(source, prospects, record_type=record_type):
            one = pair(
                source,
                target,
                words=words[target.path],
                values=values,
                record_type=record_type,
            )
            if one is not None:
                found[source.key, target.path] = one
    return found


def _chosen(pairs: Mapping[tuple[str, str], Pair]) -> list[Pair]:
    """The best of them, one to one; unsure where another free field is nearly as good."""
    # Squared: one pair that is certain is worth more than two that are half likely.
    best = best_pairs({names: one.score**2 for names, one in pairs.items()})
    taken = set(best.values())
    by_item: dict[str, list[Pair]] = defaultdict(list)
    for (item, _), one in pairs.items():
        by_item[item].append(one)
    chosen = []
    for item, target in best.items():
        one = pairs[item, target]
        rivals = [
            other
            for other in by_item[item]
            if other.target.path not in taken and other.score >= one.score - _NEARLY
        ]
        chosen.append(_with_doubt(one, Doubt.SEVERAL_FIELDS) if rivals else one)
    return chosen


def _with_doubt(one: Pair, doubt: Doubt) -> Pair:
    return Pair(
        source=one.source,
        target=one.target,
        score=one.score,
        whys=one.whys,
        doubts=(*one.doubts, doubt),
    )


def _suggestion(one: Pair) -> Suggestion:
    rule = RuleSpec(field=one.target.field.code, table=one.target.table, source=one.source.key)
    return Suggestion(
        rule=rule, path=one.target.path, score=one.score, whys=one.whys, doubts=one.doubts
    )
