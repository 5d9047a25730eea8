"""The field catalogue: the only place that lists what can be mapped, per record type."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from common.types import ItemValue, Kind, RecordType


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One thing of a source row that can be mapped to a kintone field."""

    key: str
    """API name of hotprofile.md; related ones dotted (`company.name`); `custom.KEY`."""
    label_ja: str
    label_en: str
    kind: Kind
    getter: Callable[[Any], ItemValue]
    """Reads the value off a row that `crm.changes` loaded (related rows are there already)."""
    rowset: str = ""
    """Items of one rowset (`departments`) are columns of the same rows, equally long tuples."""
    max_length: int | None = None
    writable: bool = False
    """Whether CSV and API may fill it."""
    required: bool = False
    depends_on: frozenset[str] = field(default_factory=frozenset)
    """`type.column` of other rows whose change changes this value: `company.name`."""


def items_of(record_type: RecordType) -> Sequence[Item]:
    """Every item of the type, standard ones first, custom ones (from the database) last."""
    raise NotImplementedError
