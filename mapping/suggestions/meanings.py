"""How well what a field says is what an item means, by their words alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from common.types import RecordType
from mapping.suggestions.lexicon import folded
from mapping.suggestions.reading import Reading, read
from mapping.suggestions.vocabulary import CONTACT, OF_COMPANIES, OF_DEPARTMENTS, VAGUE

#: Words for the row itself.
_OWN: Final[Mapping[RecordType, frozenset[str]]] = {
    RecordType.COMPANY: frozenset(("company", "customer")),
    RecordType.DEPARTMENT: frozenset(("department", "unit")),
    RecordType.LEAD: frozenset(("person", "contact")),
}
#: Of several words for whose it is, the first counts: 取引先部署 is a department.
_WHOSE: Final = (
    "owner",
    "parent",
    "department",
    "person",
    "contact",
    "company",
    "customer",
    "unit",
)

#: Parts of item keys that say whose the value is.
_RELATIONS: Final = frozenset(("company", "parent", "department", "owner"))

#: Items that are rarely meant where another one says the same: hpsync's own numbers, where the row
#: has the ID of the system that it comes from.
_WEIGHTS: Final[Mapping[str, float]] = {
    "id": 0.85,
    "company.id": 0.85,
    "department.id": 0.85,
    "parent.id": 0.85,
}
#: From here on a match is one that a person would choose without thinking.
CLEAR: Final = 0.8
#: Below this nobody would choose the pair.
LEAST: Final = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """Whose value ("" is the row's own) and which; `rest` is what no word explains."""

    whose: str
    what: frozenset[str]
    rest: str = ""
    is_sure: bool = True
    """Whether whose it is was said, or need not be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """How well a field's words mean an item."""

    score: float
    """From `LEAST` to a little more than 1, where the words are the same letter by letter."""
    is_clear: bool
    """Whether every word is understood and nothing else is likely to be meant."""


def match(
    key: str,
    label: str,
    *,
    says: Reading,
    text: str,
    is_user: bool,
    record_type: RecordType,
) -> Match | None:
    """How well a field that `says` something means the item; None if it does not.

    Args:
        key: The item's key; `label` its Japanese label.
        text: The field's words as they are.
        is_user: Whether the field takes users: a person beside it is one of ours.
    """
    item = meaning_of_item(key, label, record_type=record_type)
    if says.attributes and item.what and says.attributes != item.what:
        return None
    is_same = folded(text) == folded(label) and key not in _WEIGHTS
    if is_same and item.rest:
        return Match(score=1.05, is_clear=True)
    best = Match(score=0.0, is_clear=False)
    for field in _meanings(says, record_type=record_type, is_user=is_user):
        score = _score(item, field, record_type=record_type) * _WEIGHTS.get(key, 1.0)
        if item.rest != field.rest:
            score *= _half_read(item, says)
        elif says.is_other and not item.rest:
            score = 0.0
        if not field.is_sure:
            score *= 0.75
        if score > best.score:
            # 基本契約日 may be another day than 契約日: what no word explains must be the same.
            is_clear = score >= CLEAR and item.rest == field.rest and not item.rest
            best = Match(score=score, is_clear=is_clear)
    if best.score < LEAST:
        return None
    return Match(score=best.score + 0.05, is_clear=best.is_clear) if is_same else best


def _half_read(item: Meaning, says: Reading) -> float:
    """What is left of a score where a part of the field's words is not understood."""
    if item.rest or says.is_other or (item.what <= VAGUE and not says.subjects):
        return 0.0
    if item.whose == "owner":
        return 0.6  # フォロー担当: there is one person of ours only
    return 1 - says.unexplained


@lru_cache(maxsize=4096)
def meaning_of_item(key: str, label: str, *, record_type: RecordType) -> Meaning:
    """What the item means: its key says whose it is where it belongs to another row."""
    says = read(label.rpartition("：")[2])
    relation, dot, name = key.partition(".")
    if key == "owner":
        return Meaning(whose="owner", what=frozenset())
    if key == "customer_id":
        return Meaning(whose="customer", what=frozenset(("id",)))
    if key in ("id", "external_id") or (dot and name in ("id", "external_id")):
        return Meaning(whose=_relation(relation if dot else ""), what=frozenset(("id",)))
    if dot and relation in {*_RELATIONS, "departments"}:
        return Meaning(whose=_relation(relation), what=says.attributes)
    whose = _whose(says.subjects, record_type=record_type)
    return Meaning(whose=whose, what=says.attributes, rest=says.rest)


def _relation(name: str) -> str:
    return "department" if name == "departments" else name


def _score(item: Meaning, field: Meaning, *, record_type: RecordType) -> float:
    """How well the two go together, their rests apart; 0 if they do not."""
    if item.whose == field.whose == "owner":
        return 1.0 if field.what - {"name"} == item.what - {"name"} else 0.0
    if item.what != field.what or not (field.what or field.rest):
        return 0.0
    if item.whose == field.whose:
        return 1.0
    if not field.whose and item.whose == "company":
        return 0.95 if item.what <= OF_COMPANIES else 0.0
    if not field.whose and item.whose == "department":
        return 0.95 if item.what <= OF_DEPARTMENTS else 0.0
    if field.whose == "company" and not item.whose and record_type is RecordType.LEAD:
        return 0.6 if item.what <= CONTACT else 0.0
    return 0.0


@lru_cache(maxsize=4096)
def _meanings(says: Reading, *, record_type: RecordType, is_user: bool) -> tuple[Meaning, ...]:
    """What a field may mean: more than one where its words leave it open."""
    subjects = says.subjects
    if is_user and "contact" in subjects and not says.is_other:
        subjects = frozenset(("owner",))
    whose = _whose(subjects, record_type=record_type)
    what = says.attributes
    if not what and whose not in ("owner", "") and not says.rest:
        what = frozenset(("name",))
    if not what and subjects & _OWN[record_type] and not says.rest:
        what = frozenset(("name",))
    found = [Meaning(whose=whose, what=what, rest=says.rest)]
    if whose == "customer":
        is_sure = record_type is RecordType.DEPARTMENT or bool(what & OF_COMPANIES)
        found.append(Meaning(whose="company", what=what, rest=says.rest, is_sure=is_sure))
        if record_type is RecordType.LEAD:
            found.append(Meaning(whose="", what=what, rest=says.rest, is_sure=False))
    return tuple(found)


def _whose(subjects: frozenset[str], *, record_type: RecordType) -> str:
    """Whose value it is, "" if the row's own."""
    for pair in (("parent", "company"), ("owner", "department")):
        if set(pair) <= subjects:
            return " ".join(pair)  # nobody of whom anything is known
    own = _OWN[record_type]
    if record_type is RecordType.DEPARTMENT and "department" in subjects:
        subjects = subjects - {"company", "customer"}
    return next((one for one in _WHOSE if one in subjects - own), "")
