"""A kintone app's form as typed values, read from app/form/fields.json."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum


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

    def find(self, code: str, *, table: str = "") -> FormField | None:
        """The field of that code, of `table`'s columns if a table is named; None if there is none."""
        if not table:
            return self.fields.get(code)
        owner = self.fields.get(table)
        return owner.columns.get(code) if owner else None


def parse_form(answer: Mapping[str, object]) -> Form:
    """The form that `{"properties": …, "revision": …}` describes.

    Raises:
        KintoneProtocolError: the answer is not of that shape.
    """
    raise NotImplementedError
