"""What of a row changes, in words: each item that came in, as it was and as it will be."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from crm.catalogue.custom import PREFIX
from crm.catalogue.items import Item
from crm.labels import value_label
from crm.writing.parse import ParsedRow
from crm.writing.results import CellChange


def shown_items(
    parsed: ParsedRow, columns: Collection[str], items: Mapping[str, Item]
) -> Sequence[Item]:
    """The items that came in, and those that were completed from them."""
    keys = [
        *parsed.columns,
        *(name for name in columns if name not in parsed.columns and name in items),
        *parsed.references,
        *(PREFIX + key for key in parsed.custom),
        *(() if parsed.groups is None else ("groups",)),
    ]
    return [items[key] for key in keys if key in items]


def before(row: Any, items: Sequence[Item]) -> Mapping[str, str]:
    """Item key → what the row holds now; nothing for a row that is new."""
    return {} if row.pk is None else {item.key: value_label(item.getter(row)) for item in items}


def changes_of(
    row: Any,
    items: Sequence[Item],
    *,
    old: Mapping[str, str],
    groups: tuple[str, ...] | None,
) -> tuple[CellChange, ...]:
    """The items that differ from `old` now that the incoming values were laid over the row.

    Args:
        groups: What came in for the groups, which a row cannot tell before it is written.
    """
    found = []
    for item in items:
        value = tuple(sorted(groups or ())) if item.key == "groups" else item.getter(row)
        # Of a new row, a flag that is off is no news.
        new = "" if value is False and not old else value_label(value)
        was = old.get(item.key, "")
        if new != was:
            found.append(CellChange(label=item.label, old=was, new=new))
    return tuple(found)
