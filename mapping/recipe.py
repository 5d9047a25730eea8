"""The kintone app to come: the fields that it needs so that these items can be sent into it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from common.types import Kind
from integrations.kintone.form import FieldType, Form
from integrations.kintone.values import JsonValue
from mapping.rulespec import RuleSpec

#: More options than these are no list to choose from: the field takes text instead.
MOST_OPTIONS: Final = 60
#: Boxes to tick, as far as a person sees them at a glance; more are a list.
MOST_BOXES: Final = 12
#: The option that a flag which is on has, unless another word is given.
ON: Final = "はい"
_LONGEST_OPTION: Final = 128
_LONGEST_CODE: Final = 100

#: What a field code may hold; other signs are left out.
_NOT_IN_CODES: Final = re.compile(r"[^0-9A-Za-z_ぁ-んァ-ヶー々〆〤一-龠０-９Ａ-Ｚａ-ｚ･・]+")

_TYPES: Final[Mapping[Kind, FieldType]] = {
    Kind.TEXT: FieldType.SINGLE_LINE_TEXT,
    Kind.LONG_TEXT: FieldType.MULTI_LINE_TEXT,
    Kind.RICH_TEXT: FieldType.RICH_TEXT,
    Kind.NUMBER: FieldType.NUMBER,
    Kind.DATE: FieldType.DATE,
    Kind.TIME: FieldType.TIME,
    Kind.DATETIME: FieldType.DATETIME,
    Kind.CHOICE: FieldType.DROP_DOWN,
    Kind.CHOICES: FieldType.CHECK_BOX,
    Kind.USER: FieldType.USER_SELECT,
    Kind.USERS: FieldType.USER_SELECT,
    Kind.URL: FieldType.LINK,
    Kind.EMAIL: FieldType.LINK,
    Kind.PHONE: FieldType.LINK,
    Kind.FLAG: FieldType.CHECK_BOX,
    Kind.ROWS: FieldType.SINGLE_LINE_TEXT,  # a column
}
_PROTOCOLS: Final = {Kind.URL: "WEB", Kind.EMAIL: "MAIL", Kind.PHONE: "CALL"}
_WITH_OPTIONS: Final = (FieldType.DROP_DOWN, FieldType.CHECK_BOX, FieldType.MULTI_SELECT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ingredient:
    """An item that is to be sent."""

    key: str
    label: str
    kind: Kind
    is_key: bool = False
    """Its field is to be the update key."""
    options: Sequence[str] | None = None
    """Of choices: all values that occur, in the order wanted; None: too many, or unknown.
    Of a flag: the word for "on"."""
    rowset: str = ""
    """Of rows: items of one rowset are columns of one table."""
    table_label: str = ""
    """What that table is called; the first item's counts."""
    code: str = ""
    """The field code that it has already, and `table_code` its table; "": one like the label."""
    table_code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipeField:
    """One field to make."""

    item: str
    """"" of a table: its columns have items."""
    code: str
    label: str
    type: FieldType
    unique: bool = False
    options: tuple[str, ...] = ()
    protocol: str = ""
    columns: tuple["RecipeField", ...] = ()

    def as_property(self) -> dict[str, JsonValue]:
        """The field as kintone takes it (POST preview/app/form/fields.json)."""
        told: dict[str, JsonValue] = {
            "type": self.type.value,
            "code": self.code,
            "label": self.label,
        }
        if self.type is FieldType.SUBTABLE:
            return {**told, "fields": {one.code: one.as_property() for one in self.columns}}
        told["required"] = False
        if self.unique:
            told |= {"unique": True, "maxLength": "64"}
        if self.protocol:
            told["protocol"] = self.protocol
        if self.type in _WITH_OPTIONS:
            told["options"] = {
                option: {"label": option, "index": str(index)}
                for index, option in enumerate(self.options)
            }
        return told

    def as_rules(self) -> tuple[RuleSpec, ...]:
        """The rules that fill it, of a table its columns."""
        if self.type is FieldType.SUBTABLE:
            return tuple(
                RuleSpec(field=one.code, table=self.code, source=one.item) for one in self.columns
            )
        return (RuleSpec(field=self.code, source=self.item),)


def recipe_of(ingredients: Sequence[Ingredient]) -> tuple[RecipeField, ...]:
    """The fields for these items, in their order; each has a code of its own.

    Items that are rows of the same things are columns of one table, at the place of the first.
    """
    taken = {code for one in ingredients for code in (one.code, one.table_code) if code}
    rowsets: dict[str, list[Ingredient]] = {}
    for one in ingredients:
        rowsets.setdefault(_place(one), []).append(one)
    return tuple(
        _table(group, taken=taken) if group[0].kind is Kind.ROWS else _field(group[0], taken=taken)
        for group in rowsets.values()
    )


def missing_from(form: Form, fields: Sequence[RecipeField]) -> tuple[RecipeField, ...]:
    """The fields that the form does not have, by their codes; a table counts as there or not."""
    return tuple(one for one in fields if one.code not in form.fields)


def columns_missing_from(form: Form, fields: Sequence[RecipeField]) -> tuple[RecipeField, ...]:
    """The tables that the form has, without one of their columns."""
    return tuple(
        one
        for one in fields
        if (table := form.fields.get(one.code))
        and any(column.code not in table.columns for column in one.columns)
    )


def _place(one: Ingredient) -> str:
    """Where it goes: what belongs into one table goes to one place."""
    is_column = one.kind is Kind.ROWS and one.rowset
    return f"rows of {one.rowset}" if is_column else f"item {one.key}"


def _table(group: Sequence[Ingredient], *, taken: set[str]) -> RecipeField:
    first = group[0]
    label = first.table_label or first.label
    return RecipeField(
        item="",
        code=first.table_code or _new_code(label, taken=taken),
        label=label,
        type=FieldType.SUBTABLE,
        columns=tuple(_field(one, taken=taken) for one in group),
    )


def _field(one: Ingredient, *, taken: set[str]) -> RecipeField:
    options = _options(one)
    code = one.code or _new_code(one.label, taken=taken)
    return RecipeField(
        item=one.key,
        code=code,
        label=one.label,
        # Only text and numbers can be an update key; text takes any value.
        type=FieldType.SINGLE_LINE_TEXT if one.is_key else _type(one.kind, options),
        unique=one.is_key,
        options=() if one.is_key else options,
        protocol="" if one.is_key else _PROTOCOLS.get(one.kind, ""),
    )


def _options(one: Ingredient) -> tuple[str, ...]:
    if one.kind is Kind.FLAG:
        return tuple(one.options or (ON,))
    given = one.options or ()
    fits = 0 < len(given) <= MOST_OPTIONS and max(map(len, given)) <= _LONGEST_OPTION
    return tuple(given) if fits and one.kind in (Kind.CHOICE, Kind.CHOICES) else ()


def _type(kind: Kind, options: Sequence[str]) -> FieldType:
    if kind is Kind.CHOICE and not options:
        return FieldType.SINGLE_LINE_TEXT
    if kind is Kind.CHOICES:
        if not options:
            return FieldType.MULTI_LINE_TEXT
        return FieldType.CHECK_BOX if len(options) <= MOST_BOXES else FieldType.MULTI_SELECT
    return _TYPES[kind]


def _new_code(label: str, *, taken: set[str]) -> str:
    """A field code like the label: one that begins with no digit, and that no other field has."""
    code = _NOT_IN_CODES.sub("_", label).strip("_")[:_LONGEST_CODE] or "項目"
    if code[0].isdigit():
        code = f"_{code}"
    number, wanted = 2, code
    while wanted in taken:
        wanted = f"{code}_{number}"
        number += 1
    taken.add(wanted)
    return wanted
