"""The field catalogue: the only place that lists what can be mapped, per record type."""

from collections.abc import Mapping, Sequence
from typing import Final

from common.types import RecordType
from crm.catalogue import company as catalogue_company
from crm.catalogue import department as catalogue_department
from crm.catalogue import lead as catalogue_lead
from crm.catalogue.custom import as_item
from crm.catalogue.items import Item, Parent
from crm.models import CustomItem

__all__ = [
    "Item",
    "Parent",
    "UnknownItemError",
    "item",
    "items_by_key",
    "items_of",
    "parents_by_item",
    "standard_items_of",
]

_STANDARD: Final[Mapping[RecordType, Sequence[Item]]] = {
    RecordType.COMPANY: catalogue_company.ITEMS,
    RecordType.DEPARTMENT: catalogue_department.ITEMS,
    RecordType.LEAD: catalogue_lead.ITEMS,
}


class UnknownItemError(LookupError):
    """There is no such item of that record type; `key` is the one that was asked for."""

    def __init__(self, record_type: RecordType, key: str) -> None:
        super().__init__(f"{record_type} has no item {key!r}")
        self.record_type = record_type
        self.key = key


def standard_items_of(record_type: RecordType) -> Sequence[Item]:
    """The items that every installation has."""
    return _STANDARD[record_type]


def items_of(record_type: RecordType) -> Sequence[Item]:
    """Every item of the type, standard ones first, custom ones (from the database) last."""
    definitions = CustomItem.objects.filter(record_type=record_type).order_by("id")
    return (*_STANDARD[record_type], *map(as_item, definitions))


def items_by_key(record_type: RecordType) -> Mapping[str, Item]:
    """Item key → item, in the order of `items_of`."""
    return {entry.key: entry for entry in items_of(record_type)}


def parents_by_item(record_type: RecordType) -> Mapping[str, Parent]:
    """Item key → the source row whose value it is, of items that show one that the row belongs to.

    A lead belongs to a company and a department, a department to a company and its own parent.
    """
    return {item.key: item.parent for item in _STANDARD[record_type] if item.parent is not None}


def item(record_type: RecordType, key: str) -> Item:
    """The item of that key.

    Raises:
        UnknownItemError: there is none.
    """
    found = items_by_key(record_type).get(key)
    if found is None:
        raise UnknownItemError(record_type, key)
    return found
