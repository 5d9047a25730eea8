"""One row goes into another: what belonged to it belongs to the other one now, and it is gone."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from audit import contents
from common.types import RecordType
from crm.changes import model_of
from crm.labels import LABEL_COLUMNS, row_label
from crm.models import Department, Lead, LikelyDuplicate, MergedRow
from crm.writing.departments import carry_down, join, subtree
from crm.writing.fanout import (
    change_rows,
    touch,
    touch_companies,
    touch_dependents,
)
from crm.writing.searching import keep_searchable


class MergeRefusedError(Exception):
    """The two cannot become one; `str()` says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """A row that went into another one, by their primary keys."""

    record_type: RecordType
    row_id: int
    into_id: int


def merge_rows(record_type: RecordType, row_id: int, *, into_id: int, now: datetime) -> Merged:
    """Let the row go into the other one, whose values stay as they are.

    Must run in a transaction, with `turns.alone`.

    Raises:
        MergeRefusedError: one of them is not there, or the department would be its own ancestor.
    """
    rows = _locked(record_type, {row_id, into_id})
    if len(rows) < 2:
        raise MergeRefusedError(_("データが見つかりません。すでに統合または削除されています。"))
    row, survivor = rows[row_id], rows[into_id]
    if isinstance(row, Department):
        _move_departments(row, survivor, now=now)
    elif record_type is RecordType.COMPANY:
        _move_belongings(row_id, into_id, now=now)
    label = row_label(record_type, row)[:255]
    contents.erase_rows(record_type, [row_id])
    model_of(record_type)._default_manager.filter(pk=row_id).delete()
    touch(model_of(record_type)._default_manager.filter(pk=into_id), now=now)
    MergedRow.objects.filter(record_type=record_type, into_id=row_id).update(into_id=into_id)
    MergedRow.objects.create(
        record_type=record_type,
        row_id=row_id,
        into_id=into_id,
        external_id=row.external_id or "",
        label=label,
        merged_at=now,
    )
    _repoint_duplicates(record_type, row_id, into_id)
    return Merged(record_type=record_type, row_id=row_id, into_id=into_id)


def _locked(record_type: RecordType, ids: Collection[int]) -> dict[int, Any]:
    joined = {name.rpartition("__")[0] for name in LABEL_COLUMNS[record_type] if "__" in name}
    rows = model_of(record_type)._default_manager.filter(pk__in=ids)
    locked = rows.select_related(*sorted(joined)) if joined else rows
    return {row.pk: row for row in locked.select_for_update(of=("self",)).order_by("pk")}


def _move_belongings(company_id: int, into_id: int, *, now: datetime) -> None:
    moved = {"changed_at": now, "updated_at": now, "company_id": into_id}
    for record_type in (RecordType.DEPARTMENT, RecordType.LEAD):
        all_rows: QuerySet[Any] = model_of(record_type)._default_manager.all()
        rows = all_rows.filter(company_id=company_id)
        ids = list(rows.values_list("pk", flat=True))
        change_rows(rows, **moved)
        keep_searchable(record_type, ids)
    touch_companies([into_id], now=now)


def _move_departments(row: Department, survivor: Department, *, now: datetime) -> None:
    """Departments and leads below the one go below the other, into its company if it has another.

    Raises:
        MergeRefusedError: the other one is below it.
    """
    if survivor.pk in subtree([row.pk]):
        raise MergeRefusedError(
            _("統合先が、統合する部署の下位にあります。先に上位部署を変更してください。")
        )
    children = list(
        Department.objects.filter(parent=row).select_for_update(no_key=True).order_by("pk")
    )
    for child in children:
        child.parent, child.company_id = survivor, survivor.company_id
        child.path = join(survivor.path, child.name)
        child.version += 1
        child.updated_at = child.changed_at = now
    Department.objects.bulk_update(
        children,
        ["parent", "company", "path", "version", "updated_at", "changed_at"],
        batch_size=500,
    )
    changes: dict[int, set[str]] = {
        child.pk: {"parent_id", "company_id", "path"} for child in children
    }
    below = carry_down(changes, now=now)
    touch_dependents("department", {**changes, **below}, now=now, raised=[*changes, *below])
    keep_searchable(RecordType.DEPARTMENT, [*changes, *below])
    leads = list(Lead.objects.filter(department=row).values_list("pk", flat=True))
    change_rows(
        Lead.objects.filter(department=row),
        changed_at=now,
        updated_at=now,
        department_id=survivor.pk,
        company_id=survivor.company_id,
    )
    keep_searchable(RecordType.LEAD, leads)
    touch_companies({row.company_id, survivor.company_id}, now=now)


def _repoint_duplicates(record_type: RecordType, row_id: int, into_id: int) -> None:
    """What looked like the row looks like the other one; what is known of it already stays."""
    of_row = LikelyDuplicate.objects.filter(
        Q(first_id=row_id) | Q(second_id=row_id), record_type=record_type
    )
    pairs = []
    for pair in of_row:
        other = pair.second_id if pair.first_id == row_id else pair.first_id
        if other != into_id:
            pair.pk = None
            pair.first_id, pair.second_id = sorted((other, into_id))
            pairs.append(pair)
    of_row.delete()
    LikelyDuplicate.objects.bulk_create(pairs, ignore_conflicts=True)
