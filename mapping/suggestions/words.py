"""What label and code of a field say, in the light of its lookup and of the other fields."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from common.types import RecordType
from mapping.suggestions.lexicon import folded
from mapping.suggestions.proposals import Doubt, Target, Why
from mapping.suggestions.reading import Reading, is_default_code, parts_of, read

_OWN_WORDS: Final[Mapping[RecordType, str]] = {
    RecordType.COMPANY: "会社",
    RecordType.DEPARTMENT: "部署",
    RecordType.LEAD: "リード",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What a field's label and code say."""

    label: Reading
    code: Reading | None
    """None where it says nothing of its own."""
    doubts: tuple[Doubt, ...] = ()
    whys: tuple[Why, ...] = ()


def words_of_all(targets: Sequence[Target], *, record_type: RecordType) -> dict[str, Words]:
    """Path → words, those of one field in the light of the others."""
    words = {target.path: _words_of(target) for target in targets}
    for noun in _own_nouns(targets, words=words):
        for target in targets:
            if noun in target.label:
                words[target.path] = _with_own_noun(target, noun, record_type=record_type)
    said = {each.label.attributes for each in words.values()}
    if frozenset(("family",)) not in said or frozenset(("first",)) in said:
        return words
    # Beside a field for the family name alone, 名前 is the first name.
    return {path: _as_first_name(each) for path, each in words.items()}


def _own_nouns(targets: Sequence[Target], *, words: Mapping[str, Words]) -> list[str]:
    """What the app calls its records: 施設 where 施設コード is a field that forbids duplicates."""
    labels = [words[target.path].label for target in targets if target.field.can_be_update_key]
    return [
        label.rest
        for label in labels
        if label.attributes == {"id"} and not label.is_other and len(label.rest) > 1
    ]


def _with_own_noun(target: Target, noun: str, *, record_type: RecordType) -> Words:
    """施設名 read as 会社名; that it means so is a guess."""
    label = read(target.label.replace(noun, _OWN_WORDS[record_type]))
    return Words(label=label, code=None, doubts=(Doubt.NOT_ALL_READ,))


def _as_first_name(words: Words) -> Words:
    label = words.label
    if label.attributes != {"name"} or label.subjects or label.rest:
        return words
    return replace(
        words,
        label=replace(label, attributes=frozenset(("first",))),
        doubts=(*words.doubts, Doubt.NOT_ALL_READ),
    )


def _words_of(target: Target) -> Words:
    """The target's words; of a lookup those of the field that it looks up."""
    label = read(target.label)
    if parts_of(target.label):
        return Words(label=replace(label, rest=target.label, is_other=True), code=None)
    if target.table and not label.subjects:
        label = replace(label, subjects=read(target.table_label).subjects)
    code = target.field.code
    is_silent = folded(code) == folded(target.label) or is_default_code(code)
    code_says = None if is_silent else read(code.rstrip("0123456789").rstrip("_"))
    if code_says is not None and code_says.says_nothing:
        code_says = None
    words = Words(label=label, code=code_says)
    return _of_lookup(words, target) if target.field.is_lookup else words


def _of_lookup(words: Words, target: Target) -> Words:
    """A lookup takes what the field looked up holds: 会社名 may want the company's ID."""
    lookup = target.field.lookup
    if lookup is None or not lookup.key_field:
        return replace(words, doubts=(Doubt.LOOKUP_UNSEEN,))
    key = read(lookup.key_field)
    if not key.attributes or key.rest or key.attributes == words.label.attributes:
        return words
    label = replace(
        words.label,
        attributes=key.attributes,
        subjects=words.label.subjects or key.subjects,
    )
    differs = bool(words.label.attributes)
    return Words(
        label=label,
        code=None,
        doubts=(Doubt.LOOKUP_KEY_DIFFERS,) if differs else (),
        whys=(Why.LOOKUP_KEY,),
    )
