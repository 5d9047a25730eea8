"""Looking for likely duplicates at a person's word: at once among few rows, else by a worker."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from common import clock
from common.types import RecordType
from crm import duplicates
from crm.changes import model_of
from crm.importing import uploads
from crm.models import DuplicateSearch

logger = logging.getLogger(__name__)

#: The name under which `crm.tasks` registers `execute`.
TASK: Final = "crm.duplicates"
#: Among so many rows the search takes about two seconds: somebody waits for it.
INLINE_ROWS: Final = 50_000
#: A search that takes longer has lost its worker: a million rows take about half a minute.
LONGEST: Final = timedelta(minutes=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """How a search stands that a worker has, or had."""

    begun_at: datetime
    running: bool
    failed: bool
    """It broke off, or its worker is gone."""


def begin(record_type: RecordType, *, now: datetime) -> int | None:
    """Look for them; how many are listed then, None where a worker has only begun.

    While one is under way no other is begun.

    Raises:
        NoWorkerError: there are many rows and no worker can be reached.
    """
    rows = model_of(record_type)._default_manager.order_by("pk")
    if not rows[INLINE_ROWS : INLINE_ROWS + 1].exists():
        DuplicateSearch.objects.filter(record_type=record_type).delete()
        return duplicates.find(record_type, now=now)
    state = state_of(record_type, now=now)
    if state is None or not state.running:
        uploads.ring(record_type.value, task=TASK)
        DuplicateSearch.objects.update_or_create(
            record_type=record_type,
            defaults={"begun_at": now, "ended_at": None, "failed": False},
        )
    return None


def execute(record_type: RecordType) -> None:
    """Carry out the search that was begun."""
    failed = False
    try:
        duplicates.find(record_type, now=clock.now())
    except Exception:
        logger.exception("The search for duplicates among %s broke off", record_type)
        failed = True
    DuplicateSearch.objects.filter(record_type=record_type).update(
        ended_at=clock.now(), failed=failed
    )


def state_of(record_type: RecordType, *, now: datetime) -> State | None:
    """How the last search stands; None where a worker never had one."""
    search = DuplicateSearch.objects.filter(record_type=record_type).first()
    if search is None:
        return None
    lost = search.ended_at is None and now - search.begun_at > LONGEST
    return State(
        begun_at=search.begun_at,
        running=search.ended_at is None and not lost,
        failed=search.failed or lost,
    )
