"""Raising the version of rows whose related values changed, as the catalogue declares it."""

from collections.abc import Collection, Mapping
from datetime import datetime
from functools import cache
from typing import Any, Final, TypeAlias

from django.db.models import F, Model

from common.types import Kind, RecordType
from crm.catalogue import standard_items_of
from crm.changes import model_of
from crm.models import Company, CustomItem, Department, Lead

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


def touch_dependents(origin: str, changes: Changes, *, now: datetime) -> None:
    """Raise the version of every row that shows a changed column: one UPDATE per type.

    Args:
        origin: `company`, `department` or `member`.
    """
    for dependent, pointer in _POINTERS.get(origin, ()):
        columns = watched(dependent, origin)
        ids = [pk for pk, changed in changes.items() if columns.intersection(changed)]
        if ids:
            touch(model_of(dependent), now=now, **{f"{pointer}__in": ids})


def touch_companies(ids: Collection[int], *, now: datetime) -> None:
    """Raise the version of companies whose departments (items `departments.*`) changed."""
    if ids:
        touch(Company, now=now, pk__in=ids)


def touch_custom_users(email: str, *, now: datetime) -> None:
    """Raise the version of rows whose custom items of users name the member of that e-mail."""
    kinds = (Kind.USER, Kind.USERS)
    for definition in CustomItem.objects.filter(kind__in=kinds):
        model = model_of(RecordType(definition.record_type))
        touch(model, now=now, **{f"custom__{definition.key}__icontains": email})


def touch(model: type[Model], *, now: datetime, **condition: Any) -> int:
    """Raise version and `changed_at` of the rows that meet the condition; how many.

    Locked in the order of their id, so that two fan-outs over the same rows wait for each other
    instead of blocking each other.
    """
    rows: Any = model._default_manager
    locked = rows.filter(**condition).select_for_update(no_key=True).order_by("pk")
    raised: int = rows.filter(pk__in=locked.values("pk")).update(
        version=F("version") + 1, changed_at=now
    )
    return raised


def lose_owner(member_id: int, *, now: datetime) -> None:
    """Take the member off the companies and leads that it owns: a change of their own content."""
    _change(Company, {"owner_id": None}, now=now, owner_id=member_id)
    _change(Lead, {"owner_id": None}, now=now, owner_id=member_id)


def lose_departments(ids: Collection[int], *, now: datetime) -> None:
    """Take the leads of these departments out of them."""
    _change(Lead, {"department_id": None}, now=now, department_id__in=ids)


def move_leads(ids: Collection[int], *, company_id: int, now: datetime) -> None:
    """Let the leads of these departments belong to the company that the departments moved to."""
    _change(Lead, {"company_id": company_id}, now=now, department_id__in=ids)


def _change(
    model: type[Company | Department | Lead],
    values: Mapping[str, Any],
    *,
    now: datetime,
    **condition: Any,
) -> None:
    rows: Any = model._default_manager
    locked = rows.filter(**condition).select_for_update(no_key=True).order_by("pk")
    rows.filter(pk__in=locked.values("pk")).update(
        version=F("version") + 1, changed_at=now, updated_at=now, **values
    )
