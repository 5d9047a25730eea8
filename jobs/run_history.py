"""Forgets runs that ended long ago, with what became of their records."""

import time
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Exists, OuterRef, QuerySet

from common.among import among
from jobs.models import Outcome, Run
from jobs.states import ACTIVE_STATUSES

#: Rows of one transaction: none of them holds anybody up.
OUTCOMES_AT_ONCE, RUNS_AT_ONCE = 5000, 500
#: So long a tick spends on it, in seconds; the next one goes on.
LONGEST = 2.0


def forget_old(*, now: datetime, longest: float = LONGEST) -> int:
    """Delete runs older than `RUN_HISTORY_DAYS` with their outcomes; returns how many rows went.

    The newest run of a mapping stays, however old: it says how the mapping is.
    """
    before, end = now - timedelta(days=settings.RUN_HISTORY_DAYS), time.monotonic() + longest
    gone = 0
    while time.monotonic() < end:
        runs = list(_old(before).values_list("pk", flat=True)[:RUNS_AT_ONCE])
        if not runs:
            break
        gone += _forget_outcomes(runs) or _forget_runs(runs)
    return gone


def _old(before: datetime) -> QuerySet[Run]:
    newer = Run.objects.filter(mapping=OuterRef("mapping"), pk__gt=OuterRef("pk"))
    ended = Run.objects.exclude(status__in=ACTIVE_STATUSES)
    return ended.filter(Exists(newer), queued_at__lt=before).order_by("queued_at")


def _forget_outcomes(runs: Sequence[int]) -> int:
    """Some outcomes of these runs; 0 when none are left."""
    found = Outcome.objects.filter(run__in=runs).order_by().values_list("pk", flat=True)
    ids = list(found[:OUTCOMES_AT_ONCE])
    if ids:
        Outcome.objects.filter(among("pk", ids)).delete()
    return len(ids)


def _forget_runs(runs: Sequence[int]) -> int:
    Run.objects.filter(pk__in=runs).delete()
    return len(runs)
