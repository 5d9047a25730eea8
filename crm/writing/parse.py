"""An incoming row taken apart: columns, custom values, names of other rows, problems."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from django.utils.translation import gettext as _

from common.types import ItemValue, Kind, RecordType
from crm.catalogue import UnknownItemError
from crm.catalogue.custom import PREFIX, as_stored
from crm.catalogue.items import Item
from crm.catalogue.lead import VISIBILITY_NAMES
from crm.models import Lead
from crm.writing.results import IncomingRow, RowProblem
from crm.writing.values import RawValue, ValueRefusedError, read

#: Items that name another row instead of holding a value.
REFERENCES: Final = frozenset(
    {
        "company.external_id",
        "company.corporate_number",
        "company.name",
        "department.external_id",
        "parent.external_id",
        "owner.email",
        "owner.name",
    }
)

#: 緯度 and 経度 have at most this many decimals (hotprofile.md A2).
DECIMALS: Final = 14

_VISIBILITIES: Final[Mapping[str, str]] = {
    **{str(value): str(value) for value in Lead.Visibility.values},
    **{name: str(value) for value, name in VISIBILITY_NAMES.items()},
    "全体公開": Lead.Visibility.EVERYONE.value,
    "非公開": Lead.Visibility.OWNER.value,
    "": Lead.Visibility.EVERYONE.value,
}


@dataclass(slots=True, kw_only=True)
class ParsedRow:
    """One incoming row, read by the catalogue."""

    key: Any = None
    columns: dict[str, Any] = field(default_factory=dict)
    custom: dict[str, Any] = field(default_factory=dict)
    """Custom key → stored form; None clears."""
    references: dict[str, str] = field(default_factory=dict)
    groups: tuple[str, ...] | None = None
    problems: list[RowProblem] = field(default_factory=list)


def parse(
    row: IncomingRow, *, record_type: RecordType, items: Mapping[str, Item], key: str | None
) -> ParsedRow:
    """The row taken apart; values that do not fit are named in `problems`.

    Raises:
        UnknownItemError: it holds an item that is not there, or that nobody may fill.
    """
    parsed = ParsedRow()
    for item_key, raw in row.items():
        item = items.get(item_key)
        if item is None or not (item.writable or item_key == key):
            raise UnknownItemError(record_type, item_key)
        try:
            value = read(item, raw)
            if item_key == key:
                parsed.key = value
            if item.writable:
                _place(parsed, item, value)
        except ValueRefusedError as error:
            parsed.problems.append(problem(item, str(error)))
    if key is not None and not parsed.problems and not parsed.key:
        parsed.problems.append(problem(items[key], _("キーになる項目が空です。")))
    return parsed


def problem(item: Item, reason: str, *, waits: bool = False) -> RowProblem:
    """That reason, at that item."""
    return RowProblem(item=item.key, label=item.label, reason=reason, waits=waits)


def key_value(item: Item, raw: RawValue) -> ItemValue:
    """What a row is found by; None if the value does not fit the item."""
    try:
        return read(item, raw)
    except ValueRefusedError:
        return None


def _place(parsed: ParsedRow, item: Item, value: ItemValue) -> None:
    if item.key in REFERENCES:
        parsed.references[item.key] = str(value)
    elif item.key.startswith(PREFIX):
        parsed.custom[item.key.removeprefix(PREFIX)] = as_stored(value)
    elif item.key == "groups":
        assert isinstance(value, tuple)
        parsed.groups = tuple(str(name) for name in value)
    else:
        parsed.columns[item.key] = _stored(item, value)


def _stored(item: Item, value: ItemValue) -> Any:
    """The value as its column keeps it."""
    if item.key == "external_id":
        return value or None
    if item.key == "visibility":
        return _visibility(str(value))
    if item.kind is Kind.NUMBER:
        return _degrees(value) if isinstance(value, Decimal) else ""
    return list(value) if isinstance(value, tuple) else value


def _degrees(value: Decimal) -> str:
    if abs(value) > 180:
        raise ValueRefusedError(_("緯度・経度は-180から180の間にしてください。"))
    rounded = round(value, DECIMALS)
    return f"{rounded.normalize():f}" if rounded else "0"


def _visibility(name: str) -> str:
    found = _VISIBILITIES.get(name)
    if found is None:
        raise ValueRefusedError(
            _(
                "「%(value)s」という公開範囲はありません。全体・グループ・営業担当者のみから選んでください。"
            )
            % {"value": name}
        )
    return found
