"""The life of a run: queued, taken, running, ended. Every change is a compare-and-set."""

import operator
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import reduce

from django.db import IntegrityError, transaction
from django.db.models import F

from audit.kinds import Kind
from audit.recording import record_by_hand
from common.problems import Problem
from common.types import RecordType
from jobs import first_loads, pull_slots
from jobs.models import Run
from jobs.states import ACTIVE_STATUSES, WELL_ENDED, FailureKind, RunStatus, Trigger
from mapping.document import mapping_thing
from mapping.models import Mapping

#: How a run ends where kintone refused everything that it was sent.
HOPELESS_CODES = ("kintone", "kintone_config.permission")


class AlreadyActive(Exception):  # noqa: N818 — a state, not a fault
    """The mapping has a run that is queued, running or held."""


def start(
    mapping: Mapping,
    *,
    trigger: Trigger,
    now: datetime,
    full: bool = False,
    only: int | None = None,
    plan: int | None = None,
    draft: int | None = None,
    slot: datetime | None = None,
) -> Run:
    """Queue a run.

    Args:
        full: Take existing data too; so does any run of a mapping whose first load was stopped.
        only: Primary key of the one source row to push (a test); such runs may go side by side.
        plan: Primary key of the preview whose records are sent, and no others.
        draft: Primary key of the draft that a test goes by.
        slot: The moment that fell due; runs of one connection and slot wait for each other,
            parents first. By default the run is a slot of its own.

    Raises:
        AlreadyActive: of two callers at once, one gets the run, one gets this.
    """
    run = Run(
        mapping=mapping,
        trigger=trigger,
        status=RunStatus.QUEUED,
        slot=slot or now,
        full=full or (only is None and plan is None and first_loads.is_open(mapping)),
        only=only,
        plan=plan,
        draft=draft,
        queued_at=now,
    )
    with _only_active(mapping):
        run.save(force_insert=True)
        _note(_STARTS[trigger], run)
    return run


_STARTS = {
    Trigger.SCHEDULE: Kind.RUN_START,
    Trigger.MANUAL: Kind.RUN_START,
    Trigger.FIRST_LOAD: Kind.RUN_FIRST_LOAD,
    Trigger.RETRY: Kind.RUN_RETRY,
    Trigger.TEST: Kind.RUN_TEST,
    Trigger.PLAN: Kind.RUN_PLAN,
}


def _note(kind: Kind, run: Run) -> None:
    record_by_hand(kind, lambda: mapping_thing(run.mapping), run=run.pk)


@contextmanager
def _only_active(mapping: Mapping) -> Iterator[None]:
    """What happens within makes a run the mapping's active one.

    Raises:
        AlreadyActive: it has another; nothing is changed.
    """
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        raise AlreadyActive(str(mapping)) from error


def last_good_version(mapping: Mapping) -> int | None:
    """The rules by which the mapping's last run to its very end judged; None if there is none."""
    good = Run.objects.filter(mapping=mapping, only=None, status__in=WELL_ENDED)
    return good.order_by("-id").values_list("rules_version", flat=True).first()


def found_hopeless(mapping: Mapping) -> bool:
    """Whether the mapping's last run ended because kintone took nothing at all."""
    ended = Run.objects.filter(mapping=mapping, only=None, finished_at__isnull=False)
    last = ended.order_by("-id").values_list("status", "message").first()
    if last is None:
        return False
    status, message = last
    return status == RunStatus.FAILED and message.get("code") in HOPELESS_CODES


def ready_runs(connection_id: int, slot: datetime) -> list[Run]:
    """The queued runs of a slot whose parents' runs of the same slot have ended or are held.

    None as long as the slot's pull is under way.
    """
    of_slot = Run.objects.filter(
        mapping__connection_id=connection_id, slot=slot, only__isnull=True
    ).select_related("mapping")
    open_runs = list(of_slot.filter(status__in=[RunStatus.QUEUED, RunStatus.RUNNING]))
    if not open_runs:
        return []
    first = min(_rank(run) for run in open_runs)
    ready = [run for run in open_runs if _rank(run) == first and run.status == RunStatus.QUEUED]
    return pull_slots.without_waiting(ready)


def _rank(run: Run) -> int:
    return RecordType(run.mapping.record_type).rank


def take(run_id: int, *, owner: str, now: datetime) -> bool:
    """Make the run this process's; False if it was taken, ended or canceled before."""
    queued = Run.objects.filter(pk=run_id, status=RunStatus.QUEUED)
    return (
        queued.update(
            status=RunStatus.RUNNING,
            owner=owner,
            started_at=now,
            heartbeat_at=now,
            resume_at=None,
            message={},
            failure_kind="",
            done_before=reduce(operator.add, map(F, Run.DONE)),
            rules_version=Mapping.objects.filter(runs=run_id).values("version")[:1],
        )
        == 1
    )


def beat(run_id: int, *, owner: str, now: datetime, **counts: int) -> bool:
    """Renew the lease and add to the run's counts; False if the run is no longer this process's.

    Args:
        counts: Column → how many more.
    """
    mine = Run.objects.filter(pk=run_id, status=RunStatus.RUNNING, owner=owner)
    more = {name: F(name) + count for name, count in counts.items() if count}
    return mine.update(heartbeat_at=now, **more) == 1


def finish(
    run_id: int,
    *,
    owner: str,
    now: datetime,
    status: RunStatus,
    failure_kind: FailureKind | None = None,
    problem: Problem | None = None,
    resume_at: datetime | None = None,
    unsent: int = 0,
    error: BaseException | None = None,
) -> bool:
    """End the run, or hold it until `resume_at`; False if it is no longer this process's.

    The lease is given back with it: a held run belongs to nobody.
    """
    mine = Run.objects.filter(pk=run_id, status=RunStatus.RUNNING, owner=owner)
    return (
        mine.update(
            status=status,
            finished_at=None if status == RunStatus.HELD else now,
            heartbeat_at=now,
            failure_kind=failure_kind or "",
            message=problem.as_json() if problem else {},
            resume_at=resume_at,
            unsent=unsent,
            owner="",
            traceback="".join(traceback.format_exception(error)) if error else "",
        )
        == 1
    )


@transaction.atomic
def cancel(run: Run, *, now: datetime, for_good: bool = True) -> bool:
    """End a run that is queued, running or held; a running one stops at its next batch.

    What was not sent is still owed and goes with the next run.

    Args:
        for_good: Whether a first load ends here; else the mapping's next run goes on with it.
    """
    active = Run.objects.filter(pk=run.pk, status__in=ACTIVE_STATUSES)
    canceled = active.update(
        status=RunStatus.CANCELED,
        finished_at=now,
        message=Problem(code="canceled").as_json(),
        resume_at=None,
    )
    if canceled and for_good and run.loads_existing:
        first_loads.give_up(run.mapping)
    if canceled:
        _note(Kind.RUN_CANCEL, run)
    return canceled == 1


@transaction.atomic
def pause(run: Run) -> bool:
    """Let a run rest until a person resumes it; False if it has ended.

    One at work records what is under way and stops before its next request.
    """
    resting = Run.objects.filter(pk=run.pk, status__in=[RunStatus.QUEUED, RunStatus.HELD])
    paused = resting.update(
        status=RunStatus.HELD,
        paused=True,
        resume_at=None,
        message=Problem(code="paused").as_json(),
    )
    rests = bool(paused) or bool(
        Run.objects.filter(pk=run.pk, status=RunStatus.RUNNING).update(paused=True)
    )
    if rests:
        _note(Kind.RUN_PAUSE, run)
    return rests


def resume(run: Run, *, now: datetime) -> bool:
    """Queue a held run again; False if it is not held any more.

    Raises:
        AlreadyActive: another run of the mapping is active; try again when that has ended.
    """
    held = Run.objects.filter(pk=run.pk, status=RunStatus.HELD)
    with _only_active(run.mapping):
        resumed = held.update(
            status=RunStatus.QUEUED,
            queued_at=now,
            resume_at=None,
            rung_at=None,
            paused=False,
            message={},
        )
        if resumed:
            _note(Kind.RUN_RESUME, run)
    return resumed == 1
