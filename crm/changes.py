"""Source rows as the sync sees them."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from django.db.models import BooleanField, Case, Prefetch, QuerySet, Value, When
from django.db.models.expressions import Combinable

from common.types import ItemValues, Kind, RecordType, UserRef
from crm.catalogue import Item, UnknownItemError, items_by_key
from crm.catalogue.company import DEPARTMENTS
from crm.labels import row_label
from crm.models import Company, Department, Lead, Member, SourceRow
from crm.visibility import visible_to

#: Rows held in memory at a time.
CHUNK: Final = 500

_MODELS: Final[Mapping[RecordType, type[SourceRow]]] = {
    RecordType.COMPANY: Company,
    RecordType.DEPARTMENT: Department,
    RecordType.LEAD: Lead,
}

#: Relations that are read along with the row itself, by the first part of an item's key.
_JOINED: Final = frozenset({"company", "department", "parent", "owner"})


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRecord:
    """One row: its items' values, and whether the sync user may see it."""

    id: int
    version: int
    label: str
    """What a person calls it: a company's name, a lead's name with its company."""
    external_id: str
    visible: bool
    values: ItemValues


def model_of(record_type: RecordType) -> type[SourceRow]:
    """The model whose rows are of that type: for SQL over ids, versions, times; not for writing."""
    return _MODELS[record_type]


def load(
    record_type: RecordType,
    ids: Collection[int],
    *,
    item_keys: Sequence[str],
    viewer_id: int | None,
) -> Iterator[SourceRecord]:
    """The rows of these ids (any that are gone are left out), in the order of their id.

    Args:
        item_keys: Which items' values to read; related rows are loaded in a fixed number of queries
            per `CHUNK` rows.
        viewer_id: The sync user's member id; decides `visible` of leads. None: no lead is visible.
            Companies and departments are visible to everyone.

    Raises:
        UnknownItemError: one of the items is not there (a custom item was deleted).
    """
    catalogue = items_by_key(record_type)
    missing = [key for key in item_keys if key not in catalogue]
    if missing:
        raise UnknownItemError(record_type, missing[0])
    items = [catalogue[key] for key in dict.fromkeys(item_keys)]
    return _records(record_type, sorted(set(ids)), items=items, viewer_id=viewer_id)


def _records(
    record_type: RecordType, ids: Sequence[int], *, items: Sequence[Item], viewer_id: int | None
) -> Iterator[SourceRecord]:
    query = _query(record_type, items=items, viewer_id=viewer_id)
    for start in range(0, len(ids), CHUNK):
        rows = list(query.filter(pk__in=ids[start : start + CHUNK]).order_by("pk"))
        _lay_members(rows, items=items)
        for row in rows:
            yield SourceRecord(
                id=row.pk,
                version=row.version,
                label=row_label(record_type, row),
                external_id=row.external_id or "",
                visible=row.is_visible,
                values={item.key: item.getter(row) for item in items},
            )


def _query(
    record_type: RecordType, *, items: Sequence[Item], viewer_id: int | None
) -> QuerySet[Any]:
    """The rows with everything that these items and the label read; versions come first.

    The row itself and what is joined to it are one statement, so that a version never stands beside
    values that are older than it. What is read after it can only be newer: harmless, since the
    version that came with it will differ.
    """
    relations = {item.key.split(".")[0] for item in items if not item.key.startswith("custom.")}
    joined = relations & _JOINED
    if record_type is not RecordType.COMPANY:
        joined |= {"company"}
    query: QuerySet[Any] = model_of(record_type)._default_manager.all()
    if joined:
        query = query.select_related(*sorted(joined))
    if "departments" in relations:
        in_order = Department.objects.order_by("path", "pk")
        query = query.prefetch_related(
            Prefetch("departments", queryset=in_order, to_attr=DEPARTMENTS)
        )
    if "groups" in relations:
        query = query.prefetch_related("groups")
    annotated: QuerySet[Any] = query.annotate(is_visible=_visible(record_type, viewer_id=viewer_id))
    return annotated


def _visible(record_type: RecordType, *, viewer_id: int | None) -> Combinable:
    if record_type is not RecordType.LEAD:
        return Value(value=True, output_field=BooleanField())
    if viewer_id is None:
        return Value(value=False, output_field=BooleanField())
    # Not the bare condition: a comparison with NULL (no owner) is neither true nor false in SQL.
    seen = When(visible_to(viewer_id), then=Value(value=True))
    return Case(seen, default=Value(value=False), output_field=BooleanField())


def _lay_members(rows: Sequence[SourceRow], *, items: Sequence[Item]) -> None:
    """Give the rows the members that their custom items of users name, by one query."""
    keys = [
        item.key.removeprefix("custom.")
        for item in items
        if item.key.startswith("custom.") and item.kind in (Kind.USER, Kind.USERS)
    ]
    if not keys:
        return
    emails: set[str] = set()
    for row in rows:
        for key in keys:
            stored = row.custom.get(key) or []
            emails.update(stored if isinstance(stored, list) else [stored])
    known = {
        member.email: UserRef(name=member.name, email=member.email, login=member.login)
        for member in Member.objects.filter(email__in=emails)
    }
    for row in rows:
        row.known_members = MappingProxyType(known)
