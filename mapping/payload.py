"""One source record in kintone's form, with the digest by which it is compared."""

import hashlib
from dataclasses import dataclass

import orjson

from integrations.kintone.values import Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Payload:
    """What would be sent for one record.

    `record` leaves the key field out. `digest` is of key and record in canonical form, normalised
    as kintone normalises (seconds cut, numbers as decimals, keys sorted).
    """

    key: str
    claim: str
    """The key as kintone compares it: numbers by value ("5.0" → "5"), text exactly."""
    record: Record
    digest: str


def digest_of(key: str, record: Record) -> str:
    """SHA-256, as 64 hexadecimal digits, of the canonical JSON of key and record."""
    canonical = orjson.dumps({"key": key, "record": record}, option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(canonical).hexdigest()
