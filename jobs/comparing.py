"""Comparing a mapping with kintone itself: what is missing there, differs, or is not ours.

Both sides are read once, in the order of kintone's record numbers, and walked side by side: memory
does not grow with the number of records.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import chain

from django.db.models import Exists, OuterRef

from common import clock
from common.types import RecordType
from crm import changes
from integrations import budget
from integrations.kintone.client import KintoneClient
from integrations.kintone.values import JsonValue
from jobs.engine.compare import Cell, differences
from jobs.ledger import ledger_of, owed_rows
from jobs.models import LedgerEntry
from jobs.reading import PAGE, Page, pages, requests_for
from jobs.states import EntryState
from mapping import mappings
from mapping.models import Mapping as FieldMapping
from mapping.plan import MappingError

#: So many of each kind are listed; all are counted.
LISTED = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What a comparison takes of the app's day."""

    records: int
    """In kintone now."""
    requests: int
    left: int
    """Requests that the app may still be asked today."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One record that is not as it should be."""

    source_id: int | None
    external_id: str
    label: str
    record_id: int
    cells: tuple[Cell, ...] = ()
    key: str = ""
    """The key that kintone holds, where it is another than ours."""


@dataclass(slots=True)
class Findings:
    """All records of one kind: how many, and the first of them."""

    count: int = 0
    first: list[Found] = field(default_factory=list)

    def add(self, found: Found) -> None:
        self.count += 1
        if len(self.first) < LISTED:
            self.first.append(found)


@dataclass(slots=True)
class Comparison:
    """What came of it."""

    compared: int = 0
    in_kintone: int = 0
    waiting: int = 0
    """Changed, or not settled, since they were last sent: the next run's business."""
    missing: Findings = field(default_factory=Findings)
    differing: Findings = field(default_factory=Findings)
    rekeyed: Findings = field(default_factory=Findings)
    extra: Findings = field(default_factory=Findings)

    @property
    def is_clean(self) -> bool:
        """Whether kintone holds exactly what it should, whatever else is in the app."""
        return not (self.missing.count or self.differing.count or self.rekeyed.count)


def cost_of(mapping: FieldMapping, client: KintoneClient) -> Cost:
    """What `compare` would take; asking that is one request itself.

    Raises:
        KintoneError, AllowanceSpentError
    """
    records = client.count_records(mapping.app)
    left = budget.left(mapping.connection.host, mapping.app, now=clock.now())
    return Cost(records=records, requests=requests_for(records), left=left)


def compare(mapping: FieldMapping, client: KintoneClient, *, resend: bool = False) -> Comparison:
    """Read the app and hold it against the ledger and the customer data.

    Args:
        resend: Make what is missing, differs or has another key owed again; a run sends it.

    Raises:
        KintoneError, AllowanceSpentError: what was found until then is lost, but nothing else.
        PlanError: the rules do not fit the form.
    """
    return _Comparing(mapping, client, resend=resend).carry_out()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    record_id: int
    source_id: int
    ledger_id: int
    version: int
    settled: bool
    touched_at: datetime


class _Comparing:
    def __init__(self, mapping: FieldMapping, client: KintoneClient, *, resend: bool) -> None:
        self._mapping = mapping
        self._client = client
        self._resend = resend
        self._plan = mappings.plan_of(mapping)
        self._form = mappings.form_of(mapping)
        self._ledger = ledger_of(mapping)
        self._type = RecordType(mapping.record_type)
        self._began = clock.now()
        self._result = Comparison()

    def carry_out(self) -> Comparison:
        # Rows that were never sent; those that were are found beside their records.
        owed = owed_rows(self._ledger, self._type)
        sent = LedgerEntry.objects.filter(
            ledger=self._ledger, source_id=OuterRef("pk"), record_id__isnull=False
        )
        # Not `NOT IN`: PostgreSQL goes through what does not fit into its memory for each row.
        self._result.waiting = owed.filter(~Exists(sent)).count()
        entries = _Stream(self._entries())
        for page, upto in pages(self._client, self._mapping.app, plan=self._plan):
            self._result.in_kintone += len(page)
            nobodys = set(page)
            for piece in entries.up_to(upto):
                self._compare_piece(piece, page)
                nobodys.difference_update(entry.record_id for entry in piece)
            for record_id in sorted(nobodys):
                self._result.extra.add(self._extra(record_id, page[record_id]))
        return self._result

    def _entries(self) -> Iterator[_Entry]:
        """Every entry that says that kintone has a record in this app, whoever's it is."""
        entries = LedgerEntry.objects.filter(
            ledger__host=self._ledger.host, ledger__app=self._ledger.app, record_id__isnull=False
        ).order_by("record_id")
        columns = ("record_id", "source_id", "ledger_id", "version", "state", "doubt_until")
        for row in entries.values_list(*columns, "due_at", "touched_at").iterator(PAGE):
            record_id, source_id, ledger_id, version, state, doubt, due_at, touched_at = row
            settled = state == EntryState.SYNCED and doubt is None and due_at is None
            yield _Entry(
                record_id=record_id or 0,
                source_id=source_id,
                ledger_id=ledger_id,
                version=version,
                settled=settled,
                touched_at=touched_at,
            )

    def _extra(self, record_id: int, held: Mapping[str, JsonValue]) -> Found:
        key = str(held.get(self._plan.key_field, ""))
        return Found(source_id=None, external_id="", label="", record_id=record_id, key=key)

    def _compare_piece(self, entries: Sequence[_Entry], page: Page) -> None:
        """Hold the rows of these entries against their records in the page."""
        ours = {entry.source_id: entry for entry in entries if entry.ledger_id == self._ledger.pk}
        rows = changes.load(self._type, list(ours), item_keys=self._plan.item_keys, viewer_id=None)
        again: list[int] = []
        by_id: list[int] = []
        for row in rows:
            entry = ours[row.id]
            if not entry.settled or entry.version != row.version or entry.touched_at > self._began:
                self._result.waiting += 1
                continue
            found = self._compare_record(row, page.get(entry.record_id), entry=entry)
            if found is not None:
                (by_id if found.key else again).append(row.id)
        if self._resend:
            self._make_owed(again, by_id=by_id)

    def _compare_record(
        self, row: changes.SourceRecord, held: Mapping[str, JsonValue] | None, *, entry: _Entry
    ) -> Found | None:
        """What is wrong with one record, if anything."""
        try:
            payload = self._plan.build(row.values)
        except MappingError:
            return None  # it stands in the list of failed records
        self._result.compared += 1
        found = Found(
            source_id=row.id,
            external_id=row.external_id,
            label=row.label,
            record_id=entry.record_id,
        )
        if held is None:
            self._result.missing.add(found)
            return found
        key_field = self._plan.key_field
        cells = differences({key_field: payload.key, **payload.record}, held, form=self._form)
        if not cells:
            return None
        if cells[0].field == key_field:
            found = replace(found, cells=cells[1:], key=str(held[key_field]))
            self._result.rekeyed.add(found)
        else:
            found = replace(found, cells=cells)
            self._result.differing.add(found)
        return found

    def _make_owed(self, source_ids: Sequence[int], *, by_id: Sequence[int]) -> None:
        """Let the next run send them whatever their digests say.

        What has another key in kintone is marked in doubt as well: such a record is sent by its
        number, so that it gets its key back and no second record is made.
        """
        now = clock.now()
        entries = LedgerEntry.objects.filter(ledger=self._ledger)
        entries.filter(source_id__in=source_ids).update(digest="", due_at=now)
        entries.filter(source_id__in=by_id).update(digest="", due_at=now, doubt_until=now)


class _Stream:
    """Entries in the order of their records' numbers, taken piece by piece."""

    def __init__(self, entries: Iterator[_Entry]) -> None:
        self._entries = entries
        self._next: _Entry | None = None
        """Taken from `entries`, but beyond what was asked for."""

    def up_to(self, record_id: int | None) -> Iterator[list[_Entry]]:
        """The entries up to that number, in pieces; all that are left for None."""
        piece = []
        held = [self._next] if self._next else []
        self._next = None
        for entry in chain(held, self._entries):
            if record_id is not None and entry.record_id > record_id:
                self._next = entry
                break
            piece.append(entry)
            if len(piece) == PAGE:
                yield piece
                piece = []
        yield piece
