"""A kintone app's form as typed values, read from app/form/fields.json."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from enum import StrEnum

from integrations.kintone.errors import KintoneProtocolError


class FieldType(StrEnum):
    """kintone's field types, in kintone's own words (kintone-api.md §5)."""

    SINGLE_LINE_TEXT = "SINGLE_LINE_TEXT"
    MULTI_LINE_TEXT = "MULTI_LINE_TEXT"
    RICH_TEXT = "RICH_TEXT"
    NUMBER = "NUMBER"
    CALC = "CALC"
    RADIO_BUTTON = "RADIO_BUTTON"
    CHECK_BOX = "CHECK_BOX"
    MULTI_SELECT = "MULTI_SELECT"
    DROP_DOWN = "DROP_DOWN"
    DATE = "DATE"
    TIME = "TIME"
    DATETIME = "DATETIME"
    LINK = "LINK"
    USER_SELECT = "USER_SELECT"
    ORGANIZATION_SELECT = "ORGANIZATION_SELECT"
    GROUP_SELECT = "GROUP_SELECT"
    FILE = "FILE"
    SUBTABLE = "SUBTABLE"
    REFERENCE_TABLE = "REFERENCE_TABLE"
    GROUP = "GROUP"
    RECORD_NUMBER = "RECORD_NUMBER"
    CREATOR = "CREATOR"
    MODIFIER = "MODIFIER"
    CREATED_TIME = "CREATED_TIME"
    UPDATED_TIME = "UPDATED_TIME"
    STATUS = "STATUS"
    STATUS_ASSIGNEE = "STATUS_ASSIGNEE"
    CATEGORY = "CATEGORY"
    UNKNOWN = "UNKNOWN"  # a type that kintone adds after this was written


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookup:
    """Where a lookup field copies from."""

    app: int | None
    """None when this login may not see the source app (kintone-api.md §1.3)."""
    key_field: str
    copies_to: tuple[str, ...]


class Rounding(StrEnum):
    """What an app makes of decimals that it has no room for: up is away from zero."""

    HALF_EVEN = "HALF_EVEN"
    UP = "UP"
    DOWN = "DOWN"


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberPrecision:
    """How exactly an app keeps numbers; new apps have 16 digits, of which 4 are decimals."""

    digits: int
    decimals: int
    rounding: Rounding

    @property
    def integer_digits(self) -> int:
        """How many digits may stand before the decimal point."""
        return self.digits - self.decimals


@dataclass(frozen=True, slots=True, kw_only=True)
class FormField:
    """One field of a form; limits are None where kintone sets none."""

    code: str
    label: str
    type: FieldType
    required: bool = False
    unique: bool = False
    auto_calculated: bool = False
    lookup: Lookup | None = None
    copied_by_lookup: bool = False
    """Filled by a lookup's "ほかのフィールドのコピー": whatever is sent is overwritten."""
    options: tuple[str, ...] = ()
    min_length: int | None = None
    max_length: int | None = None
    min_value: Decimal | None = None
    max_value: Decimal | None = None
    display_scale: int | None = None
    precision: NumberPrecision | None = None
    """NUMBER: of the app; None where this login may not read the app's settings."""
    protocol: str = ""
    """LINK: WEB, CALL or MAIL."""
    has_default: bool = False
    columns: Mapping[str, "FormField"] = field(default_factory=dict)
    """SUBTABLE: column code → column."""

    @property
    def is_lookup(self) -> bool:
        """Whether kintone looks the value up in another app."""
        return self.lookup is not None

    @property
    def can_be_update_key(self) -> bool:
        """Single-line text or number that forbids duplicates and is no lookup.

        Source: PUT records.json, "updateKey".
        """
        return (
            self.type in (FieldType.SINGLE_LINE_TEXT, FieldType.NUMBER)
            and self.unique
            and not self.is_lookup
            and not self.auto_calculated
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """All fields of an app by field code."""

    fields: Mapping[str, FormField]
    revision: int
    source: Mapping[str, object] = field(default_factory=dict, repr=False, compare=False)
    """kintone's answer that this form was read from: store it, `parse_form` reads it again."""

    @property
    def has_numbers(self) -> bool:
        """Whether a field or a table's column takes numbers."""
        fields = [*self.fields.values()]
        columns = [column for field in fields for column in field.columns.values()]
        return any(field.type is FieldType.NUMBER for field in (*fields, *columns))

    @property
    def lookup_sources(self) -> tuple[int, ...]:
        """The apps that lookups read, of tables' columns too, as far as this login may see them."""
        fields = [*self.fields.values()]
        columns = [column for field in fields for column in field.columns.values()]
        apps = [one.lookup.app for one in (*fields, *columns) if one.lookup]
        return tuple(dict.fromkeys(app for app in apps if app is not None))

    def find(self, code: str, *, table: str = "") -> FormField | None:
        """The field of that code, of `table`'s columns if a table is named; else None."""
        if not table:
            return self.fields.get(code)
        owner = self.fields.get(table)
        return owner.columns.get(code) if owner else None


def parse_form(answer: Mapping[str, object]) -> Form:
    """The form that `{"properties": …, "revision": …}` describes.

    Beside these there may stand `numberPrecision`, as GET app/settings.json tells it.

    Raises:
        KintoneProtocolError: the answer is not of that shape.

    Source: GET app/form/fields.json (kintone-api.md §5): numbers come as text, "" where unset.
    """
    try:
        precision = _precision(answer.get("numberPrecision"))
        return Form(
            fields=_parse_fields(_mapping(answer["properties"]), precision=precision),
            revision=int(str(answer["revision"])),
            source=answer,
        )
    except (KeyError, TypeError, ValueError, InvalidOperation) as error:
        summary = f"app/form/fields.json: not a form ({type(error).__name__})"
        raise KintoneProtocolError(summary) from None


def _precision(given: object) -> NumberPrecision | None:
    """None also where kintone says something that we cannot read: all works without."""
    try:
        settings = _mapping(given)
        return NumberPrecision(
            digits=int(str(settings["digits"])),
            decimals=int(str(settings["decimalPlaces"])),
            rounding=Rounding(str(settings["roundingMode"])),
        )
    except (KeyError, TypeError, ValueError):
        return None


def _parse_fields(
    properties: Mapping[str, object], *, precision: NumberPrecision | None
) -> dict[str, FormField]:
    """The fields of one level: of the form, or of one table.

    A lookup copies within its own level only, so a table's lookup fills columns of that table.
    """
    lookups = {code: _parse_lookup(_mapping(given)) for code, given in properties.items()}
    copied = {target for lookup in lookups.values() if lookup for target in lookup.copies_to}
    return {
        code: _parse_field(
            code,
            given=_mapping(given),
            lookup=lookups[code],
            copied=code in copied,
            precision=precision,
        )
        for code, given in properties.items()
    }


def _parse_field(
    code: str,
    *,
    given: Mapping[str, object],
    lookup: Lookup | None,
    copied: bool,
    precision: NumberPrecision | None,
) -> FormField:
    kind = _type(str(given["type"]))
    return FormField(
        code=code,
        label=str(given.get("label", "")),
        type=kind,
        required=given.get("required") is True,
        unique=given.get("unique") is True,
        auto_calculated=bool(given.get("expression")),
        lookup=lookup,
        copied_by_lookup=copied,
        options=_options(given.get("options")),
        min_length=_int(given.get("minLength")),
        max_length=_int(given.get("maxLength")),
        min_value=_decimal(given.get("minValue")),
        max_value=_decimal(given.get("maxValue")),
        display_scale=_int(given.get("displayScale")),
        precision=precision if kind is FieldType.NUMBER else None,
        protocol=str(given.get("protocol") or ""),
        has_default=bool(given.get("defaultValue")) or given.get("defaultNowValue") is True,
        columns=_parse_fields(_mapping(given.get("fields") or {}), precision=precision),
    )


def _parse_lookup(given: Mapping[str, object]) -> Lookup | None:
    """The lookup of a field that has one; empty where this login may not see its source app."""
    if "lookup" not in given:
        return None
    details = given["lookup"]
    if details is None:
        return Lookup(app=None, key_field="", copies_to=())
    lookup = _mapping(details)
    mappings = lookup.get("fieldMappings") or []
    if not isinstance(mappings, list):
        raise TypeError
    return Lookup(
        app=_int(_mapping(lookup.get("relatedApp") or {}).get("app")),
        key_field=str(lookup.get("relatedKeyField") or ""),
        copies_to=tuple(str(_mapping(one)["field"]) for one in mappings),
    )


def _type(name: str) -> FieldType:
    try:
        return FieldType(name)
    except ValueError:
        return FieldType.UNKNOWN


def _options(given: object) -> tuple[str, ...]:
    """The options as kintone shows them in order; what is written is the name, the key."""
    options = _mapping(given or {})
    return tuple(sorted(options, key=lambda name: int(str(_mapping(options[name])["index"]))))


def _int(given: object) -> int | None:
    return None if given in (None, "") else int(str(given))


def _decimal(given: object) -> Decimal | None:
    return None if given in (None, "") else Decimal(str(given))


def _mapping(given: object) -> Mapping[str, object]:
    if not isinstance(given, Mapping):
        raise TypeError
    return given
