"""Everything that writes customer data: nothing else does, and nothing happens in `save`.

What is written compares with what is stored: a row that is the same is not touched at all; one that
changed gets the next version; rows that show its values get theirs in the same transaction.
"""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Final, TypeVar

from django.db import DataError, IntegrityError, OperationalError, connection, transaction
from django.utils.translation import gettext as _

from common import planner
from common.clock import now as clock_now
from common.types import Kind, RecordType
from crm.catalogue import UnknownItemError, items_by_key
from crm.changes import model_of
from crm.models import Department
from crm.searching.finding import SEARCHES
from crm.writing import edit_log
from crm.writing.departments import subtree
from crm.writing.fanout import lose_departments, touch_companies
from crm.writing.members import delete_member, save_member
from crm.writing.parse import REFERENCES
from crm.writing.results import (
    IncomingRow,
    RowOutcome,
    RowProblem,
    RowResult,
    WriteReport,
    refused,
)
from crm.writing.rows import Chunk, judge_chunk, write_chunk

__all__ = [
    "CHUNK",
    "IncomingRow",
    "RowOutcome",
    "RowProblem",
    "RowResult",
    "WriteReport",
    "delete",
    "delete_member",
    "in_transaction",
    "key_items",
    "rehearse",
    "save_member",
    "save_one",
    "upsert",
]

#: Rows that are written in one transaction.
CHUNK: Final = 500

#: How often a transaction that the database gave up (two waited for each other) is begun again.
_ATTEMPTS: Final = 3

#: PostgreSQL's codes for that: deadlock, serialization failure.
_GIVEN_UP: Final = frozenset({"40P01", "40001"})

_KEY_KINDS: Final = frozenset({Kind.TEXT, Kind.EMAIL, Kind.PHONE, Kind.URL})

T = TypeVar("T")


def key_items(record_type: RecordType) -> Sequence[str]:
    """The items by which incoming rows may be found: its own texts of one line, and `id`."""
    return [
        key
        for key, item in items_by_key(record_type).items()
        if key == "id" or (item.writable and item.kind in _KEY_KINDS and key not in REFERENCES)
    ]


def upsert(
    record_type: RecordType,
    rows: Sequence[IncomingRow],
    *,
    key: str = "external_id",
    now: datetime | None = None,
) -> WriteReport:
    """Insert or update source rows, found by `key`; one result per row, in the order given.

    Rows are written in chunks of `CHUNK`, each in one transaction. A row that does not fit is
    refused as a whole and does not hold back the others. A department may come before its parent.

    Args:
        key: One of `key_items`. By `id` nothing is inserted.

    Raises:
        UnknownItemError: `key` or an item of a row is not there, or nobody may fill it.
    """
    items = items_by_key(record_type)
    if key not in key_items(record_type):
        raise UnknownItemError(record_type, key)
    chunk = Chunk(record_type=record_type, items=items, key=key, now=now or clock_now())
    results: list[RowResult] = []
    for start in range(0, len(rows), CHUNK):
        written = _write(rows[start : start + CHUNK], chunk=chunk)
        if any(result.outcome is RowOutcome.CREATED for result in written):
            # A million rows come in before autovacuum does: keys would be looked up as in a table
            # of a few pages, by reading an index from end to end.
            planner.look_at(model_of(record_type), SEARCHES[record_type])
        results += written
    _write_waiting(rows, results, chunk=chunk)
    return WriteReport(results=tuple(results))


def rehearse(
    record_type: RecordType,
    rows: Sequence[IncomingRow],
    *,
    key: str = "external_id",
    now: datetime | None = None,
    explain: bool = False,
) -> WriteReport:
    """What `upsert` would do with these rows, at most `CHUNK`; nothing stays written.

    Rows that wait for others of the same delivery are refused here: see `RowResult.waits`.

    Args:
        explain: Whether the results tell what changes, at the cost of statements for each row.

    Raises:
        UnknownItemError: as `upsert`.
    """
    items = items_by_key(record_type)
    if key not in key_items(record_type):
        raise UnknownItemError(record_type, key)
    chunk = Chunk(
        record_type=record_type, items=items, key=key, now=now or clock_now(), explain=explain
    )
    with transaction.atomic():
        results = judge_chunk(rows, chunk=chunk)
        transaction.set_rollback(True)
    return WriteReport(results=tuple(results))


def save_one(
    record_type: RecordType,
    values: IncomingRow,
    *,
    row_id: int | None = None,
    now: datetime | None = None,
) -> RowResult:
    """Change the row of that id, or add a new one; refused with its problems if it does not fit.

    Raises:
        UnknownItemError: an item is not there, or nobody may fill it.
    """
    key = None if row_id is None else "id"
    row = values if row_id is None else {"id": row_id, **values}
    items = items_by_key(record_type)
    chunk = Chunk(record_type=record_type, items=items, key=key, now=now or clock_now())

    def work() -> RowResult:
        known = {} if row_id is None else edit_log.values_of(record_type, row_id, values)
        result = _write([row], chunk=chunk)[0]
        if result.id is not None and result.outcome in (RowOutcome.CREATED, RowOutcome.UPDATED):
            edit_log.record_edit(
                record_type,
                result.id,
                before=known,
                after=edit_log.values_of(record_type, result.id, values),
                is_new=row_id is None,
            )
        return result

    return in_transaction(work)


def delete(record_type: RecordType, ids: Collection[int], *, now: datetime | None = None) -> int:
    """Delete these rows, and all below a company or department; how many of them were there.

    Deletions are not carried over to kintone. Leads of a deleted department stay, without it.
    """
    moment = now or clock_now()

    def work() -> int:
        rows = model_of(record_type)._default_manager.filter(pk__in=ids)
        found = list(rows.select_for_update().order_by("pk").values_list("pk", flat=True))
        if found:
            edit_log.record_deletion(record_type, found)
        if record_type is RecordType.DEPARTMENT:
            _leave_departments(found, now=moment)
        rows.delete()
        return len(found)

    return in_transaction(work)


def _leave_departments(ids: Collection[int], *, now: datetime) -> None:
    gone = subtree(ids)
    companies = Department.objects.filter(pk__in=gone).values_list("company_id", flat=True)
    touch_companies(set(companies), now=now)
    lose_departments(gone, now=now)


def _write_waiting(rows: Sequence[IncomingRow], results: list[RowResult], *, chunk: Chunk) -> None:
    """Try rows that waited for others of the same delivery again, as long as that gets further."""
    waiting = [index for index, result in enumerate(results) if result.waits]
    while waiting:
        for start in range(0, len(waiting), CHUNK):
            part = waiting[start : start + CHUNK]
            for index, result in zip(
                part, _write([rows[i] for i in part], chunk=chunk), strict=True
            ):
                results[index] = result
        still = [index for index in waiting if results[index].waits]
        if len(still) == len(waiting):
            return
        waiting = still


def _write(rows: Sequence[IncomingRow], *, chunk: Chunk) -> list[RowResult]:
    """One chunk in one transaction; row by row where the database refuses one of them."""
    try:
        return in_transaction(lambda: write_chunk(rows, chunk=chunk))
    except (IntegrityError, DataError):
        if len(rows) > 1:
            return [result for row in rows for result in _write([row], chunk=chunk)]
    try:
        # Whoever came first has committed by now: this time its row is found.
        return in_transaction(lambda: write_chunk(rows, chunk=chunk))
    except (IntegrityError, DataError):
        reason = _("データベースに保存できませんでした。値を確かめてください。")
        return [refused(RowProblem(item="", label="", reason=reason))]


def in_transaction(work: Callable[[], T]) -> T:
    """What `work` returns, committed; begun again when the database gave it up for a deadlock."""
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            with transaction.atomic():
                return work()
        except OperationalError as error:
            state = getattr(error.__cause__, "sqlstate", "")
            if state not in _GIVEN_UP or attempt == _ATTEMPTS or connection.in_atomic_block:
                raise
    raise AssertionError  # the last attempt returned or raised
