"""Rows that come in under an ID of former times are of the record that has another one now."""

from collections import defaultdict
from collections.abc import Iterator, MutableMapping, Sequence
from typing import Any, Final

from common.types import RecordType
from crm import aliases
from crm.writing import turns
from crm.writing.parse import ParsedRow

#: Item that names another row by its external ID → that row's type.
_NAMED: Final = {
    "company.external_id": RecordType.COMPANY,
    "department.external_id": RecordType.DEPARTMENT,
    "parent.external_id": RecordType.DEPARTMENT,
}


def follow(rows: Sequence[ParsedRow], *, record_type: RecordType, key: str | None) -> None:
    """Put the present ID in the place of every old one, and keep it so until the transaction ends.

    Args:
        key: The item that rows are found by.
    """
    turns.share()
    wanted: dict[RecordType, set[str]] = defaultdict(set)
    for row in rows:
        for kind, values, name in _ids_of(row, record_type):
            wanted[kind].add(values[name])
    current = {kind: aliases.current_ids(kind, ids) for kind, ids in wanted.items()}
    if not any(current.values()):
        return
    for row in rows:
        for kind, values, name in _ids_of(row, record_type):
            values[name] = current[kind].get(values[name], values[name])
        if key == "external_id" and row.key:
            row.key = row.columns.get("external_id", row.key)


def _ids_of(
    row: ParsedRow, record_type: RecordType
) -> Iterator[tuple[RecordType, MutableMapping[str, Any], str]]:
    """Where external IDs stand in the row, and of which type they are."""
    if row.columns.get("external_id"):
        yield record_type, row.columns, "external_id"
    for name, kind in _NAMED.items():
        if row.references.get(name):
            yield kind, row.references, name
