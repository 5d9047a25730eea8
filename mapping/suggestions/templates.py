"""A template for a field that no single item fills: 部署・役職 ← "{department.name} {post}"."""

from collections.abc import Sequence
from typing import Final

from common.types import Kind, RecordType
from integrations.kintone.form import FieldType
from mapping.converters import is_multiple
from mapping.rulespec import RuleSpec
from mapping.suggestions.meanings import Match, match
from mapping.suggestions.proposals import Doubt, Source, Suggestion, Target, Why
from mapping.suggestions.reading import Reading, parts_of
from mapping.suggestions.words import Words

_TEXTS: Final = (FieldType.SINGLE_LINE_TEXT, FieldType.MULTI_LINE_TEXT)
#: What is written without a blank between.
_JOINED: Final = frozenset((("pref", "address"),))
#: A whole that is often kept in two parts.
_PARTS: Final = {
    frozenset(("name",)): (frozenset(("family",)), frozenset(("first",))),
    frozenset(("kana",)): (frozenset(("family", "kana")), frozenset(("first", "kana"))),
}


def template_for(
    target: Target, *, items: Sequence[Source], words: Words, record_type: RecordType
) -> Suggestion | None:
    """The template that a person might write for the field; None if there is none.

    It is never ticked by itself: one item into one field is the rule.
    """
    if target.field.type not in _TEXTS or target.field.is_lookup or target.table:
        return None
    for parts in filter(None, (parts_of(target.label), _whole_in_parts(words.label))):
        sources = [
            source
            for source in items
            if not is_multiple(source.kind) and source.kind is not Kind.FLAG
        ]
        found = [_clearest(part, sources, record_type=record_type) for part in parts]
        keys = [source.key for source in found if source is not None]
        if len(keys) == len(found) == len(set(keys)) > 1:
            return _suggestion(target, keys, parts=parts)
    return None


def _whole_in_parts(says: Reading) -> list[Reading]:
    """Family and first name of a name."""
    if says.rest or says.attributes not in _PARTS:
        return []
    return [
        Reading(subjects=says.subjects, attributes=part, rest="", unexplained=0.0, is_other=False)
        for part in _PARTS[says.attributes]
    ]


def _clearest(
    says: Reading, sources: Sequence[Source], *, record_type: RecordType
) -> Source | None:
    """The item that is clearly meant."""
    best: tuple[Match, Source] | None = None
    for source in sources:
        one = match(
            source.key, source.label, says=says, text="", is_user=False, record_type=record_type
        )
        if one and one.is_clear and (best is None or one.score > best[0].score):
            best = (one, source)
    return best[1] if best else None


def _suggestion(target: Target, keys: Sequence[str], *, parts: Sequence[Reading]) -> Suggestion:
    what = tuple("".join(part.attributes) for part in parts)
    between = "" if what in _JOINED else " "
    template = between.join(f"{{{key}}}" for key in keys)
    return Suggestion(
        rule=RuleSpec(field=target.field.code, template=template),
        path=target.path,
        score=0.7,
        whys=(Why.PARTS,),
        doubts=(Doubt.TEMPLATE,),
    )
