"""Definitions of カスタム項目: added, renamed, deleted. The rows' values are not touched."""

from contextlib import AbstractContextManager

from audit.kinds import Kind
from audit.recording import Change, Thing, changing
from common.types import Kind as ItemKind
from common.types import RecordType
from crm.models import CustomItem


def add(record_type: RecordType, *, key: str, label: str, kind: ItemKind) -> CustomItem:
    """The new definition; values that rows kept under `key` from before are shown again."""
    with _changing(Kind.ITEM_ADD, record_type, key):
        return CustomItem.objects.create(record_type=record_type, key=key, label=label, kind=kind)


def rename(item: CustomItem, *, label: str) -> None:
    """Give `item` another name on screen; its key, and so every mapping of it, stays."""
    item.label = label
    with _changing_item(Kind.ITEM_CHANGE, item):
        item.save(update_fields=["label"])


def lengthen(item: CustomItem) -> None:
    """Let an item of one line take several: what its rows hold stays as it is."""
    item.kind = ItemKind.LONG_TEXT
    with _changing_item(Kind.ITEM_CHANGE, item):
        item.save(update_fields=["kind"])


def delete(item: CustomItem) -> None:
    """Take the definition away: no longer shown, imported or mapped; values stay in the rows."""
    with _changing_item(Kind.ITEM_DELETE, item):
        item.delete()


def _changing_item(kind: Kind, item: CustomItem) -> AbstractContextManager[Change]:
    return _changing(kind, RecordType(item.record_type), item.key)


def _changing(kind: Kind, record_type: RecordType, key: str) -> AbstractContextManager[Change]:
    """One transaction, written down if the definition is another one at its end."""
    stored = CustomItem.objects.filter(record_type=record_type, key=key)

    def thing() -> Thing | None:
        return Thing(label=one.label, record_type=record_type) if (one := stored.first()) else None

    return changing(
        kind,
        lambda: stored.values("record_type", "key", "label", "kind").first() or {},
        thing=thing,
    )
