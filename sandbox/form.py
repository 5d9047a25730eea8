"""An app's form: the settings as form/fields.json shows them, and compiled for checking values."""

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from sandbox.scalars import NEW_APP, Precision

Definition = dict[str, Any]

TEXT_TYPES = frozenset({"SINGLE_LINE_TEXT", "MULTI_LINE_TEXT", "RICH_TEXT", "LINK"})
CHOICE_TYPES = frozenset({"RADIO_BUTTON", "DROP_DOWN", "CHECK_BOX", "MULTI_SELECT"})
LIST_CHOICE_TYPES = frozenset({"CHECK_BOX", "MULTI_SELECT"})
PEOPLE_TYPES = frozenset({"USER_SELECT", "ORGANIZATION_SELECT", "GROUP_SELECT"})
LIST_TYPES = LIST_CHOICE_TYPES | PEOPLE_TYPES | {"FILE", "SUBTABLE", "CATEGORY", "STATUS_ASSIGNEE"}
UNIQUE_TYPES = frozenset({"SINGLE_LINE_TEXT", "NUMBER", "LINK", "DATE", "DATETIME"})
UPDATE_KEY_TYPES = frozenset({"SINGLE_LINE_TEXT", "NUMBER"})
#: In form/fields.json, but never in a record.
SHAPE_TYPES = frozenset({"GROUP", "REFERENCE_TABLE"})
#: In a record only while the feature is switched on.
SWITCHED_TYPES = frozenset({"STATUS", "STATUS_ASSIGNEE", "CATEGORY"})
#: Set by kintone; how GAIA_UN10 names the type when it is sent.
SYSTEM_TYPES = {
    "CREATOR": "CREATOR",
    "MODIFIER": "MODIFIER",
    "CREATED_TIME": "CREATED_AT",
    "UPDATED_TIME": "MODIFIED_AT",
    "STATUS": "STATUS",
    "STATUS_ASSIGNEE": "STATUS_ASSIGNEE",
}
#: Read as null while empty; the other single values read as "" (kintone-api.md §5).
NULL_WHEN_EMPTY = frozenset({"DATE", "TIME", "DROP_DOWN", "RADIO_BUTTON"})
NOT_REQUIRABLE = frozenset({"RADIO_BUTTON", "CALC", "SUBTABLE"})

_OWN_SETTINGS: dict[str, Definition] = {
    "SINGLE_LINE_TEXT": {
        "required": False,
        "unique": False,
        "maxLength": "",
        "minLength": "",
        "defaultValue": "",
        "expression": "",
        "hideExpression": False,
    },
    "MULTI_LINE_TEXT": {"required": False, "defaultValue": ""},
    "RICH_TEXT": {"required": False, "defaultValue": ""},
    "NUMBER": {
        "required": False,
        "unique": False,
        "maxValue": "",
        "minValue": "",
        "defaultValue": "",
        "digit": False,
        "displayScale": "",
        "unit": "",
        "unitPosition": "BEFORE",
    },
    "CALC": {
        "required": False,
        "expression": "",
        "format": "NUMBER",
        "displayScale": "",
        "hideExpression": False,
        "unit": "",
        "unitPosition": "BEFORE",
    },
    "RADIO_BUTTON": {"required": True, "defaultValue": "", "options": {}, "align": "HORIZONTAL"},
    "CHECK_BOX": {"required": False, "defaultValue": [], "options": {}, "align": "HORIZONTAL"},
    "MULTI_SELECT": {"required": False, "defaultValue": [], "options": {}},
    "DROP_DOWN": {"required": False, "defaultValue": "", "options": {}},
    "DATE": {"required": False, "unique": False, "defaultValue": "", "defaultNowValue": False},
    "TIME": {"required": False, "defaultValue": "", "defaultNowValue": False},
    "DATETIME": {"required": False, "unique": False, "defaultValue": "", "defaultNowValue": False},
    "LINK": {
        "required": False,
        "unique": False,
        "maxLength": "",
        "minLength": "",
        "defaultValue": "",
        "protocol": "WEB",
    },
    "USER_SELECT": {"required": False, "defaultValue": [], "entities": []},
    "ORGANIZATION_SELECT": {"required": False, "defaultValue": [], "entities": []},
    "GROUP_SELECT": {"required": False, "defaultValue": [], "entities": []},
    "FILE": {"required": False, "thumbnailSize": "150"},
    "SUBTABLE": {"fields": {}},
    "REFERENCE_TABLE": {"referenceTable": None},
    "GROUP": {"openGroup": False},
    "RECORD_NUMBER": {},
    "CREATOR": {},
    "MODIFIER": {},
    "CREATED_TIME": {},
    "UPDATED_TIME": {},
    "STATUS": {"enabled": False},
    "STATUS_ASSIGNEE": {"enabled": False},
    "CATEGORY": {"enabled": False},
}
_TEXT_SETTINGS = ("maxLength", "minLength", "maxValue", "minValue", "displayScale")
_SYSTEM_FIELDS = {
    "RECORD_NUMBER": "レコード番号",
    "CREATOR": "作成者",
    "CREATED_TIME": "作成日時",
    "MODIFIER": "更新者",
    "UPDATED_TIME": "更新日時",
    "STATUS": "ステータス",
    "STATUS_ASSIGNEE": "作業者",
    "CATEGORY": "カテゴリー",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookup:
    """Where a lookup field copies from: `copies` are (field here, field there)."""

    app: int
    key_field: str
    copies: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field, compiled for checking and storing values."""

    code: str
    label: str
    type: str
    required: bool = False
    unique: bool = False
    enabled: bool = True
    calculated: bool = False
    copied: bool = False
    """Filled by a lookup: what is sent for it is ignored."""
    options: frozenset[str] = frozenset()
    min_length: int | None = None
    max_length: int | None = None
    min_value: Decimal | None = None
    max_value: Decimal | None = None
    protocol: str = ""
    precision: Precision = NEW_APP
    default: Any = None
    default_now: bool = False
    lookup: Lookup | None = None
    columns: Mapping[str, "Field"] = field(default_factory=dict)

    @property
    def empty(self) -> Any:
        """The stored value of this field while nothing is in it."""
        if self.type in LIST_TYPES:
            return []
        return None if self.type in NULL_WHEN_EMPTY else ""

    @property
    def in_records(self) -> bool:
        """Whether records show this field."""
        if self.type in SHAPE_TYPES:
            return False
        return self.enabled or self.type not in SWITCHED_TYPES


@dataclass(frozen=True, slots=True)
class Form:
    """The compiled fields of an app, and the lists that each write needs."""

    fields: dict[str, Field]
    required: tuple[Field, ...]
    unique: tuple[Field, ...]
    lookups: tuple[Field, ...]
    stored: tuple[Field, ...]
    """Fields whose values stand in `Record.values` (all but what kintone itself keeps)."""
    settable: frozenset[str]
    """Codes of the stored fields that a caller may set: not calculated, not copied."""


def complete(fields: Mapping[str, Definition]) -> dict[str, Definition]:
    """The settings with everything that kintone would add: defaults, codes, system fields."""
    completed = {code: _complete_field(code, given) for code, given in fields.items()}
    present = {definition["type"] for definition in completed.values()}
    for kind, code in _SYSTEM_FIELDS.items():
        if kind not in present:
            completed[code] = _complete_field(code, {"type": kind})
    return completed


def _complete_field(code: str, given: Definition) -> Definition:
    kind = given.get("type", "SINGLE_LINE_TEXT")
    if kind not in _OWN_SETTINGS:
        raise ValueError(f"{code}: no such field type: {kind}")
    definition: Definition = {"type": kind, "code": code, "label": given.get("label", code)}
    if kind not in SWITCHED_TYPES:
        definition["noLabel"] = False
    definition.update(copy.deepcopy(_OWN_SETTINGS[kind]))
    definition.update(copy.deepcopy(dict(given)))
    if kind not in UNIQUE_TYPES or given.get("lookup") or given.get("expression"):
        definition.pop("unique", None)
    for setting in _TEXT_SETTINGS:
        if setting in definition:
            definition[setting] = str("" if definition[setting] is None else definition[setting])
    if "options" in definition:
        definition["options"] = _options(definition["options"])
    if kind == "SUBTABLE":
        definition["fields"] = {
            column: _complete_field(column, settings)
            for column, settings in definition["fields"].items()
        }
        for settings in definition["fields"].values():
            settings.pop("unique", None)
    return definition


def _options(given: Any) -> dict[str, Definition]:
    """Options as kintone shows them; a plain list of names is taken as well."""
    if isinstance(given, Mapping):
        return {name: dict(option) for name, option in given.items()}
    return {name: {"label": name, "index": str(index)} for index, name in enumerate(given)}


def compile_form(definitions: Mapping[str, Definition], *, precision: Precision = NEW_APP) -> Form:
    """The form that these (completed) settings describe, of an app with numbers so precise."""
    copied = set(_copied(definitions))
    fields = {
        code: _compile_field(definition, copied=code in copied, precision=precision)
        for code, definition in definitions.items()
    }
    own = tuple(each for each in fields.values() if _is_stored(each))
    return Form(
        fields=fields,
        required=tuple(each for each in own if each.required),
        unique=tuple(each for each in own if each.unique),
        lookups=tuple(each for each in own if each.lookup),
        stored=own,
        settable=frozenset(each.code for each in own if not each.calculated and not each.copied),
    )


def _copied(definitions: Mapping[str, Definition]) -> Iterator[str]:
    for definition in definitions.values():
        for mapping in (definition.get("lookup") or {}).get("fieldMappings", []):
            yield mapping["field"]


def _is_stored(one: Field) -> bool:
    kept_by_kintone = {"RECORD_NUMBER", *SYSTEM_TYPES, "CATEGORY"}
    return one.type not in SHAPE_TYPES and one.type not in kept_by_kintone


def _compile_field(definition: Definition, *, copied: bool, precision: Precision) -> Field:
    kind = definition["type"]
    columns = definition.get("fields", {})
    copied_columns = set(_copied(columns))
    return Field(
        code=definition["code"],
        label=definition["label"],
        type=kind,
        required=bool(definition.get("required")) and kind not in NOT_REQUIRABLE,
        unique=bool(definition.get("unique")),
        enabled=bool(definition.get("enabled", True)),
        calculated=kind == "CALC" or bool(definition.get("expression")),
        copied=copied,
        options=frozenset(definition.get("options", ())),
        min_length=_whole(definition.get("minLength")),
        max_length=_whole(definition.get("maxLength")),
        min_value=_decimal(definition.get("minValue")),
        max_value=_decimal(definition.get("maxValue")),
        protocol=definition.get("protocol", ""),
        precision=precision,
        default=definition.get("defaultValue"),
        default_now=bool(definition.get("defaultNowValue")),
        lookup=_lookup(definition.get("lookup")),
        columns={
            code: _compile_field(column, copied=code in copied_columns, precision=precision)
            for code, column in columns.items()
        },
    )


def _whole(setting: str | None) -> int | None:
    return int(setting) if setting else None


def _decimal(setting: str | None) -> Decimal | None:
    return Decimal(setting) if setting else None


def _lookup(setting: Definition | None) -> Lookup | None:
    if not setting:
        return None
    return Lookup(
        app=int(setting["relatedApp"]["app"]),
        key_field=setting["relatedKeyField"],
        copies=tuple(
            (mapping["field"], mapping["relatedField"])
            for mapping in setting.get("fieldMappings", [])
        ),
    )
