"""Which item each column of a CSV fills: by its heading, or as somebody said."""

import hashlib
import json
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from typing import Final

from django.utils.translation import gettext as _

from common.types import RecordType
from common.wording import listed
from crm.catalogue import UnknownItemError, items_by_key
from crm.importing.encoding import CsvError
from crm.importing.files import Matching
from crm.importing.results import without_added
from crm.models import ColumnMatch
from crm.writing import key_items

_USUAL_KEYS: Final = ("external_id", "id", "corporate_number", "email", "name")


def suggest(record_type: RecordType, headings: Sequence[str]) -> dict[str, str]:
    """Item key → heading, for headings that are an item's key or label, whatever their width.

    Where two headings mean one item, the first is taken; a heading that comes twice is left out.
    """
    names = _names(record_type)
    found: dict[str, str] = {}
    for heading in without_added(headings):
        key = names.get(fold_heading(heading))
        if key and headings.count(heading) == 1:
            found.setdefault(key, heading)
    return found


def usual_key(record_type: RecordType, matched: Collection[str]) -> str:
    """What rows are found by where nobody said: the first usual key that has a column."""
    possible = key_items(record_type)
    usual = [key for key in _USUAL_KEYS if key in possible]
    return next((key for key in usual if key in matched), usual[0])


def unattended(record_type: RecordType, headings: Sequence[str]) -> Matching:
    """How a file is read that nobody looks at: as one with these headings was, else by them."""
    kept = recall(record_type, headings)
    suggested = suggest(record_type, headings)
    if kept is None:
        return Matching(key=usual_key(record_type, suggested), columns={})
    return Matching(key=kept.key, columns={**dict.fromkeys(suggested), **kept.columns})


def place(
    record_type: RecordType,
    headings: Sequence[str],
    *,
    key: str,
    columns: Mapping[str, str | None] | None = None,
) -> dict[str, int]:
    """Item key → position of its column; columns that fit no item are left out.

    Args:
        key: The item that rows are found by; it needs a column.
        columns: Item key → heading where the headings alone don't tell; None for an item that shall
            not be filled though a heading fits.

    Raises:
        CsvError: a heading that is named is missing or comes twice, or the key has no column.
        UnknownItemError: `columns` names an item that is not there, or that nobody may fill.
    """
    given = columns or {}
    _refuse_unknown(record_type, given, key=key)
    placed = {item: _position(headings, heading) for item, heading in given.items() if heading}
    taken = set(placed.values())
    for heading, item in _fitting(record_type, headings, key=key):
        position = headings.index(heading)
        if item in given or position in taken:
            continue
        if item in placed or headings.count(heading) > 1:
            raise CsvError(
                _("「%(heading)s」に当たる列が2つ以上あります。1つにしてください。")
                % {"heading": heading},
                line=1,
            )
        placed[item] = position
    if key not in placed:
        item_label = items_by_key(record_type)[key].label
        raise CsvError(
            _(
                "キーになる「%(item)s」（%(key)s）の列がありません。"
                "見出しを確かめるか、どの列がこの項目かを指定してください。"
            )
            % {"item": item_label, "key": key},
            line=1,
        )
    return placed


def remember(
    record_type: RecordType, headings: Sequence[str], *, columns: Mapping[str, str], key: str
) -> None:
    """Keep which item each column filled, for the next file with the same headings."""
    ColumnMatch.objects.update_or_create(
        record_type=record_type,
        heading_digest=_digest(headings),
        defaults={"columns": dict(columns), "key": key},
    )


def recall(record_type: RecordType, headings: Sequence[str]) -> ColumnMatch | None:
    """What was kept for a file with these headings; None if there was none."""
    kept = ColumnMatch.objects.filter(record_type=record_type, heading_digest=_digest(headings))
    return kept.first()


def _fitting(
    record_type: RecordType, headings: Sequence[str], *, key: str
) -> list[tuple[str, str]]:
    """(heading, item key) of every column whose heading means an item; `id` only as a key."""
    names = _names(record_type)
    if key == "id":
        item = items_by_key(record_type)["id"]
        names |= {fold_heading(name): "id" for name in ("id", item.label_ja, item.label_en)}
    found = ((heading, names.get(fold_heading(heading))) for heading in without_added(headings))
    return [(heading, item_key) for heading, item_key in found if item_key]


def _names(record_type: RecordType) -> dict[str, str]:
    """Folded key and labels → key, of items that may be filled; standard items come first."""
    names: dict[str, str] = {}
    items = [item for item in items_by_key(record_type).values() if item.writable]
    for item in items:
        names.setdefault(fold_heading(item.key), item.key)
    for item in items:
        names.setdefault(fold_heading(item.label_ja), item.key)
        names.setdefault(fold_heading(item.label_en), item.key)
    return names


def _refuse_unknown(record_type: RecordType, given: Mapping[str, str | None], *, key: str) -> None:
    items = items_by_key(record_type)
    for item_key in (*given, key):
        item = items.get(item_key)
        if item is None or not (item.writable or item_key == key):
            raise UnknownItemError(record_type, item_key)


def _position(headings: Sequence[str], heading: str) -> int:
    wanted = fold_heading(heading)
    exact = [index for index, found in enumerate(headings) if found == heading.strip()]
    places = exact or [
        index for index, found in enumerate(headings) if fold_heading(found) == wanted
    ]
    if len(places) == 1:
        return places[0]
    if places:
        message = _("見出し「%(heading)s」の列が%(count)sつあります。1つにしてください。")
        raise CsvError(message % {"heading": heading, "count": len(places)}, line=1)
    message = _("見出し「%(heading)s」の列がありません。ファイルの見出し：%(headings)s")
    raise CsvError(message % {"heading": heading, "headings": listed(headings)}, line=1)


def fold_heading(text: str) -> str:
    """The text without regard to width, case and blanks."""
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


def _digest(headings: Sequence[str]) -> str:
    # The refused lines of a file are matched as the file was.
    kept = list(without_added(headings))
    return hashlib.sha256(json.dumps(kept).encode()).hexdigest()
