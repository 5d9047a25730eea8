"""A mapping's rules as plain values."""

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from enum import StrEnum


class WhenEmpty(StrEnum):
    """What is sent when the source has no value."""

    CLEAR = "clear"
    KEEP = "keep"
    FIXED = "fixed"


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSpec:
    """What fills one kintone field: exactly one of source, template, fixed."""

    field: str
    table: str = ""
    """Field code of the table that `field` is a column of; "" outside tables."""
    source: str = ""
    template: str = ""
    """`"{family_name} {first_name}"`: item keys in braces."""
    fixed: str = ""
    values: Mapping[str, str] = dataclass_field(default_factory=dict)
    """Source value → value to be sent; values that it does not list go as they are."""
    empty: WhenEmpty = WhenEmpty.CLEAR
    empty_value: str = ""
    keep_rows: bool = False
    """Of a table's column: rows that hold the same keep their ids and their other columns. One
    column that says so says it for its table."""
