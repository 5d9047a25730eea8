"""Records as they come in, made into rows for `crm.writing`; one that does not fit is refused."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from django.utils.translation import gettext as _

from api.problems import ApiError
from common.problems import quote
from common.types import Kind, RecordType
from crm.catalogue import Item, items_by_key
from crm.writing import IncomingRow, RowProblem, RowResult, upsert
from crm.writing.results import refused

MOST_RECORDS: Final = 1000
KEY: Final = "external_id"

_LISTS: Final = frozenset({Kind.CHOICES, Kind.ROWS, Kind.USERS})


def records_in(value: Any) -> Sequence[Any]:
    """The records of a body.

    Raises:
        ApiError: it has none, or more than a thousand.
    """
    records = value.get("records") if isinstance(value, dict) else None
    if not isinstance(records, list):
        raise ApiError(
            422,
            "no-records",
            title=_("データがありません"),
            detail=_('{"records": [{"external_id": …}, …]}の形で送信してください。'),
            errors=[{"pointer": "/records", "detail": _("リストを指定してください。")}],
        )
    if len(records) > MOST_RECORDS:
        raise ApiError(
            422,
            "too-many-records",
            title=_("データが多すぎます"),
            detail=_("1回に送信できるのは%(limit)s件までです。分割して送信してください。")
            % {"limit": f"{MOST_RECORDS:,}"},
            errors=[{"pointer": "/records", "detail": f"{len(records):,}"}],
        )
    return records


def write(record_type: RecordType, records: Sequence[Any]) -> list[RowResult]:
    """Insert or update them by their external ID, in their order; one result for each.

    Raises:
        UnknownItemError: an item was deleted while they were written.
    """
    items = items_by_key(record_type)
    read = [_read(record, items=items) for record in records]
    rows = [row for row in read if not isinstance(row, RowResult)]
    written = iter(upsert(record_type, rows, key=KEY).results)
    return [row if isinstance(row, RowResult) else next(written) for row in read]


def _read(record: Any, *, items: Mapping[str, Item]) -> IncomingRow | RowResult:
    """The record as a row, or its refusal."""
    if not isinstance(record, dict):
        return refused(RowProblem(item="", label="", reason=_("項目名と値の組ではありません。")))
    row: dict[str, Any] = {KEY: record.get(KEY)}
    problems = []
    for key, value in record.items():
        item = items.get(key)
        problem = _problem(value, item=item)
        if problem:
            label = item.label if item else quote(key)
            problems.append(RowProblem(item=quote(key), label=label, reason=problem))
        row[key] = value
    return refused(*problems) if problems else row


def _problem(value: Any, *, item: Item | None) -> str:
    """Why the item cannot take the value, whatever the value says; "" if it may."""
    if item is None:
        return _("この項目はありません。項目のキーは/api/v1/itemsで確認できます。")
    if not item.writable:
        return _("この項目は変更できません。送信するデータから除いてください。")
    if isinstance(value, list):
        if item.kind not in _LISTS:
            return _("リストではなく、1つの値を指定してください。")
        if not all(isinstance(entry, str) for entry in value):
            return _("リストには文字列だけを指定してください。")
    elif isinstance(value, dict):
        return _("文字列、数値、真偽値、null、文字列のリストのどれかを指定してください。")
    return ""
