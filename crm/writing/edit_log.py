"""What 操作履歴 says of rows that a person wrote or deleted; their contents go when they go."""

from collections.abc import Collection, Iterable
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from audit import contents, recording
from audit.kinds import Kind
from audit.recording import Document, Thing
from common.types import ItemValue, RecordType, UserRef
from crm import changes
from crm.models import Department, Lead
from crm.writing.departments import subtree

#: External IDs that an entry names; of more it says how many.
NAMED = 20


def values_of(record_type: RecordType, row_id: int, items: Iterable[str]) -> Document:
    """What the row says in these items, as JSON."""
    keys = sorted(items)
    found = changes.load(record_type, [row_id], item_keys=keys, viewer_id=None)
    values = next((record.values for record in found), {})
    return {key: _as_json(values.get(key)) for key in keys if key in values}


def record_edit(
    record_type: RecordType, row_id: int, *, before: Document, after: Document, is_new: bool
) -> None:
    """Write down what a person changed in one row."""
    label = next(
        (
            record.label
            for record in changes.load(record_type, [row_id], item_keys=[], viewer_id=None)
        ),
        "",
    )
    kind = Kind.DATA_ADD if is_new else Kind.DATA_EDIT
    changed = {key for key in {*before, *after} if before.get(key) != after.get(key)}
    recording.record(
        kind,
        Thing(label=label, record_type=record_type, row_id=row_id),
        before={key: before[key] for key in sorted(changed) if key in before},
        after={key: after[key] for key in sorted(changed) if key in after},
    )


def record_deletion(record_type: RecordType, ids: Collection[int]) -> None:
    """Write down that these rows go, and forget what they and all below them said."""
    rows = changes.model_of(record_type)._default_manager.filter(pk__in=ids)
    external_ids = list(rows.order_by("pk").values_list("external_id", flat=True)[:NAMED])
    recording.record(
        Kind.DATA_DELETE,
        Thing(record_type=record_type),
        count=len(ids),
        external_ids=[one for one in external_ids if one],
    )
    contents.erase_rows(record_type, ids)
    if record_type is RecordType.COMPANY:
        for model, below in ((Department, RecordType.DEPARTMENT), (Lead, RecordType.LEAD)):
            found = model._default_manager.filter(company__in=ids)
            contents.erase_rows(below, found.values_list("pk", flat=True))
    if record_type is RecordType.DEPARTMENT:
        contents.erase_rows(record_type, subtree(ids))


def _as_json(value: ItemValue) -> Any:
    if isinstance(value, UserRef):
        return value.email
    if isinstance(value, tuple):
        return [_as_json(part) for part in value]
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    return f"{value:f}" if isinstance(value, Decimal) else value
