"""Records as they go out: every item with its value, in the form in which it comes in."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import orjson
from django.http import HttpResponse

from common.types import ItemValue, RecordType, UserRef
from crm import changes
from crm.catalogue import items_of


def respond(value: Any, *, status: int = 200) -> HttpResponse:
    """The value as JSON. Values of thousands of cells, so nothing checks or copies them first."""
    return HttpResponse(orjson.dumps(value), status=status, content_type="application/json")


def records_of(record_type: RecordType, ids: Sequence[int]) -> list[dict[str, Any]]:
    """Item key → value of the rows of these ids, in their order."""
    keys = [item.key for item in items_of(record_type)]
    loaded = changes.load(record_type, ids, item_keys=keys, viewer_id=None)
    return [{key: as_json(value) for key, value in record.values.items()} for record in loaded]


def as_json(value: ItemValue) -> Any:
    """The value as JSON has it; a number digit by digit, a user by e-mail, a moment in UTC."""
    if isinstance(value, Decimal):
        return orjson.Fragment(f"{value:f}")
    if isinstance(value, UserRef):
        return value.email
    if isinstance(value, tuple):
        return [as_json(entry) for entry in value]
    if isinstance(value, datetime):
        return moment(value)
    if isinstance(value, (date, time)):
        return value.isoformat()
    return value


def moment(value: datetime | None) -> str | None:
    """2026-11-22T05:05:00Z: without a plus sign, which addresses would have to escape."""
    if value is None:
        return None
    return value.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
