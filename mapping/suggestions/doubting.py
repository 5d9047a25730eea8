"""What a person should look at before a pair is taken, by its kinds and its sample values."""

from collections.abc import Mapping
from typing import Final

from integrations.kintone.form import FieldType
from mapping.suggestions.proposals import Doubt, Source, Target
from mapping.suggestions.values import Tried

#: What a fit's note (`mapping.converters.matrix`) means here.
_BY_NOTE: Final[Mapping[str, Doubt]] = {
    "flag_words": Doubt.FLAG_WORDS,
    "flag_number": Doubt.FLAG_WORDS,
    "flag_needs_values": Doubt.FLAG_NEEDS_VALUES,
    "joined": Doubt.JOINED,
    "only_one": Doubt.JOINED,
    "one_a_line": Doubt.JOINED,
    "markup": Doubt.MAY_LOSE,
    "time_of_day": Doubt.MAY_LOSE,
    "day": Doubt.MAY_LOSE,
}
#: Conversions of text that succeed or not: only values tell.
_READ_FROM_TEXT: Final = frozenset(("number_text", "date_text", "time_text", "datetime_text"))
#: More digits than a kintone number takes unless the app's settings say otherwise.
_THIRTEEN_DIGITS: Final = frozenset(("corporate_number", "company.corporate_number"))


def doubts_of(source: Source, target: Target, *, note: str, outcome: Tried) -> tuple[Doubt, ...]:
    """What stands against the pair, apart from its words."""
    return (*_of_values(note=note, outcome=outcome), *_of_kinds(source, target, note=note))


def _of_kinds(source: Source, target: Target, *, note: str) -> list[Doubt]:
    found = [Doubt.TABLE_REPLACED] if target.table else []
    if note in _BY_NOTE:
        found.append(_BY_NOTE[note])
    if source.key in _THIRTEEN_DIGITS and target.field.type is FieldType.NUMBER:
        found.append(Doubt.THIRTEEN_DIGITS)
    return found


def _of_values(*, note: str, outcome: Tried) -> list[Doubt]:
    found = []
    if outcome.refused:
        all_of_them = outcome.refused == outcome.filled
        found.append(Doubt.ALL_REFUSED if all_of_them else Doubt.SOME_REFUSED)
    if outcome.is_never_filled:
        found.append(Doubt.ALL_EMPTY)
    if note == "line_breaks" and (outcome.has_line_breaks or not outcome.filled):
        found.append(Doubt.MAY_LOSE)
    if note in _READ_FROM_TEXT and not outcome.filled:
        found.append(Doubt.UNTRIED)
    return found
