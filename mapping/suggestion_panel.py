"""The proposals for a mapping as the page shows them, each with its reasons and sample values."""

from collections.abc import Mapping as MappingOf
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.http import QueryDict

from common.types import ItemValues, Kind, RecordType
from crm.labels import kind_label
from integrations.kintone.form import Form
from mapping.columns import Column
from mapping.converters import ValueRefusedError
from mapping.drafts import Draft
from mapping.mappings import form_of
from mapping.models import Mapping
from mapping.options import Place, places_of
from mapping.rules import SourceItems, source_of, specs_of
from mapping.rulespec import RuleSpec
from mapping.samples import Sample, first_samples, newest_values, samples_of, template_samples
from mapping.suggestion_texts import doubt_text, why_text
from mapping.suggestions import Doubt, Source, Suggestion, Suggestions, suggest

#: Where a value is refused, it is the one to be seen.
_REFUSED: Final = frozenset((Doubt.SOME_REFUSED, Doubt.ALL_REFUSED))


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticks:
    """What a person ticked among the proposals that the page showed."""

    shown: frozenset[str] = frozenset()
    ticked: frozenset[str] = frozenset()

    @classmethod
    def of(cls, post: QueryDict) -> "Ticks":
        """The ticks as sent."""
        return cls(
            shown=frozenset((*post.getlist("suggestion"), *post.getlist("suggestion_key_shown"))),
            ticked=frozenset((*post.getlist("suggest"), *post.getlist("suggest_key"))),
        )

    def is_ticked(self, name: str, *, is_sure: bool) -> bool:
        """Whether the box is ticked: as the person left it, else if we are sure."""
        return name in self.ticked if name in self.shown else is_sure


@dataclass(frozen=True, slots=True, kw_only=True)
class SuggestionRow:
    """One proposal."""

    number: str
    place: Place
    rule: RuleSpec
    label: str
    """Of the item; of a template its text."""
    kind: str
    is_ticked: bool
    whys: tuple[str, ...]
    doubts: tuple[str, ...]
    samples: tuple[Sample, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRow:
    """The proposed update key."""

    place: Place
    name: str
    is_ticked: bool
    doubts: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """All proposals; open where there is something to be done with them at once."""

    count: int
    """How many there are, the update key counted in."""
    rows: tuple[SuggestionRow, ...]
    key: KeyRow | None
    is_told: bool
    """Whether they are on the page; else only how many there are."""
    is_open: bool

    def __bool__(self) -> bool:
        """Whether there are any."""
        return self.count > 0


def suggestions_of(mapping: Mapping) -> Suggestions:
    """What is proposed beside the mapping's stored rules; a fixed number of queries."""
    source = source_of(mapping)
    record_type = RecordType(mapping.record_type)
    return suggest(
        record_type=record_type,
        items=sources_of(source),
        form=form_of(mapping),
        rules=specs_of(mapping),
        update_key=mapping.update_key,
        values=newest_values(record_type, item_keys=[item.key for item in source.items]),
    )


def sources_of(source: SourceItems) -> tuple[Source, ...]:
    """The items as the suggestions want them."""
    return tuple(Source(key=item.key, label=item.label_ja, kind=item.kind) for item in source.items)


def panel_of(
    record_type: RecordType,
    *,
    draft: Draft,
    form: Form,
    source: SourceItems,
    values: Sequence[ItemValues],
    ticks: Ticks,
    is_asked_for: bool = False,
) -> Panel:
    """What is proposed beside the rules of the draft; told at once only to who begins or asks."""
    made = suggest(
        record_type=record_type,
        items=sources_of(source),
        form=form,
        rules=draft.specs,
        update_key=draft.update_key,
        values=values,
    )
    count = len(made.rules) + (made.key is not None)
    if draft.specs and not (is_asked_for or ticks.shown):
        return Panel(count=count, rows=(), key=None, is_told=False, is_open=False)
    places = {place.path: place for place in places_of(form)}
    rows = tuple(
        _row(str(number), each, places=places, source=source, values=values, ticks=ticks)
        for number, each in enumerate(made.rules)
    )
    # A new mapping begins with them; and what was ticked and not yet taken stays in sight.
    is_open = (
        is_asked_for or not draft.specs or bool(ticks.ticked & {row.place.path for row in rows})
    )
    return Panel(
        count=count,
        rows=rows,
        key=_key(made, places=places, ticks=ticks),
        is_told=True,
        is_open=is_open,
    )


def _row(
    number: str,
    each: Suggestion,
    *,
    places: MappingOf[str, Place],
    source: SourceItems,
    values: Sequence[ItemValues],
    ticks: Ticks,
) -> SuggestionRow:
    place = places[each.path]
    item = next((item for item in source.items if item.key == each.rule.source), None)
    return SuggestionRow(
        number=number,
        place=place,
        rule=each.rule,
        label=item.label if item else _in_words(each.rule.template, source=source),
        kind=kind_label(item.kind) if item else "",
        is_ticked=ticks.is_ticked(each.path, is_sure=each.is_sure),
        whys=tuple(map(why_text, each.whys)),
        doubts=tuple(map(doubt_text, each.doubts)),
        samples=_samples(each, place=place, source=source, values=values),
    )


def _in_words(template: str, *, source: SourceItems) -> str:
    """The template with the items' labels in its braces."""
    words = template
    for item in source.items:
        words = words.replace(f"{{{item.key}}}", f"{{{item.label}}}")
    return words


def _samples(
    each: Suggestion, *, place: Place, source: SourceItems, values: Sequence[ItemValues]
) -> tuple[Sample, ...]:
    rule = each.rule
    try:
        column = Column.of(rule, target=place.field, kinds=source.kinds)
    except ValueRefusedError:  # a value of its own only: proposals have none
        return ()
    if rule.template:
        return template_samples(column, values=values).shown
    kind: Kind = source.kinds[rule.source]
    if _REFUSED.isdisjoint(each.doubts):
        return first_samples(rule.source, kind=kind, column=column, values=values)
    return samples_of(rule.source, kind=kind, column=column, values=values).shown


def _key(made: Suggestions, *, places: MappingOf[str, Place], ticks: Ticks) -> KeyRow | None:
    if made.key is None:
        return None
    name = f"key:{made.key.path}"
    return KeyRow(
        place=places[made.key.path],
        name=name,
        is_ticked=ticks.is_ticked(name, is_sure=made.key.is_sure),
        doubts=tuple(map(doubt_text, made.key.doubts)),
    )
