"""One pull from taking it to its end: what changed at the tenant comes in, page by page.

A cycle reads companies, then leads, by rising id (docs/decisions/0022). How far it is stands in the
tenant's row and moves with each page that is written, so whoever goes on (another worker after a
death, the next pull after a failure) reads at most one page again. When it ends, the watermark
moves to the moment when it began, by the tenant's own clock.
"""

import logging
import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, Final

from django.db import transaction

from common import clock
from common.problems import Problem
from common.types import RecordType
from integrations.hotprofile.client import HotProfileClient
from integrations.hotprofile.errors import (
    HotProfileConfigError,
    HotProfileError,
    HotProfileTransientError,
)
from integrations.hotprofile.values import Listing, Page
from pulls import pulling, tenants
from pulls.models import Arrival, Pull, Refusal, Stage, Tenant
from pulls.owners import OwnerBook, give_late
from pulls.pulling import LeaseLostError
from pulls.writing import MOST_ASKED_FOR, PageWriter, note_merged

logger = logging.getLogger(__name__)

#: So much before the watermark is read again: what was written there while it was read, and what
#: their clock says otherwise than their database.
OVERLAP: Final = timedelta(minutes=10)

#: Refused records that a pull tries again, and how many at once.
MOST_RETRIED: Final = 2000
_AT_ONCE: Final = 100

_LISTINGS: Final[Mapping[Stage, Listing]] = {
    Stage.COMPANIES: Listing.COMPANIES,
    Stage.LEADS: Listing.LEADS,
}

Progress = Callable[[Pull], None]


def execute(
    pull_id: int,
    *,
    owner: str,
    on_page: Progress | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> Pull:
    """Take the pull, carry it out and return it as it ended.

    A pull that another process has taken, or that was canceled, is returned as it is. Whatever
    goes wrong ends in the pull's row, never in an exception.

    Args:
        owner: Name of this process (`jobs.liveness`).
        on_page: Called with the pull after each page.
        sleep: How to wait between attempts, and for the pace.
    """
    if pulling.take(pull_id, owner=owner, now=clock.now()):
        pull = Pull.objects.select_related("tenant").get(pk=pull_id)
        try:
            _carry_out(_Work(pull, owner=owner, on_page=on_page, sleep=sleep))
        except LeaseLostError:
            logger.warning("Pull %s was taken away or canceled", pull_id)
    return Pull.objects.select_related("tenant").get(pk=pull_id)


def problem_of(error: HotProfileError) -> Problem:
    """The error as a problem to store and show."""
    if isinstance(error, HotProfileConfigError):
        code = f"hotprofile_config.{error.reason}"
    elif isinstance(error, HotProfileTransientError):
        code = "hotprofile_down"
    else:
        code = "hotprofile_protocol"
    return Problem(
        code=code,
        params={"status": error.status or 0, "message": error.message, "detail": str(error)},
    )


def _carry_out(work: "_Work") -> None:
    """Do the work and write its end down.

    Raises:
        LeaseLostError: the pull is no longer ours.
    """
    problem = fault = None
    try:
        work.read()
    except LeaseLostError:
        raise
    except HotProfileError as error:
        logger.warning("Pull %s stopped: %s", work.pull.pk, error)
        problem = problem_of(error)
    except Exception as error:
        logger.exception("Pull %s failed", work.pull.pk)
        problem, fault = Problem(code="internal"), error
    pulling.finish(work.pull.pk, owner=work.owner, now=clock.now(), problem=problem, error=fault)


class _Work:
    """What one execution holds together: pull, lease, client, writer."""

    def __init__(
        self,
        pull: Pull,
        *,
        owner: str,
        on_page: Progress | None,
        sleep: Callable[[float], None],
    ) -> None:
        self.pull = pull
        self.owner = owner
        self.tenant: Tenant = pull.tenant
        self._on_page = on_page
        self._sleep = sleep

    def read(self) -> None:
        """Read what the tenant owes us.

        Raises:
            HotProfileError: it could not be read to its end; the next pull goes on from there.
            LeaseLostError: the pull is no longer ours.
        """
        sleep = self._sleep
        with tenants.client_for(self.tenant, before_call=self._before_call, sleep=sleep) as client:
            goes_on = bool(self.tenant.stage) and not self._begins_anew()
            if not goes_on:
                self._begin(full=self.pull.full or self.tenant.watermark is None)
            self._cycle(client)
            if goes_on:
                # That one began at an earlier time: what changed since is still owed.
                self._begin(full=False)
                self._cycle(client)
        give_late(OwnerBook())

    def _begins_anew(self) -> bool:
        """Whether everything is asked for, and this pull has not begun with it yet."""
        return self.pull.full and not self.pull.stage

    def _begin(self, *, full: bool) -> None:
        tenant = self.tenant
        since = None if full or tenant.watermark is None else tenant.watermark - OVERLAP
        reading = tenant.reading + 1 if since is None else tenant.reading
        self._move(stage=Stage.COMPANIES, next_id=1, since=since, began=None, reading=reading)

    def _cycle(self, client: HotProfileClient) -> None:
        writer = PageWriter(
            reading=self.tenant.reading,
            now=clock.now,
            ask_for_company=lambda number: client.one(Listing.COMPANIES, number),
        )
        if self.tenant.stage == Stage.COMPANIES:
            self._stage(client, writer)
            self._move(stage=Stage.LEADS, next_id=1)
        self._stage(client, writer)
        if self.tenant.since is None:
            self._ask_for_unseen(client)
        self._end_cycle()

    def _stage(self, client: HotProfileClient, writer: PageWriter) -> None:
        stage = Stage(self.tenant.stage)
        self._beat(stage=stage, total=0, done=0)
        page = self._page(client, stage)
        self._beat(total=page.remaining)
        while True:
            self._take(page, stage, writer)
            if page.is_last:
                break
            page = self._page(client, stage)
        self._retry_refused(RecordType(stage), writer)

    def _page(self, client: HotProfileClient, stage: Stage) -> Page:
        tenant = self.tenant
        page = client.page(_LISTINGS[stage], from_id=tenant.next_id, updated_since=tenant.since)
        if tenant.began is None:
            self._move(began=page.at or clock.now())
        return page

    def _take(self, page: Page, stage: Stage, writer: PageWriter) -> None:
        """Write the page, then move past it."""
        # Not written by somebody who was given up meanwhile.
        self._beat()
        record_type = RecordType(stage)
        counts = writer.write(record_type, page.records)
        read = "companies" if record_type is RecordType.COMPANY else "leads"
        number = len(page.records)
        with transaction.atomic():
            if page.records:
                self._move(next_id=page.next_id)
            self._count(**counts.as_dict(), **{read: number}, done=number)
        if self._on_page:
            self.pull.refresh_from_db()
            self._on_page(self.pull)

    def _retry_refused(self, record_type: RecordType, writer: PageWriter) -> None:
        """Try what was refused before this pull again: its company may be there now."""
        began = self.pull.started_at
        refused = Refusal.objects.filter(record_type=record_type, refused_at__lt=began)
        waiting = list(refused.order_by("refused_at", "id")[:MOST_RETRIED])
        for start in range(0, len(waiting), _AT_ONCE):
            self._beat()
            part = waiting[start : start + _AT_ONCE]
            self._count(**writer.write_again(record_type, part).as_dict())

    def _ask_for_unseen(self, client: HotProfileClient) -> None:
        """Companies that are not there any more: one that answers under another ID was merged."""
        unseen = Arrival.objects.filter(
            record_type=RecordType.COMPANY, reading__lt=self.tenant.reading, gone=False
        )
        merged: dict[str, str] = {}
        for number in unseen.order_by("id").values_list("external_id", flat=True)[:MOST_ASKED_FOR]:
            answer = client.one(Listing.COMPANIES, int(number))
            if answer is not None and str(answer["id"]) != number:
                merged[number] = str(answer["id"])
        self._beat()
        note_merged(merged, now=clock.now())
        Arrival.objects.filter(record_type=RecordType.COMPANY, external_id__in=merged).delete()

    def _end_cycle(self) -> None:
        """The watermark moves; after a reading of everything, what it did not find is known."""
        tenant = self.tenant
        with transaction.atomic():
            if tenant.since is None:
                unseen = Arrival.objects.filter(reading__lt=tenant.reading)
                unseen.update(gone=True)
                Refusal.objects.filter(reading__lt=tenant.reading).delete()
                self._beat(gone=unseen.count())
            self._move(stage="", next_id=1, watermark=tenant.began)

    def _move(self, **values: Any) -> None:
        """Write down how far the tenant is read, if the pull is still ours.

        Raises:
            LeaseLostError: it is not; nothing was written.
        """
        with transaction.atomic():
            self._beat()
            # Of another host, or of a key that was changed meanwhile, nothing is said.
            mine = Tenant.objects.filter(pk=self.tenant.pk, host=self.tenant.host)
            if mine.update(**values) != 1:
                raise LeaseLostError(str(self.pull.pk))
        for name, value in values.items():
            setattr(self.tenant, name, value)

    def _before_call(self) -> None:
        self._count(calls=1)

    def _beat(self, **values: Any) -> None:
        pulling.beat(self.pull.pk, owner=self.owner, now=clock.now(), **values)

    def _count(self, **more: int) -> None:
        pulling.count(self.pull.pk, owner=self.owner, now=clock.now(), **more)
