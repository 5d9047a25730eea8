"""Raising the version of rows whose related values changed, as the catalogue declares it."""

from collections.abc import Collection, Mapping
from datetime import datetime
from functools import cache
from typing import Any, Final, TypeAlias

from django.db.models import F, QuerySet, TextField
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast

from common.types import Kind, RecordType
from crm.catalogue import standard_items_of
from crm.changes import model_of
from crm.models import Company, CustomItem, Lead
from crm.writing.searching import keep_searchable

#: Id of a changed row → its columns that changed.
Changes: TypeAlias = Mapping[int, Collection[str]]

#: Type of the changed row → who points to it, and by which column.
_POINTERS: Final[Mapping[str, tuple[tuple[RecordType, str], ...]]] = {
    "company": ((RecordType.DEPARTMENT, "company_id"), (RecordType.LEAD, "company_id")),
    "department": ((RecordType.DEPARTMENT, "parent_id"), (RecordType.LEAD, "department_id")),
    "member": ((RecordType.COMPANY, "owner_id"), (RecordType.LEAD, "owner_id")),
}


@cache
def watched(dependent: RecordType, origin: str) -> frozenset[str]:
    """The columns of `origin` rows that standard items of `dependent` read."""
    return frozenset(
        column
        for item in standard_items_of(dependent)
        for kind, column in (dependency.split(".") for dependency in item.depends_on)
        if kind == origin
    )


def touch_dependents(
    origin: str, changes: Changes, *, now: datetime, raised: Collection[int] = ()
) -> None:
    """Raise the version of every row that shows a changed column: one UPDATE per type.

    Args:
        origin: `company`, `department` or `member`.
        raised: Rows of the same type whose version this change raised already.
    """
    for dependent, pointer in _POINTERS.get(origin, ()):
        columns = watched(dependent, origin)
        ids = [pk for pk, changed in changes.items() if columns.intersection(changed)]
        if ids:
            rows = model_of(dependent)._default_manager.filter(**{f"{pointer}__in": ids})
            touch(rows.exclude(pk__in=raised) if dependent == origin else rows, now=now)


def touch_companies(ids: Collection[int], *, now: datetime) -> None:
    """Raise the version of companies whose departments (items `departments.*`) changed."""
    if ids:
        touch(Company.objects.filter(pk__in=ids), now=now)


def touch_custom_users(email: str, *, now: datetime) -> None:
    """Raise the version of rows whose custom items of users name the member of that e-mail."""
    for definition in CustomItem.objects.filter(kind__in=(Kind.USER, Kind.USERS)):
        rows = model_of(RecordType(definition.record_type))._default_manager
        text = Cast(KeyTextTransform(definition.key, "custom"), TextField())
        touch(rows.alias(named=text).filter(named__icontains=email), now=now)


def touch(rows: QuerySet[Any], *, now: datetime) -> None:
    """Raise version and `changed_at` of these rows."""
    change_rows(rows, changed_at=now)


def lose_owner(member_id: int, *, now: datetime) -> None:
    """Take the member off the companies and leads that it owns: a change of their own content."""
    for rows in (Company.objects.all(), Lead.objects.all()):
        change_rows(rows.filter(owner_id=member_id), changed_at=now, updated_at=now, owner_id=None)


def lose_departments(ids: Collection[int], *, now: datetime) -> None:
    """Take the leads of these departments out of them."""
    leads = Lead.objects.filter(department_id__in=ids)
    change_rows(leads, changed_at=now, updated_at=now, department_id=None)


def move_leads(ids: Collection[int], *, company_id: int, now: datetime) -> None:
    """Let the leads of these departments belong to the company that the departments moved to."""
    leads = Lead.objects.filter(department_id__in=ids)
    change_rows(leads, changed_at=now, updated_at=now, company_id=company_id)
    keep_searchable(RecordType.LEAD, leads.values_list("pk", flat=True))


def change_rows(rows: QuerySet[Any], **values: Any) -> None:
    """Set these columns and raise the version, by one UPDATE.

    The rows are locked in the order of their id, so that two fan-outs over the same rows wait for
    each other instead of blocking each other.
    """
    locked = rows.select_for_update(no_key=True).order_by("pk").values("pk")
    everything: Any = rows.model._default_manager
    everything.filter(pk__in=locked).update(version=F("version") + 1, **values)
