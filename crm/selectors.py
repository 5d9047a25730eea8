"""Lists for the pages of `crm`, each in a fixed number of queries however much data there is."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any, Generic, TypeVar

from django.db.models import Model, Q, QuerySet

from common.types import ItemValue, ItemValues, Kind, RecordType
from crm import changes
from crm.catalogue import items_of
from crm.changes import model_of
from crm.models import Company, CustomItem, ImportRun, Member, SourceRow
from crm.searching.finding import holding, matches
from crm.searching.texts import words_of

PAGE_SIZE = 50
#: Matches of a search are counted up to here: beyond it the exact number helps nobody.
COUNT_LIMIT = 10_000
#: Seconds for which the number of many rows is good enough.
COUNTED_ANEW = 60
_counted: dict[RecordType, tuple[float, int]] = {}
IMPORTS_LISTED = 20

MODELS = {record_type: model_of(record_type) for record_type in RecordType}
RELATED = {
    RecordType.COMPANY: ("owner",),
    RecordType.DEPARTMENT: ("company",),
    RecordType.LEAD: ("company", "department", "owner"),
}
RowT = TypeVar("RowT", bound=Model)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[RowT]):
    """Some rows of a list in the order of their ids, and where to go on."""

    rows: Sequence[RowT]
    before: int | None
    """Rows with lower ids exist: the page before ends before this id. None: this is the first."""
    after: int | None
    """Rows with higher ids exist: the next page begins after this id. None: this is the last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Rows of one type, and how many they are where that was asked."""

    rows: QuerySet[Any]
    count: int | None = None
    """At most one more than `COUNT_LIMIT`; None where nothing was searched for."""
    beside: str = ""
    """The row's id in the table that is read along with it; see `page_of`."""


def search_records(record_type: RecordType, asked: str, *, company: Company | None = None) -> Found:
    """The rows of a type, of `company` if given, in which every word asked for is found."""
    rows: QuerySet[Any] = model_of(record_type)._default_manager.select_related(
        *RELATED[record_type]
    )
    words = words_of(asked)
    if company and record_type is not RecordType.COMPANY:
        of_company = holding(rows.filter(company=company), words)
        return Found(rows=of_company, count=count_up_to_limit(of_company))
    if not words:
        return Found(rows=rows)
    found = matches(record_type, words, most=COUNT_LIMIT)
    if found.more:
        beyond = rows.filter(pk__gte=found.lowest)
        rows = holding(beyond, words)
        return Found(rows=rows, count=COUNT_LIMIT + 1, beside="search__pk")
    return Found(rows=rows.filter(pk__in=found.ids), count=len(found.ids))


def find_company(pk: int | None) -> Company | None:
    """The company of that id, None if there is none."""
    return None if pk is None else Company.objects.filter(pk=pk).first()


def find_record(record_type: RecordType, pk: int) -> SourceRow | None:
    """One row with the rows that it points to."""
    rows = model_of(record_type)._default_manager.select_related(*RELATED[record_type])
    return rows.filter(pk=pk).first()


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownItem:
    """One item of one row, for reading."""

    key: str
    label: str
    kind: Kind
    value: ItemValue


def shown_items(record_type: RecordType, pk: int) -> list[ShownItem]:
    """Every item of the row with its value; nothing if the row is gone."""
    values = values_of(record_type, pk)
    return [
        ShownItem(key=item.key, label=item.label, kind=item.kind, value=values[item.key])
        for item in items_of(record_type)
        if item.key in values
    ]


def values_of(record_type: RecordType, pk: int) -> ItemValues:
    """Item key → value for every item of the row; nothing if the row is gone."""
    keys = [item.key for item in items_of(record_type)]
    records = changes.load(record_type, [pk], item_keys=keys, viewer_id=None)
    return next((record.values for record in records), {})


def belonging_to(company: Company) -> dict[str, int]:
    """How many `departments` and `leads` the company has."""
    return {"departments": company.departments.count(), "leads": company.leads.count()}


def owned_by(member: Member) -> dict[str, int]:
    """How many `companies` and `leads` the member looks after."""
    return {"companies": member.companies.count(), "leads": member.leads.count()}


def imports_of(record_type: RecordType) -> QuerySet[ImportRun]:
    """The newest imports of a type that were begun, without their refused lines."""
    begun = ImportRun.objects.filter(record_type=record_type).exclude(status=ImportRun.Status.DRAFT)
    return begun.select_related("account").defer("refused")[:IMPORTS_LISTED]


def search_members(words: str) -> QuerySet[Member]:
    """The members in whose name, address, login or section every one of `words` is found."""
    found = Member.objects.prefetch_related("groups")
    for word in words.split()[:10]:
        columns = ("name", "email", "login", "section")
        found = found.filter(
            reduce(or_, (Q(**{f"{column}__icontains": word}) for column in columns))
        )
    return found


def page_of(
    found: QuerySet[RowT],
    *,
    after: int | None = None,
    before: int | None = None,
    beside: str = "",
) -> Page[RowT]:
    """The rows that follow the id `after`, or precede `before`; the first ones without either.

    Args:
        beside: Another column that always says the id. PostgreSQL does not see that a table which
            is read along with the rows need not be read from its beginning.
    """
    ids = ("pk", beside) if beside else ("pk",)
    if before is not None:
        earlier = found.filter(**{f"{name}__lt": before for name in ids})
        rows = list(earlier.order_by("-pk")[: PAGE_SIZE + 1])
        more, rows = len(rows) > PAGE_SIZE, rows[:PAGE_SIZE][::-1]
        return Page(
            rows=rows,
            before=rows[0].pk if more else None,
            after=rows[-1].pk if rows else before - 1,
        )
    if after is not None:
        found = found.filter(**{f"{name}__gt": after for name in ids})
    rows = list(found.order_by("pk")[: PAGE_SIZE + 1])
    more, rows = len(rows) > PAGE_SIZE, rows[:PAGE_SIZE]
    first = rows[0].pk if rows else (after or 0) + 1
    return Page(
        rows=rows, before=None if after is None else first, after=rows[-1].pk if more else None
    )


def counts() -> dict[RecordType, int]:
    """How many rows each type has; beyond `COUNT_LIMIT` as of `COUNTED_ANEW` ago at most."""
    return {kind: _count(kind) for kind in RecordType}


def _count(kind: RecordType) -> int:
    rows = model_of(kind)._default_manager.all()
    few = count_up_to_limit(rows)
    if few <= COUNT_LIMIT:
        return few
    now = time.monotonic()
    counted_at, count = _counted.get(kind, (-COUNTED_ANEW, 0))
    if now - counted_at >= COUNTED_ANEW:
        count = rows.count()
        _counted[kind] = (now, count)
    return count


def count_up_to_limit(found: QuerySet[RowT]) -> int:
    """How many rows were found, at most one more than `COUNT_LIMIT`."""
    return found.order_by()[: COUNT_LIMIT + 1].count()


def holders_of(item: CustomItem) -> int:
    """How many rows keep a value of this custom item."""
    model = model_of(RecordType(item.record_type))
    return model._default_manager.filter(custom__has_key=item.key).count()
