"""The engine's `Source` in the database: the rows of a mapping that are owed a look.

Which rows are owed is decided by versions: a row whose version differs from its entry's, or that
has no entry. Time only says where to look: rows changed since the watermark, less an overlap for
those that were committed late. Once a day, and whenever the clock has gone back behind the
watermark, every row is looked at (reconciliation), so that nothing hides from the clock.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from django.db.models import Exists, Max, OuterRef, Q, QuerySet

from common import clock, planner
from common.among import among
from common.problems import Problem
from common.types import RecordType
from crm import changes
from crm.catalogue import Parent
from crm.models import Member, SourceRow
from integrations.kintone.client import REQUEST_LIFE
from jobs.engine.ports import RunStopError
from jobs.engine.preview import TO_SEND
from jobs.engine.values import Candidate, Chunk, Known, Refusal
from jobs.ledger import forget_deleted_rows, owed_rows
from jobs.models import KeyClaim, Ledger, LedgerEntry, PreviewItem, Run
from jobs.parents import Sought, own_parent, wake_children
from jobs.previews import still_to_send
from jobs.states import EntryState

#: Rows may be committed this much later than they were stamped.
OVERLAP = timedelta(minutes=10)
#: How often every row is looked at, whatever its time says.
RECONCILE_EVERY = timedelta(days=1)
CHUNK_SIZE = 1000
#: So many chunks of existing data go before a first load looks at what changed meanwhile.
CHUNKS_OF_A_SLICE = 10
#: How long a run waits at its end for requests of a dead one to be over.
LONGEST_WAIT = REQUEST_LIFE + timedelta(seconds=10)


class OwedRows:
    """See `jobs.engine.ports.Source`.

    Args:
        item_keys: The items that the mapping needs.
        viewer_id: The sync user's member id; None where none is needed.
        sleep: Waits that many seconds while the lease is kept.
        sought: The parents that the run's records look up in kintone.
    """

    def __init__(
        self,
        run: Run,
        *,
        ledger: Ledger,
        item_keys: Sequence[str],
        viewer_id: int | None,
        sleep: Callable[[float], None],
        sought: Sequence[Sought] = (),
    ) -> None:
        self._run = run
        self._ledger = ledger
        self._record_type = RecordType(run.mapping.record_type)
        self._item_keys = item_keys
        self._viewer_id = viewer_id
        self._sought = sought
        self._own_parent = own_parent(ledger, sought)
        self._sleep = sleep
        self._cut_off = clock.now()
        # A plan is of some rows only.
        self.reconciles = run.plan is None and must_reconcile(ledger, now=self._cut_off)

    def chunks(self) -> Iterator[Chunk]:
        if self._run.only is not None:
            yield self._chunk([self._run.only])
            return
        if self._run.plan is not None:
            yield from self._planned()
            return
        if self._own_parent is not None:
            yield from self._parents_first(self._own_parent)
        elif self._run.full and not self.reconciles:
            yield from self._in_slices()
            return
        elif self.reconciles:
            yield from self._by_id(self._scan())
        else:
            yield from self._by_time(self._scan())
        yield Chunk(candidates=(), reaches=self._cut_off)
        yield from self._due()

    def _planned(self) -> Iterator[Chunk]:
        """What a preview found to be sent, as it found it; what changed since goes by itself.

        Where that takes long, what changes goes before each slice, as in a first load.
        """
        items = still_to_send(self._run, ledger_id=self._ledger.pk).order_by("source_id")
        last, number = 0, 0
        while page := dict(
            items.filter(source_id__gt=last).values_list("source_id", "version")[:CHUNK_SIZE]
        ):
            if number and number % CHUNKS_OF_A_SLICE == 0:
                yield from self._changed_meanwhile()
            chunk = self._chunk(list(page))
            unchanged = [one for one in chunk.candidates if one.row.version == page[one.row.id]]
            yield replace(chunk, candidates=unchanged)
            last, number = max(page), number + 1

    def _in_slices(self) -> Iterator[Chunk]:
        """Existing data by id, and before each slice what a slot would send: it never waits long.

        What was sent is accounted for, so that a first load that starts again goes on where it was.
        """
        for number, chunk in enumerate(self._by_id(self._owed(existing_too=True))):
            if number % CHUNKS_OF_A_SLICE == 0:
                yield from self._changed_meanwhile()
            yield chunk
        yield from self._changed_meanwhile()

    def _changed_meanwhile(self) -> Iterator[Chunk]:
        cut_off = clock.now()
        self._ledger.refresh_from_db(fields=["watermark"])
        yield from self._by_time(changed_rows(self._ledger, self._record_type, until=cut_off))
        yield Chunk(candidates=(), reaches=cut_off)
        yield from self._due()

    def released(self) -> Iterator[Chunk]:
        if self._run.only is None:
            self._wait_for_requests_of_others()
        yield from self._due()
        if self._own_parent is not None and self._run.only is None:
            yield from self._children_of_arrived()

    def note_reconciled(self) -> None:
        """Every row was looked at; the next time is a day from when this look began."""
        Ledger.objects.filter(pk=self._ledger.pk).update(reconciled_at=self._cut_off)

    def has_work(self) -> bool:
        """Whether this run has anything to look at, or failed records wait for a mended form."""
        if self._run.only is not None or self._run.plan is not None:
            return True
        entries = LedgerEntry.objects.filter(ledger=self._ledger)
        return (
            entries.filter(due_at__lte=clock.now()).exists()
            or entries.filter(state=EntryState.FAILED).exists()
            or self._scan().exists()
        )

    def count(self) -> int:
        """How many rows this run looks at and has not settled yet."""
        if self._run.only is not None:
            return 1
        if self._run.plan is not None:
            return still_to_send(self._run, ledger_id=self._ledger.pk).count()
        rows = changes.model_of(self._record_type)._default_manager
        due = LedgerEntry.objects.filter(
            Exists(rows.filter(pk=OuterRef("source_id"))),
            ledger=self._ledger,
            due_at__lte=clock.now(),
        )
        # A union is made by hashing. Asked which of the one is not in the other, PostgreSQL tries
        # each with each where it does not know yet how many they are: 250 rows took seconds.
        scanned = self._scan().values_list("pk")
        return scanned.union(due.values_list("source_id")).count()

    def _scan(self) -> QuerySet[SourceRow]:
        """Which rows this run looks at because of their version."""
        if self._run.full or self.reconciles:
            return self._owed(existing_too=self._run.full)
        return changed_rows(self._ledger, self._record_type, until=self._cut_off)

    def _owed(self, *, existing_too: bool = False) -> QuerySet[SourceRow]:
        return owed_rows(self._ledger, self._record_type, existing_too=existing_too)

    def _parents_first(self, parent: Parent) -> Iterator[Chunk]:
        """Generation by generation: no record goes before its parent, or in one request with it.

        Costs at most one request more for each generation that is there: one that is not full.
        """
        rows = self._scan()
        owed_parent = Exists(rows.filter(pk=OuterRef(f"{parent.relation}_id")))
        waiting = rows.filter(owed_parent).count()
        while waiting:
            yield from self._by_id(rows.filter(~owed_parent))
            yield Chunk(candidates=(), reaches=None, closes=True)
            before, waiting = waiting, rows.filter(owed_parent).count()
            if waiting >= before:
                break  # a parent that cannot be settled now holds up its children no longer
        yield from self._by_id(rows)

    def _children_of_arrived(self) -> Iterator[Chunk]:
        """What was refused in this run, or before it, for want of a parent that came in this run.

        Each is woken once per arrival, so this ends with the last generation.
        """
        yield Chunk(candidates=(), reaches=None, closes=True)
        while wake_children(self._ledger, self._sought, now=clock.now()):
            yield from self._due()
            yield Chunk(candidates=(), reaches=None, closes=True)

    def _by_id(self, rows: QuerySet[SourceRow]) -> Iterator[Chunk]:
        last = 0
        while ids := list(
            rows.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:CHUNK_SIZE]
        ):
            yield self._chunk(ids)
            last = ids[-1]

    def _by_time(self, rows: QuerySet[SourceRow]) -> Iterator[Chunk]:
        assert self._ledger.watermark is not None
        at, last = self._ledger.watermark - OVERLAP, 0
        rows = rows.order_by("changed_at", "pk")
        while page := list(
            # In this form the index on (changed_at, id) serves the whole condition.
            rows.filter(changed_at__gte=at)
            .filter(Q(changed_at__gt=at) | Q(pk__gt=last))
            .values_list("changed_at", "pk")[:CHUNK_SIZE]
        ):
            at, last = page[-1]
            yield self._chunk([pk for _, pk in page], reaches=at)

    def _due(self) -> Iterator[Chunk]:
        """Rows whose entry asks for another look by now."""
        entries = LedgerEntry.objects.filter(ledger=self._ledger)
        if self._run.only is not None:
            entries = entries.filter(source_id=self._run.only)
        if self._run.plan is not None:
            planned = PreviewItem.objects.filter(
                preview=self._run.plan, outcome__in=TO_SEND, source_id=OuterRef("source_id")
            )
            entries = entries.filter(Exists(planned))
        # In this form the index on (ledger, due_at, source_id) serves the whole condition.
        entries = entries.filter(due_at__lte=clock.now()).order_by("due_at", "source_id")
        page = list(entries.values_list("due_at", "source_id")[:CHUNK_SIZE])
        while page:
            at, last = page[-1]
            yield self._least_tried_first(self._chunk([source_id for _, source_id in page]))
            rest = entries.filter(due_at__gte=at).filter(Q(due_at__gt=at) | Q(source_id__gt=last))
            page = list(rest.values_list("due_at", "source_id")[:CHUNK_SIZE])

    def _least_tried_first(self, chunk: Chunk) -> Chunk:
        """All have their turn, should there not be requests for all of them."""
        by_attempts = sorted(chunk.candidates, key=lambda c: c.known.attempts if c.known else 0)
        return replace(chunk, candidates=by_attempts)

    def _chunk(self, ids: Sequence[int], *, reaches: datetime | None = None) -> Chunk:
        # A first load fills them: what the planner knew at its beginning is soon far from true.
        planner.look_at(LedgerEntry, KeyClaim)
        self._check_sync_user()
        rows = list(
            changes.load(
                self._record_type, ids, item_keys=self._item_keys, viewer_id=self._viewer_id
            )
        )
        known = known_of(self._ledger, ids)
        gone = set(ids).difference(row.id for row in rows)
        if gone:
            forget_deleted_rows(self._ledger, gone, now=clock.now())
        return Chunk(
            candidates=[Candidate(row=row, known=known.get(row.id)) for row in rows],
            reaches=reaches,
        )

    def _check_sync_user(self) -> None:
        """Leads are sent only while somebody's sight says which.

        Raises:
            RunStopError: the sync user was deleted or disabled while the run was at work.
        """
        if self._viewer_id is None:
            return
        if not Member.objects.filter(pk=self._viewer_id, active=True).exists():
            raise RunStopError(Problem(code="sync_user_disabled"))

    def _wait_for_requests_of_others(self) -> None:
        """Sleep until what a dead run left in doubt may be sent again, if that is soon."""
        soon = clock.now() + LONGEST_WAIT
        in_doubt = LedgerEntry.objects.filter(
            ledger=self._ledger, due_at__lte=soon, doubt_until__lte=soon
        ).exclude(doubt_run=self._run.pk)
        over = in_doubt.aggregate(over=Max("doubt_until"))["over"]
        if over is not None:
            self._sleep(max((over - clock.now()).total_seconds(), 0))


def known_of(ledger: Ledger, ids: Sequence[int]) -> dict[int, Known]:
    """What the ledger knows of these rows; nothing of those that it does not know."""
    entries = LedgerEntry.objects.filter(among("source_id", ids), ledger=ledger)
    columns = ("source_id", "digest", "key", "record_id", "doubt_until", "attempts", "version")
    found = list(entries.values_list(*columns))
    failed: dict[int, list[dict[str, object]]] = {}
    if any(attempts for *_, attempts, _version in found):
        # Most have none, and decoding thousands of empty lists is not free.
        failed = dict(entries.filter(attempts__gt=0).values_list("source_id", "problems"))
    return {
        source_id: Known(
            digest=digest,
            key=key,
            record_id=record_id,
            in_doubt=doubt_until is not None,
            attempts=attempts,
            version=version,
            problem_codes=tuple(str(each["code"]) for each in failed.get(source_id, ())),
            refused=_refusal_in(failed.get(source_id, ())),
        )
        for source_id, digest, key, record_id, doubt_until, attempts, version in found
    }


def must_reconcile(ledger: Ledger, *, now: datetime) -> bool:
    """Whether every row is to be looked at, whatever its time says."""
    if ledger.watermark is None or ledger.reconciled_at is None:
        return True
    return (
        ledger.watermark > now
        or ledger.reconciled_at > now
        or ledger.reconciled_at + RECONCILE_EVERY <= now
    )


def changed_rows(
    ledger: Ledger, record_type: RecordType, *, until: datetime
) -> QuerySet[SourceRow]:
    """The owed rows that time points to: changed since the watermark, less the overlap."""
    assert ledger.watermark is not None
    since = ledger.watermark - OVERLAP
    return owed_rows(ledger, record_type).filter(changed_at__gte=since, changed_at__lt=until)


def _refusal_in(problems: Sequence[Mapping[str, object]]) -> Refusal | None:
    """How much kintone said when it refused the record, if it did."""
    fields = [problem["field"] for problem in problems if problem["code"] == "kintone"]
    if not fields:
        return None
    return Refusal.NAMED if any(fields) else Refusal.UNNAMED
