"""What two rows have in common that are likely the same: values without regard to how they are
written. Kept in columns of the rows, so that duplicates are found by the database alone."""

import re
import unicodedata
from collections.abc import Mapping
from typing import Any, Final

from crm.models import Company, Lead
from crm.writing.checks import short_name

#: Shorter ones are extensions or cut off.
_SHORTEST_NUMBER: Final = 9
_ZIP_DIGITS: Final = 7
#: A number block of an address: 1丁目2番地3号, 1-2-3, 1番3.
_BLOCKS: Final = re.compile(r"(?<=\d)(?:丁目|番地の?|番|号|の|ー)")
_NO_LETTER: Final = re.compile(r"[\W_]+")


def likeness(row: Any) -> Mapping[str, str]:
    """Column → what it has to hold; nothing for departments, whose path says it."""
    if isinstance(row, Company):
        return {
            "match_name": _name(row.name),
            "match_tel": _number(row.main_tel, shortest=_SHORTEST_NUMBER),
            "match_zip": _number(row.zip, shortest=_ZIP_DIGITS)[:100],
            "match_address": _address(row.pref, row.address),
        }
    if isinstance(row, Lead):
        return {
            "match_name": _folded(row.family_name + row.first_name)[:255],
            "match_email": unicodedata.normalize("NFKC", row.email).strip().casefold()[:200],
        }
    return {}


def _name(name: str) -> str:
    """The company's name without legal form, width, case, blanks and signs."""
    plain = " ".join(unicodedata.normalize("NFKC", name).split())
    return (_folded(short_name(plain)) or _folded(plain))[:255]


def _number(text: str, *, shortest: int) -> str:
    digits = "".join(one for one in unicodedata.normalize("NFKC", text) if one.isdecimal())
    return digits if len(digits) >= shortest else ""


def _address(pref: str, address: str) -> str:
    """Prefecture and address; one that names no number, as a town alone, says too little."""
    plain = unicodedata.normalize("NFKC", address).strip()
    if not any(one.isdecimal() for one in plain):
        return ""
    whole = plain if plain.startswith(pref) else pref + plain
    blocks = _BLOCKS.sub("-", whole)
    return _NO_LETTER.sub("-", blocks).strip("-").casefold()[:400]


def _folded(text: str) -> str:
    return _NO_LETTER.sub("", unicodedata.normalize("NFKC", text)).casefold()
