"""Definitions of カスタム項目: added, renamed, deleted. The rows' values are not touched."""

from common.types import Kind, RecordType
from crm.models import CustomItem


def add(record_type: RecordType, *, key: str, label: str, kind: Kind) -> CustomItem:
    """The new definition; values that rows kept under `key` from before are shown again."""
    return CustomItem.objects.create(record_type=record_type, key=key, label=label, kind=kind)


def rename(item: CustomItem, *, label: str) -> None:
    """Give `item` another name on screen; its key, and so every mapping of it, stays."""
    item.label = label
    item.save(update_fields=["label"])


def lengthen(item: CustomItem) -> None:
    """Let an item of one line take several: what its rows hold stays as it is."""
    item.kind = Kind.LONG_TEXT
    item.save(update_fields=["kind"])


def delete(item: CustomItem) -> None:
    """Take the definition away: no longer shown, imported or mapped; values stay in the rows."""
    item.delete()
