"""Which records a refusal is about, where kintone gives no index but names a value.

GAIA_LO04 (no such record in a lookup's source) names field and value, GAIA_IL26 and GAIA_IL28 (no
such user, organisation or group) the code, GAIA_RE01 the record's number; each only the first that
it met (kintone-api.md §4.2). Every record that sends the same is certain to be refused alike.

kintone's sentences differ by language and may change, and not all of them quote. So the value
itself is looked for, as a word of its own; for a lookup also the code of the field that sends it.
Of several values that are found, one is in the message by chance: "C-1-2" is meant rather than the
"C-1" in it, and what is quoted rather than what is not. Where two are left, nobody is blamed, and
the batch is halved until they are apart: nobody is set aside for what another record sends.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from integrations.kintone.errors import FieldRefusal, KintoneError
from integrations.kintone.values import JsonValue
from jobs.engine.values import Sendable

#: What stands in quotation marks, or behind a colon in parentheses: （code：sato）.
_QUOTED = re.compile(r"[「『“‘\"'](.+?)[」』”’\"']|[:：]\s*(.+?)\s*[)）]")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Word:
    """A value that a record sends."""

    value: str
    field: str = ""
    """Own code of the field that sends it, where the message has to have this as well."""

    @property
    def parts(self) -> tuple[str, ...]:
        return (self.value, self.field) if self.field else (self.value,)

    def is_quoted(self, quotes: set[str]) -> bool:
        return quotes.issuperset(self.parts)

    def is_within(self, other: "_Word") -> bool:
        """Whether the message has it only as a part of what another record sends."""
        return self != other and all(
            mine in its for mine, its in zip(self.parts, other.parts, strict=True)
        )


def named_by_message(
    part: Sequence[Sendable], error: KintoneError
) -> dict[int, tuple[FieldRefusal, ...]]:
    """Index in `part` → what is wrong with that record; empty where the message names none.

    Returns only what is certain: these records would be refused again, whatever goes with them.
    """
    said = error.message
    found = [dict(_words_of(sendable, code=error.code, said=said)) for sendable in part]
    meant = _meant({word for words in found for word in words}, said=said)
    return {
        index: (FieldRefusal(field=words[meant], message=said),)
        for index, words in enumerate(found)
        if meant is not None and meant in words
    }


def _words_of(sendable: Sendable, *, code: str, said: str) -> Iterator[tuple[_Word, str]]:
    """What of this record's the message may mean, each with the field to blame (its path)."""
    for word, path in _sent(sendable, code=code):
        if all(_has_word(said, part) for part in word.parts):
            yield word, path


def _sent(sendable: Sendable, *, code: str) -> Iterator[tuple[_Word, str]]:
    """What a message of this code may name of the record."""
    match code:
        case "GAIA_LO04":
            for path, field, value in _values(sendable.payload.record):
                if isinstance(value, str):
                    yield _Word(value=value, field=field), path
        case "GAIA_IL26" | "GAIA_IL28":
            for path, _, value in _values(sendable.payload.record):
                for person in _people(value):
                    yield _Word(value=person), path
        case "GAIA_RE01":
            if sendable.changes_key and sendable.known is not None:
                yield _Word(value=str(sendable.known.record_id)), ""


def _meant(words: Collection[_Word], *, said: str) -> _Word | None:
    """The one of these words that the message is about; None if that is not certain."""
    whole = [word for word in words if not any(word.is_within(other) for other in words)]
    quotes = {first or second for first, second in _QUOTED.findall(said)}
    likely = [word for word in whole if word.is_quoted(quotes)] or whole
    return likely[0] if len(likely) == 1 else None


def _values(record: Mapping[str, JsonValue]) -> Iterator[tuple[str, str, JsonValue]]:
    """What the record sends: path (`FIELD`, `TABLE.COLUMN`), own field code, value."""
    for code, value in record.items():
        yield code, code, value
        for row in _elements(value):
            cells = row.get("value")
            for column, cell in cells.items() if isinstance(cells, Mapping) else ():
                if isinstance(cell, Mapping):
                    yield f"{code}.{column}", column, cell.get("value")


def _people(value: JsonValue) -> Iterator[str]:
    """The codes of the users, organisations or groups that the value names."""
    for one in _elements(value):
        if isinstance(one.get("code"), str):
            yield str(one["code"])


def _elements(value: JsonValue) -> Iterator[Mapping[str, JsonValue]]:
    if isinstance(value, Sequence) and not isinstance(value, str):
        yield from (one for one in value if isinstance(one, Mapping))


def _has_word(said: str, word: str) -> bool:
    """Whether the message has the word, and not as a part of a longer one."""
    if not word or word not in said:  # almost always
        return False
    return re.search(rf"(?<!\w){re.escape(word)}(?!\w)", said) is not None
