"""Values of items in kintone's form: what fits where, and the conversion itself. Plain Python.

The words of every note and refusal stand in `mapping.labels` and `mapping.problem_texts`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

from common.types import ItemValue, Kind
from integrations.kintone.form import FieldType, FormField
from integrations.kintone.values import JsonValue
from mapping.converters import texts
from mapping.converters.choices import fitting_flag_options
from mapping.converters.markup import without_markup
from mapping.converters.matrix import Cell, Verdict, row
from mapping.converters.refusals import ValueRefusedError
from mapping.converters.texts import UNIQUE_LENGTH
from mapping.converters.values import (
    as_text,
    element_kind,
    is_empty,
    is_multiple,
    said_as_flag,
)

__all__ = [
    "LEFT_OUT",
    "LIST_TYPES",
    "UNIQUE_LENGTH",
    "WRITABLE_TYPES",
    "Fit",
    "ValueRefusedError",
    "Verdict",
    "as_text",
    "converter",
    "element_kind",
    "empty_value",
    "fit",
    "fit_in_table",
    "is_empty",
    "is_multiple",
    "is_required",
    "longest_as_is",
    "said_as_flag",
    "text_of_item",
    "unwritable",
]

Converter: TypeAlias = Callable[[ItemValue], JsonValue]

WRITABLE_TYPES: Final = frozenset(
    (
        FieldType.SINGLE_LINE_TEXT,
        FieldType.MULTI_LINE_TEXT,
        FieldType.RICH_TEXT,
        FieldType.NUMBER,
        FieldType.RADIO_BUTTON,
        FieldType.CHECK_BOX,
        FieldType.MULTI_SELECT,
        FieldType.DROP_DOWN,
        FieldType.DATE,
        FieldType.TIME,
        FieldType.DATETIME,
        FieldType.LINK,
        FieldType.USER_SELECT,
        FieldType.ORGANIZATION_SELECT,
        FieldType.GROUP_SELECT,
    )
)

#: Types whose values are lists.
LIST_TYPES: Final = frozenset(
    (
        FieldType.CHECK_BOX,
        FieldType.MULTI_SELECT,
        FieldType.USER_SELECT,
        FieldType.ORGANIZATION_SELECT,
        FieldType.GROUP_SELECT,
    )
)

#: Types that kintone could write and we, on purpose, do not: the reason's code.
LEFT_OUT: Final = {
    FieldType.FILE: "no_files",
    FieldType.SUBTABLE: "choose_column",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """Whether an item can go into a field; `note` is the code of what is to be said about it."""

    verdict: Verdict
    note: str = ""

    @property
    def possible(self) -> bool:
        """Whether the pair may be chosen at all."""
        return self.verdict is not Verdict.IMPOSSIBLE


def unwritable(field: FormField) -> str:
    """Why nothing can be written into this field, as a note's code; "" if something can."""
    if field.type in LEFT_OUT:
        return LEFT_OUT[field.type]
    if field.type not in WRITABLE_TYPES:
        return "system_field"
    if field.auto_calculated:
        return "auto_calculated"
    return "copied_by_lookup" if field.copied_by_lookup else ""


def fit(kind: Kind, field: FormField) -> Fit:
    """What becomes of values of this kind in this field."""
    if reason := unwritable(field):
        return Fit(verdict=Verdict.IMPOSSIBLE, note=reason)
    found = _cell(kind, field)
    if found.note == "flag_option" and not fitting_flag_options(field.options):
        return Fit(verdict=found.verdict, note="flag_needs_values")
    return Fit(verdict=found.verdict, note=found.note)


def fit_in_table(kind: Kind, column: FormField) -> Fit:
    """What becomes of values of this kind in a table's column: several values are several rows."""
    return fit(element_kind(kind), column)


def converter(kind: Kind, field: FormField) -> Converter:
    """The conversion of non-empty values of this kind into what is sent for this field.

    It raises `ValueRefusedError` for a value that the field cannot hold. The pair must fit.
    """
    convert = _cell(kind, field).convert
    if convert is None:
        message = f"{kind} cannot go into {field.type}"
        raise ValueError(message)
    return lambda value: convert(value, field)


def _cell(kind: Kind, field: FormField) -> Cell:
    cells = row(field)
    return cells[kind] if cells else Cell(verdict=Verdict.IMPOSSIBLE, note="system_field")


def longest_as_is(field: FormField) -> int:
    """Up to which length printable text without line breaks is sent into this field just as it is.

    Most of what is pushed is such text: whoever pushes many records asks this first.
    """
    if field.type in (FieldType.SINGLE_LINE_TEXT, FieldType.MULTI_LINE_TEXT):
        return texts.longest_as_is(field)
    return 0


def empty_value(field: FormField) -> JsonValue:
    """What clears this field (kintone-api.md §5, "Empty on read")."""
    if field.type in LIST_TYPES:
        return []
    match field.type:
        case FieldType.DROP_DOWN | FieldType.RADIO_BUTTON | FieldType.DATE | FieldType.TIME:
            return None
        case _:
            return ""


def is_required(field: FormField) -> bool:
    """Whether kintone refuses the field when it is empty (it lets radio buttons pass)."""
    return field.required and field.type is not FieldType.RADIO_BUTTON


def text_of_item(kind: Kind, value: ItemValue) -> str:
    """The value as text for templates and for people; rich text without its markup."""
    if kind is Kind.RICH_TEXT and isinstance(value, str):
        return without_markup(value)
    return as_text(value)
