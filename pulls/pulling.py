"""The life of a pull: queued, taken, running, ended. Every change is a compare-and-set."""

import traceback
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F, Q, QuerySet

from audit.kinds import Kind
from audit.recording import Thing, record_by_hand
from common.problems import Problem
from pulls import troubles
from pulls.models import Pull, Refusal, Tenant

#: A pull whose heartbeat is older is given up, whatever its process may think.
LOST_AFTER = timedelta(minutes=5)
#: A pull whose process died so often is not taken up again by itself: the page may be what kills.
MOST_DEATHS = 3
#: Pulls that are kept: what came of older ones is of no use to anybody.
KEPT = 2000

Status = Pull.Status


class AlreadyActive(Exception):  # noqa: N818 — a state, not a fault
    """The tenant has a pull that is queued or running."""


class LeaseLostError(Exception):
    """The pull is no longer this process's: it was given up, or canceled."""


def start(tenant: Tenant, *, trigger: Pull.Trigger, now: datetime, full: bool = False) -> Pull:
    """Queue a pull.

    Args:
        full: Read everything anew, not only what changed.

    Raises:
        AlreadyActive: of two callers at once, one gets the pull, one gets this.
    """
    try:
        with transaction.atomic():
            pull = Pull.objects.create(tenant=tenant, trigger=trigger, full=full, queued_at=now)
            record_by_hand(
                Kind.SOURCE_PULL, lambda: Thing(label=tenant.host), pull=pull.pk, full=full
            )
            return pull
    except IntegrityError as error:
        raise AlreadyActive(str(tenant)) from error


def start_for_slot(*, now: datetime) -> list[Pull]:
    """Queue a pull of every tenant that comes in by itself and has none under way."""
    started = []
    for tenant in Tenant.objects.filter(enabled=True).order_by("id"):
        try:
            started.append(start(tenant, trigger=Pull.Trigger.SCHEDULE, now=now))
        except AlreadyActive:
            continue
    return started


def are_under_way() -> bool:
    """Whether any pull is queued or running."""
    return Pull.objects.filter(status__in=Pull.ACTIVE).exists()


def take(pull_id: int, *, owner: str, now: datetime) -> bool:
    """Make the pull this process's; False if it was taken, ended or canceled before."""
    queued = Pull.objects.filter(pk=pull_id, status=Status.QUEUED)
    taken = queued.update(status=Status.RUNNING, owner=owner, started_at=now, heartbeat_at=now)
    return taken == 1


def beat(pull_id: int, *, owner: str, now: datetime, **values: Any) -> None:
    """Renew the lease and write these columns.

    Raises:
        LeaseLostError: the pull is no longer this process's; nothing was written.
    """
    if _mine(pull_id, owner).update(heartbeat_at=now, **values) != 1:
        raise LeaseLostError(str(pull_id))


def count(pull_id: int, *, owner: str, now: datetime, **more: int) -> None:
    """Renew the lease and add to the pull's counts.

    Raises:
        LeaseLostError: as `beat`.
    """
    added = {name: F(name) + number for name, number in more.items() if number}
    beat(pull_id, owner=owner, now=now, **added)


@transaction.atomic
def finish(
    pull_id: int,
    *,
    owner: str,
    now: datetime,
    problem: Problem | None = None,
    error: BaseException | None = None,
) -> None:
    """End the pull, well or for that problem's reason, and with it whom it is to be told.

    Args:
        error: Our own fault, to be looked at.

    Raises:
        LeaseLostError: as `beat`.
    """
    pull = Pull.objects.select_for_update().get(pk=pull_id)
    status = Status.PARTIAL if pull.refused else Status.SUCCEEDED
    ended = _mine(pull_id, owner).update(
        status=Status.FAILED if problem else status,
        heartbeat_at=now,
        finished_at=now,
        owner="",
        message=problem.as_json() if problem else {},
        traceback="".join(traceback.format_exception(error)) if error else "",
    )
    if ended != 1:
        raise LeaseLostError(str(pull_id))
    if problem is None and Refusal.objects.exists():
        problem = Problem(code="hotprofile_refused")
    troubles.review(pull, problem=problem, now=now)
    _forget_old(pull.tenant_id)


@transaction.atomic
def cancel(pull: Pull, *, now: datetime) -> bool:
    """End a pull that is queued or running; the next one goes on where this one was."""
    active = Pull.objects.filter(pk=pull.pk, status__in=Pull.ACTIVE)
    problem = Problem(code="canceled").as_json()
    ended = active.update(status=Status.CANCELED, finished_at=now, owner="", message=problem)
    if ended:
        record_by_hand(Kind.SOURCE_CANCEL, lambda: Thing(label=pull.tenant.host), pull=pull.pk)
    return ended == 1


def mind(*, now: datetime, is_dead: Callable[[str], bool]) -> None:
    """Queue pulls again whose process died; they go on where they were."""
    running = Pull.objects.filter(status=Status.RUNNING)
    for pull in running:
        seen = pull.heartbeat_at or pull.queued_at
        if not now - LOST_AFTER <= seen <= now + LOST_AFTER or is_dead(pull.owner):
            _give_up(pull, now=now)


def unheard(*, now: datetime, patience: timedelta) -> list[Pull]:
    """Queued pulls for which nobody rang in this time."""
    recently = Q(rung_at__gt=now - patience, rung_at__lte=now + patience)
    return list(Pull.objects.filter(status=Status.QUEUED).exclude(recently))


def _mine(pull_id: int, owner: str) -> QuerySet[Pull]:
    return Pull.objects.filter(pk=pull_id, status=Status.RUNNING, owner=owner)


@transaction.atomic
def _give_up(pull: Pull, *, now: datetime) -> None:
    unchanged = Pull.objects.filter(
        pk=pull.pk, status=Status.RUNNING, owner=pull.owner, heartbeat_at=pull.heartbeat_at
    )
    if pull.deaths + 1 < MOST_DEATHS:
        unchanged.update(status=Status.QUEUED, owner="", rung_at=None, deaths=F("deaths") + 1)
        return
    problem = Problem(code="lost")
    ended = unchanged.update(
        status=Status.FAILED, owner="", finished_at=now, message=problem.as_json()
    )
    if ended:
        troubles.review(pull, problem=problem, now=now)


def _forget_old(tenant_id: int) -> None:
    kept = Pull.objects.filter(tenant=tenant_id).order_by("-id")
    oldest = kept.values_list("pk", flat=True)[KEPT - 1 : KEPT].first()
    if oldest is not None:
        kept.filter(pk__lt=oldest).delete()
