"""Which record and which field each key of CB_VA01's `errors` is about (kintone-api.md §4.2)."""

import re
from collections.abc import Mapping

from integrations.kintone.errors import FieldRefusal

#: `record`, `records[3]`, and what follows.
_RECORD = re.compile(r"(?:record|records\[(?P<index>\d+)\])(?P<rest>[.\[].*)?", re.DOTALL)

#: `[CODE]` or `.CODE`, perhaps after `.record`; then a table's row and column; then `.value`,
#: `.values`, `.values[j].value`. Field codes hold neither dots nor brackets.
_FIELD = re.compile(
    r"(?:\.record(?=\.[^.\[\]]+\.|\[))?"
    r"(?:\.(?P<dotted>[^.\[\]]+)|\[(?P<bracketed>[^.\[\]]+)\])"
    r"(?:\.value\[\d+\]\.value[.\[](?P<column>[^.\[\]]+)\]?)?"
    r"(?P<inside>\.values?(?:\[\d+\])?(?:\.value)?)?"
)


def parse_refusals(
    errors: Mapping[str, object], *, records: int, key_field: str
) -> dict[int, tuple[FieldRefusal, ...]]:
    """Index in the request → what is wrong with that record.

    Keys that concern no record of the request (`app`, `query`, …) are left out: they are about the
    request, not about its records.

    Args:
        records: How many records the request held.
        key_field: Field code of the update key, which kintone calls `updateKey`.
    """
    found: dict[int, list[FieldRefusal]] = {}
    for key, details in errors.items():
        place = _RECORD.fullmatch(key)
        if place is None or (index := int(place["index"] or 0)) >= records:
            continue
        field = _field(place["rest"] or "", key_field)
        refusals = found.setdefault(index, [])
        refusals += [
            refusal
            for message in _messages(details)
            if (refusal := FieldRefusal(field=field, message=message)) not in refusals
        ]
    return {index: tuple(refusals) for index, refusals in sorted(found.items())}


def _field(rest: str, key_field: str) -> str:
    """The field code in what follows the record; "" if it names a parameter, or nothing we know."""
    parts = _FIELD.fullmatch(rest)
    if parts is None:
        return ""
    code: str = parts["dotted"] or parts["bracketed"]
    if code == "updateKey":
        return key_field
    if parts["column"]:
        return f"{code}.{parts['column']}"
    # `records[0].id` is a parameter; `records[0].id.value` and `records[0].record[F]` are fields.
    return code if parts["inside"] or parts["bracketed"] else ""


def _messages(details: object) -> list[str]:
    """kintone's messages under one key; one empty message if it gives none."""
    given = details.get("messages") if isinstance(details, Mapping) else None
    return [str(message) for message in given] if isinstance(given, list) and given else [""]
