"""One item beside one field: how well they go together, and what speaks for and against it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from common.types import ItemValues, Kind, RecordType
from integrations.kintone.form import FieldType
from mapping.converters import Verdict
from mapping.suggestions import values as sample_values
from mapping.suggestions.doubting import doubts_of
from mapping.suggestions.lexicon import folded
from mapping.suggestions.meanings import LEAST, Match, match
from mapping.suggestions.proposals import Doubt, Source, Target, Why
from mapping.suggestions.reading import Reading
from mapping.suggestions.values import (
    CHOICE_KINDS,
    OPTION_TYPES,
    Tried,
    fit_of,
    goes_into_tables,
    tried,
)
from mapping.suggestions.vocabulary import VAGUE
from mapping.suggestions.words import Words

_LONG_KINDS: Final = frozenset((Kind.LONG_TEXT, Kind.RICH_TEXT))
_LONG_TYPES: Final = frozenset((FieldType.MULTI_LINE_TEXT, FieldType.RICH_TEXT))
#: What can hold an ID.
_ID_TYPES: Final = frozenset((FieldType.SINGLE_LINE_TEXT, FieldType.NUMBER))
_BY_VERDICT: Final[Mapping[Verdict, float]] = {
    Verdict.FITS: 1.0,
    Verdict.CONVERTS: 0.98,
    Verdict.MAY_LOSE: 0.9,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """An item and a field that go together."""

    source: Source
    target: Target
    score: float
    whys: tuple[Why, ...]
    doubts: tuple[Doubt, ...]


def pair(
    source: Source,
    target: Target,
    *,
    words: Words,
    values: Sequence[ItemValues],
    record_type: RecordType,
) -> Pair | None:
    """The item beside the field; None where no person would choose it."""
    field = target.field
    in_table = bool(target.table)
    found = fit_of(source.kind, field, in_table=in_table)
    if not found.possible or found.note == "login_text":
        return None
    if words.label.attributes == {"id"} and field.type not in _ID_TYPES:
        return None
    if goes_into_tables(source.kind) != in_table and (in_table or source.kind is Kind.ROWS):
        return None
    matched, whys, doubts = _matched(source, target, words=words, record_type=record_type)
    if matched is None:
        matched = _by_options(source, target, words=words, values=values)
        if matched is None:
            return None
        whys, doubts = (Why.OPTIONS,), (Doubt.ONLY_OPTIONS,)
    outcome = tried(source.key, source.kind, field, in_table=in_table, values=values)
    score = matched.score * _BY_VERDICT[found.verdict] * _natural(source, target)
    if outcome.is_never_filled:
        score *= 0.7
    if outcome.filled:
        score *= 1 - 0.4 * outcome.refused / outcome.filled
    if score < LEAST or _is_hopeless(outcome, matched, target):
        return None
    if outcome.filled and not outcome.refused:
        whys = (*whys, Why.VALUES_FIT)
    return Pair(
        source=source,
        target=target,
        score=score,
        whys=whys,
        doubts=(*doubts, *doubts_of(source, target, note=found.note, outcome=outcome)),
    )


def _matched(
    source: Source, target: Target, *, words: Words, record_type: RecordType
) -> tuple[Match | None, tuple[Why, ...], tuple[Doubt, ...]]:
    """By the label; by the code where the label says nothing."""

    def by(says: Reading, text: str) -> Match | None:
        return match(
            source.key,
            source.label,
            says=says,
            text=text,
            is_user=target.field.type is FieldType.USER_SELECT,
            record_type=record_type,
        )

    label = by(words.label, target.label)
    code = by(words.code, target.field.code) if words.code else None
    if label is None:
        if code is None or not code.is_clear or not _leaves_open(words.label, words.code):
            return None, (), ()
        return replace(code, score=code.score * 0.7), (Why.CODE,), (Doubt.ONLY_CODE,)
    same = folded(target.label) == folded(source.label)
    whys = (Why.SAME_LABEL if same else Why.LABEL, *words.whys)
    doubts = words.doubts if label.is_clear else (Doubt.NOT_ALL_READ, *words.doubts)
    if code is not None:
        return replace(label, score=label.score + 0.02), (*whys, Why.CODE), doubts
    if words.code and _contradicts(words.code, words.label):
        return label, whys, (*doubts, Doubt.CODE_DIFFERS)
    return label, whys, doubts


def _leaves_open(label: Reading, code: Reading | None) -> bool:
    """Whether the label may mean what the code says: it says nothing, or the same and more."""
    if label.says_nothing:
        return True
    agrees = code is not None and label.attributes == code.attributes
    return agrees and not label.is_other and bool(label.rest)


def _contradicts(code: Reading, label: Reading) -> bool:
    if code.is_other and not label.is_other:
        return True
    said = code.attributes - VAGUE
    return bool(said) and not said & label.attributes


def _by_options(
    source: Source, target: Target, *, words: Words, values: Sequence[ItemValues]
) -> Match | None:
    """A list of options that holds every value, where the label says nothing."""
    if target.field.type not in OPTION_TYPES or source.kind not in CHOICE_KINDS:
        return None
    if not words.label.says_nothing:
        return None
    if not sample_values.are_options(source.key, target.field, values=values):
        return None
    return Match(score=0.6, is_clear=False)


def _natural(source: Source, target: Target) -> float:
    """Options are for choices, several lines for memos; other kinds are rarely meant."""
    if target.field.type in _LONG_TYPES and source.kind not in _LONG_KINDS:
        return 0.97
    if target.field.type in OPTION_TYPES and source.kind not in CHOICE_KINDS:
        return 0.9
    return 1.0


def _is_hopeless(outcome: Tried, matched: Match, target: Target) -> bool:
    """Whether every value is refused; options can be added, and values replaced by a table."""
    if not outcome.filled or outcome.refused < outcome.filled:
        return False
    return target.field.type not in OPTION_TYPES or not matched.is_clear
