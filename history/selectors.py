"""The list of 操作履歴: keyset-paged by id, newest first, whatever it is narrowed to (0028)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet

from audit.kinds import Kind
from audit.models import Entry

PAGE_SIZE = 50
#: Entries that a CSV is read by.
CHUNK = 1000
#: Two transactions may write their times and their ids the other way round.
OUT_OF_ORDER = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What the list is narrowed to; "" and None for everything."""

    kind: str = ""
    """A kind, or an area."""
    account_id: int | None = None
    origin: str = ""
    connection_id: int | None = None
    since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryPage:
    """Some entries, newest first."""

    entries: Sequence[Entry]
    put_back: frozenset[int]
    """Ids of those that were put back."""
    older_than: int | None
    """Older ones follow: the next page shows ids below this one."""


def entries_page(query: Query, *, below: int | None = None) -> EntryPage:
    """The entries with ids below `below`; two queries, one more where a period is asked for."""
    found = list(_columns(_below(matching(query), below))[: PAGE_SIZE + 1])
    more, entries = len(found) > PAGE_SIZE, found[:PAGE_SIZE]
    return EntryPage(
        entries=entries,
        put_back=_put_back([entry.pk for entry in entries]),
        older_than=entries[-1].pk if more else None,
    )


def every_entry(query: Query) -> Iterator[Entry]:
    """All of them, newest first, some at a time."""
    found, below = matching(query), None
    while chunk := list(_below(found, below)[:CHUNK]):
        yield from chunk
        below = chunk[-1].pk


def matching(query: Query) -> QuerySet[Entry]:
    """The entries, newest first; each filter has an index that ends with the id."""
    found = Entry.objects.order_by("-pk")
    if query.kind:
        found = (
            found.filter(kind=query.kind) if query.kind in Kind else found.filter(area=query.kind)
        )
    if query.account_id is not None:
        found = found.filter(account_id=query.account_id)
    if query.origin:
        found = found.filter(origin=query.origin)
    if query.connection_id is not None:
        found = found.filter(connection_id=query.connection_id)
    if query.since:
        # Ids rise with time: the index on them is walked no further back than the period reaches.
        earliest = Entry.objects.filter(at__gte=query.since - OUT_OF_ORDER).order_by("at", "pk")
        first = earliest.values_list("pk", flat=True).first()
        found = found.filter(pk__gte=first or 0, at__gte=query.since)
    return found


def undone_by(entry: Entry) -> Entry | None:
    """The entry that put this one back last."""
    return Entry.objects.filter(undoes=entry.pk).order_by("-pk").first()


def _below(found: QuerySet[Entry], below: int | None) -> QuerySet[Entry]:
    return found if below is None else found.filter(pk__lt=below)


def _columns(found: QuerySet[Entry]) -> QuerySet[Entry]:
    return found.defer("before", "after")


def _put_back(ids: Sequence[int]) -> frozenset[int]:
    undone = Entry.objects.filter(undoes__in=ids).values_list("undoes", flat=True)
    return frozenset(one for one in undone if one is not None)
