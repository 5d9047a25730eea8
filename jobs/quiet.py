"""Whether a run would find nothing to do: one statement, answered by indexes alone.

Most ticks find nothing changed. They are told so here, before rules are tied to a form, a client
is made and the ledger is gone through. What this does not ask about is found by the reconciliation
of the day, which is never quiet.
"""

from datetime import datetime

from django.db.models import Exists, Q, QuerySet, Subquery

from common.types import RecordType
from jobs import form_life
from jobs.ledger import LONGEST_PAUSE
from jobs.models import Ledger, LedgerEntry, Run
from jobs.source import LONGEST_WAIT, changed_rows, must_reconcile
from jobs.states import WELL_ENDED, EntryState
from mapping.mappings import is_impaired


def is_quiet(run: Run, ledger: Ledger, *, now: datetime) -> bool:
    """Whether the run would look at no row, wake no entry and wait for nothing.

    Never where it is told what to take: one record, or existing data too.
    """
    if run.only is not None or run.full or must_reconcile(ledger, now=now):
        return False
    if form_life.is_old(run.mapping, now=now) and is_impaired(run.mapping):
        return False  # what was left out may be whole again
    entries = LedgerEntry.objects.filter(ledger=ledger)
    record_type = RecordType(run.mapping.record_type)
    busy = (
        Exists(changed_rows(ledger, record_type, until=now)),
        Exists(entries.filter(due_at__lte=now + LONGEST_WAIT)),
        # Only a clock that was ahead, and was put right, can have set these.
        Exists(entries.filter(due_at__gt=now + LONGEST_PAUSE)),
        # Whatever they wait for: mended forms, parents, free keys.
        Exists(entries.filter(state=EntryState.FAILED)),
        ~Exists(_well_ended_before(run)),
    )
    anything = Q(*busy, _connector=Q.OR)
    return not Ledger.objects.filter(anything, pk=ledger.pk).exists()


def _well_ended_before(run: Run) -> QuerySet[Run]:
    """The run before this one, if it went to its very end by the same rules.

    Tests do not count, as they look at one row; but one that died left that row in doubt.
    """
    before = Run.objects.filter(mapping=run.mapping_id, pk__lt=run.pk)
    last = before.filter(Q(only=None) | ~Q(status__in=WELL_ENDED)).order_by("-id")
    return Run.objects.filter(
        pk=Subquery(last.values("pk")[:1]),
        status__in=WELL_ENDED,
        rules_version=run.rules_version,
    )
