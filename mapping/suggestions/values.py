"""What sample values say of a pair: refused, emptied, spoilt, or all of them options."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from common.types import ItemValue, ItemValues, Kind
from integrations.kintone.form import FieldType, FormField
from mapping.converters import (
    Fit,
    ValueRefusedError,
    as_text,
    converter,
    element_kind,
    fit,
    fit_in_table,
    is_empty,
    is_multiple,
)

CHOICE_KINDS: Final = frozenset((Kind.CHOICE, Kind.CHOICES, Kind.FLAG))
#: So many rows tell that an item is never filled.
ENOUGH_ROWS: Final = 5
OPTION_TYPES: Final = frozenset(
    (
        FieldType.DROP_DOWN,
        FieldType.RADIO_BUTTON,
        FieldType.CHECK_BOX,
        FieldType.MULTI_SELECT,
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What became of an item's values in a field."""

    filled: int
    refused: int
    rows: int
    has_line_breaks: bool

    @property
    def is_never_filled(self) -> bool:
        """Whether enough rows were looked at, and none has a value."""
        return not self.filled and self.rows >= ENOUGH_ROWS


def fit_of(kind: Kind, field: FormField, *, in_table: bool) -> Fit:
    """What becomes of values of the kind in the field."""
    return (fit_in_table if in_table else fit)(kind, field)


def tried(
    key: str, kind: Kind, field: FormField, *, in_table: bool, values: Sequence[ItemValues]
) -> Tried:
    """The item's values of these rows, converted for the field. The pair must fit."""
    convert = converter(element_kind(kind) if in_table else kind, field)
    raws = [raw for row in values if not is_empty(raw := row.get(key))]
    refused = 0
    for raw in raws:
        elements: Sequence[ItemValue] = raw if in_table and isinstance(raw, tuple) else (raw,)
        try:
            for element in elements:
                convert(element)
        except ValueRefusedError:
            refused += 1
    return Tried(
        filled=len(raws),
        refused=refused,
        rows=len(values),
        has_line_breaks=any("\n" in raw for raw in raws if isinstance(raw, str)),
    )


def are_options(key: str, field: FormField, *, values: Sequence[ItemValues]) -> bool:
    """Whether every value of the item is an option of the field, and there are two at least."""
    found: set[str] = set()
    for row in values:
        raw = row.get(key)
        elements: Sequence[ItemValue] = raw if isinstance(raw, tuple) else (raw,)
        found |= {as_text(each) for each in elements if not is_empty(each)}
    return len(found) > 1 and found <= set(field.options)


def is_distinct(key: str, *, values: Sequence[ItemValues]) -> bool:
    """Whether every row has a value of its own, as an update key needs it."""
    raws = [row.get(key) for row in values]
    texts = [as_text(raw) for raw in raws if not is_empty(raw)]
    return len(texts) == len(values) and len(set(texts)) == len(texts)


def goes_into_tables(kind: Kind) -> bool:
    """Whether the item has rows: a single value in a table would make one row of it."""
    return is_multiple(kind)
