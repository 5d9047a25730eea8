"""The life of a preview (事前チェック): queued, taken, ready, carried out, forgotten."""

from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from common.problems import Problem
from jobs import liveness, runs
from jobs.engine.preview import TO_SEND
from jobs.models import LedgerEntry, Preview, PreviewItem, Run
from jobs.states import ACTIVE_STATUSES, EntryState, PreviewStatus, Trigger
from mapping.models import Mapping

#: What a preview says of the data is soon untrue, and it holds values of customers.
KEPT = timedelta(days=7)
#: One whose heartbeat is older is given up and made anew.
LOST_AFTER = timedelta(minutes=5)

_AT_WORK = (PreviewStatus.QUEUED, PreviewStatus.RUNNING)


class AlreadyAtWork(Exception):  # noqa: N818 — a state, not a fault
    """A preview of the mapping is being made, or the plan of one is being carried out."""


class OutdatedError(Exception):
    """The preview is not ready, or the mapping was changed since: it says nothing any more."""


def start(
    mapping: Mapping, *, reads_kintone: bool, now: datetime, draft: int | None = None
) -> Preview:
    """Queue a preview, in place of the mapping's last one.

    Args:
        reads_kintone: Read the app's records too: costs requests, and tells what is there.
        draft: Primary key of the draft to judge by; what it says is carried out by nobody.

    Raises:
        AlreadyAtWork: of two callers at once, one gets the preview, one gets this.
    """
    if _plans_under_way(mapping).exists():
        raise AlreadyAtWork(str(mapping))
    preview = Preview(mapping=mapping, reads_kintone=reads_kintone, draft=draft, queued_at=now)
    try:
        with transaction.atomic():
            preview.save(force_insert=True)
            Preview.objects.filter(mapping=mapping).exclude(pk=preview.pk).delete()
    except IntegrityError as error:
        raise AlreadyAtWork(str(mapping)) from error
    return preview


def newest(mapping: Mapping) -> Preview | None:
    """The mapping's preview, whatever its state; None if there is none."""
    return Preview.objects.filter(mapping=mapping).order_by("-pk").first()


def take(preview_id: int, *, owner: str, now: datetime) -> bool:
    """Make the preview this process's to make, from its beginning; False if it is not queued."""
    queued = Preview.objects.filter(pk=preview_id, status=PreviewStatus.QUEUED)
    with transaction.atomic():
        taken = queued.update(
            status=PreviewStatus.RUNNING, owner=owner, started_at=now, heartbeat_at=now, done=0
        )
        if taken:
            PreviewItem.objects.filter(preview=preview_id).delete()
    return taken == 1


def beat(preview_id: int, *, owner: str, now: datetime, **values: object) -> bool:
    """Renew the lease and write these columns; False if the preview is no longer this process's."""
    mine = Preview.objects.filter(pk=preview_id, status=PreviewStatus.RUNNING, owner=owner)
    return mine.update(heartbeat_at=now, **values) == 1


def finish(
    preview_id: int,
    *,
    owner: str,
    now: datetime,
    problem: Problem | None = None,
    trace: str = "",
    **counts: int,
) -> bool:
    """The preview is ready, or failed for the problem's reason; False if it is no longer ours."""
    return beat(
        preview_id,
        owner=owner,
        now=now,
        status=PreviewStatus.FAILED if problem else PreviewStatus.READY,
        finished_at=now,
        message=problem.as_json() if problem else {},
        traceback=trace,
        **counts,
    )


def cancel(preview: Preview, *, now: datetime) -> bool:
    """Stop making it; False if it is made."""
    at_work = Preview.objects.filter(pk=preview.pk, status__in=_AT_WORK)
    return at_work.update(status=PreviewStatus.CANCELED, finished_at=now) == 1


def carry_out(preview: Preview, *, now: datetime) -> Run:
    """この内容で実行: queue a run that sends exactly what the preview found to be sent.

    Raises:
        OutdatedError: it is not ready, or the mapping was changed since.
        runs.AlreadyActive: another run of the mapping is active.
    """
    mapping = Mapping.objects.get(pk=preview.mapping_id)
    if not stands(preview.pk, mapping):
        raise OutdatedError(str(preview))
    return runs.start(mapping, trigger=Trigger.PLAN, now=now, full=True, plan=preview.pk)


def stands(preview_id: int, mapping: Mapping) -> bool:
    """Whether the preview is ready, and was judged by the rules and the form as they are."""
    return Preview.objects.filter(
        pk=preview_id,
        mapping=mapping,
        status=PreviewStatus.READY,
        rules_version=mapping.version,
    ).exists()


def carried_out_by(preview: Preview) -> Run | None:
    """The last run that sends, or sent, what the preview found; None if there is none."""
    return Run.objects.filter(plan=preview.pk, mapping=preview.mapping_id).order_by("-pk").first()


def still_to_send(run: Run, *, ledger_id: int) -> QuerySet[PreviewItem]:
    """The records of the run's plan that no run has settled since."""
    settled = LedgerEntry.objects.filter(
        ledger=ledger_id,
        source_id=OuterRef("source_id"),
        version=OuterRef("version"),
        rules_version=run.rules_version,
        doubt_until=None,
    ).exclude(state__in=[EntryState.BASELINE, EntryState.PENDING])
    items = PreviewItem.objects.filter(preview=run.plan, outcome__in=TO_SEND)
    return items.filter(~Exists(settled))


def requeue_dead(*, now: datetime) -> None:
    """Queue again what nobody works on any more: it is made from its beginning."""
    running = Preview.objects.filter(status=PreviewStatus.RUNNING)
    for preview in running:
        seen = preview.heartbeat_at or preview.queued_at
        is_silent = not now - LOST_AFTER <= seen <= now + LOST_AFTER
        if is_silent or liveness.is_dead(preview.owner):
            running.filter(pk=preview.pk, heartbeat_at=preview.heartbeat_at).update(
                status=PreviewStatus.QUEUED, owner=""
            )


def unheard(*, now: datetime, patience: timedelta) -> list[Preview]:
    """Previews that no worker took in this time."""
    is_recent = Q(queued_at__gt=now - patience, queued_at__lte=now + patience)
    return list(Preview.objects.filter(status=PreviewStatus.QUEUED).exclude(is_recent))


def forget_old(*, now: datetime) -> None:
    """Delete previews whose time is over, but those whose plan is being carried out."""
    in_use = Run.objects.filter(plan=OuterRef("pk"), status__in=ACTIVE_STATUSES)
    old = Q(finished_at__lt=now - KEPT)
    Preview.objects.filter(old, ~Exists(in_use)).delete()


def _plans_under_way(mapping: Mapping) -> QuerySet[Run]:
    return Run.objects.filter(mapping=mapping, plan__isnull=False, status__in=ACTIVE_STATUSES)
