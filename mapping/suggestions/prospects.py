"""Which fields an item may go into at all, told by their words: what need not be looked at closer.

With a hundred items and two hundred fields nearly all pairs are none; they are left out here,
before anything is read, converted or scored.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from common.types import RecordType
from mapping.suggestions.lexicon import folded
from mapping.suggestions.meanings import meaning_of_item
from mapping.suggestions.proposals import Source, Target
from mapping.suggestions.values import CHOICE_KINDS, OPTION_TYPES
from mapping.suggestions.words import Words

_NAME: Final = frozenset(("name",))


@dataclass(frozen=True, slots=True, kw_only=True)
class Prospect:
    """A field with what it says, ready to be held against many items."""

    target: Target
    says: tuple[tuple[frozenset[str], str], ...]
    """What label and code say that the value is, and what no word explains."""
    texts: frozenset[str]
    """Both as they are compared."""
    by_options: bool
    """Whether its options may tell, since its label does not."""

    @classmethod
    def of(cls, target: Target, *, words: Words) -> "Prospect":
        """The field with these words."""
        return cls(
            target=target,
            says=tuple((one.attributes, one.rest) for one in (words.label, words.code) if one),
            texts=frozenset((folded(target.label), folded(target.field.code))),
            by_options=target.field.type in OPTION_TYPES and words.label.says_nothing,
        )


def may_take(
    source: Source, prospects: Iterable[Prospect], *, record_type: RecordType
) -> Iterator[Target]:
    """The fields that may be meant: all that `pair` could make a pair of, and few others."""
    item = meaning_of_item(source.key, source.label, record_type=record_type)
    label = folded(source.label)
    is_choice = source.kind in CHOICE_KINDS
    meant = (item.what, item.what ^ _NAME)
    for one in prospects:
        if label in one.texts or (is_choice and one.by_options):
            yield one.target
            continue
        for attributes, rest in one.says:
            # As `mapping.suggestions.meanings.match` would have it at least. It takes a name for
            # meant where only whose it is was said: 担当者 is 担当者名.
            if attributes in meant and (not item.rest or item.rest == rest):
                yield one.target
                break
