"""カスタム項目 that define themselves: the first value of a label makes an item of it."""

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Final

from django.db import transaction

from common.types import Kind, RecordType
from crm import custom_items
from crm.catalogue.custom import PREFIX
from crm.models import CustomItem
from crm.writing.values import RawValue
from pulls.models import LabelledItem

_LONGEST_KEY: Final = 64


class LabelBook:
    """Which item of ours takes the values of which label, of one record type."""

    def __init__(self, record_type: RecordType) -> None:
        self._record_type = record_type
        labelled = LabelledItem.objects.filter(record_type=record_type)
        self._keys = dict(labelled.values_list("label", "key"))
        self._items = {item.key: item for item in _items(record_type)}

    def learn(self, described: Iterable[Mapping[str, RawValue]]) -> None:
        """Make items of the labels that are new, and several lines of texts that turn out so.

        An item is text, or a choice of several where its values are lists: whatever was typed in
        fits that. A label whose every value is empty waits for its first one.
        """
        for items in described:
            for label, value in items.items():
                if value in ("", ()):
                    continue
                if label not in self._keys:
                    self._define(label, value)
                item = self._items.get(self._keys[label])
                is_long = isinstance(value, str) and "\n" in value.strip()
                if is_long and item and item.kind == Kind.TEXT:
                    custom_items.lengthen(item)

    def values(self, items: Mapping[str, RawValue]) -> dict[str, RawValue]:
        """Item key → value, of labels that have an item."""
        found: dict[str, RawValue] = {}
        for label, value in items.items():
            item = self._items.get(self._keys.get(label, ""))
            if item is not None:
                found[f"{PREFIX}{item.key}"] = value
        return found

    def _define(self, label: str, value: RawValue) -> None:
        """An item of that name, of a person's or a new one."""
        known = [item for item in self._items.values() if item.label == label]
        with transaction.atomic():
            item = known[0] if known else self._new(label, value)
            LabelledItem.objects.create(record_type=self._record_type, label=label, key=item.key)
        self._keys[label] = item.key
        self._items[item.key] = item

    def _new(self, label: str, value: RawValue) -> CustomItem:
        kind = Kind.CHOICES if isinstance(value, tuple) else Kind.TEXT
        key = _key_of(label)
        number = 1
        while CustomItem.objects.filter(record_type=self._record_type, key=key).exists():
            number += 1
            key = f"{_key_of(label)[: _LONGEST_KEY - 4]}_{number}"
        return custom_items.add(self._record_type, key=key, label=label[:128], kind=kind)


def _items(record_type: RecordType) -> Iterable[CustomItem]:
    return CustomItem.objects.filter(record_type=record_type).order_by("id")


def _key_of(label: str) -> str:
    """A key that says what the label says, as far as it is Latin; else one that stands for it."""
    plain = unicodedata.normalize("NFKC", label).casefold()
    words = "_".join(re.findall(r"[a-z0-9]+", plain))
    if re.fullmatch(r"[a-z][a-z0-9_]{2,}", words) and not re.search(r"[^\x00-\x7f]", plain):
        return words[:_LONGEST_KEY]
    return f"hp_{hashlib.blake2b(label.encode(), digest_size=4).hexdigest()}"
