"""Which records a refusal is about, where kintone gives no index but names a value.

GAIA_LO04 (no such record in a lookup's source) names field and value, GAIA_IL26 and GAIA_IL28 (no
such user, organisation or group) the code, GAIA_RE01 the record's number; each only the first that
it met (kintone-api.md §4.2). Every record that sends the same is certain to be refused alike.

kintone's sentences differ by language and may change. So the value itself is looked for, as a word
of its own; for a lookup also the code of the field that sends it.
"""

import re
from collections.abc import Iterator, Mapping, Sequence

from integrations.kintone.errors import FieldRefusal, KintoneError
from integrations.kintone.values import JsonValue
from jobs.engine.values import Sendable


def named_by_message(
    part: Sequence[Sendable], error: KintoneError
) -> dict[int, tuple[FieldRefusal, ...]]:
    """Index in `part` → what is wrong with that record; empty where the message names none.

    Returns only what is certain: these records would be refused again, whatever goes with them.
    """
    said = error.message
    named: dict[int, tuple[FieldRefusal, ...]] = {}
    for index, sendable in enumerate(part):
        field = _field_to_blame(sendable, code=error.code, said=said)
        if field is not None:
            named[index] = (FieldRefusal(field=field, message=said),)
    return named


def _field_to_blame(sendable: Sendable, *, code: str, said: str) -> str | None:
    """The field that the message is about, "" for the record itself; None if it is another's."""
    record = sendable.payload.record
    match code:
        case "GAIA_LO04":
            for path, field, value in _values(record):
                if isinstance(value, str) and _has_word(said, value) and _has_word(said, field):
                    return path
        case "GAIA_IL26" | "GAIA_IL28":
            for path, _, value in _values(record):
                if any(_has_word(said, person) for person in _people(value)):
                    return path
        case "GAIA_RE01":
            if sendable.changes_key and sendable.known is not None:  # sent by its id
                return "" if _has_word(said, str(sendable.known.record_id)) else None
    return None


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
    return bool(word) and re.search(rf"(?<!\w){re.escape(word)}(?!\w)", said) is not None
