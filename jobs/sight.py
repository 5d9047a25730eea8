"""How many leads the sync users see: watched, since a lead out of sight just goes stale.

A member moved to another group, or leads whose 公開範囲 was narrowed, stop no run: what is not seen
is skipped. So the count is taken once an hour for each mapping of leads, and held against the
median of the last week: one odd hour moves it little. An open alert keeps the count that it began
with, or it would be over by itself when the week is.
"""

from datetime import datetime, timedelta
from statistics import median

from django.db import transaction

from audit import recording
from audit.kinds import Kind
from common.problems import Problem
from common.types import RecordType
from crm.models import Lead, Member
from crm.visibility import visible_to
from jobs import alerts
from jobs.execute import sync_user_of
from jobs.models import SightCount
from mapping.document import mapping_thing
from mapping.models import Mapping

#: How often they are counted, and how far back they are compared.
EVERY = timedelta(hours=1)
MEMORY = timedelta(days=7)
#: A fall is sharp by more than this share and more than so many leads.
SHARE = 0.2
LEADS = 20


def watch(*, now: datetime) -> None:
    """Count where it is due; tell of sharp falls, and of those that are over."""
    leads = Mapping.objects.filter(record_type=RecordType.LEAD, enabled=True)
    counted: dict[int, int] = {}
    for mapping in leads.select_related("connection").defer("form", "made_on"):
        member = sync_user_of(mapping) if _is_due(mapping, now=now) else None
        if member is None or not member.active:
            continue  # that is told by the runs
        if member.pk not in counted:
            counted[member.pk] = Lead.objects.filter(visible_to(member.pk)).count()
        review(mapping, member, count=counted[member.pk], now=now)


def review(mapping: Mapping, member: Member, *, count: int, now: datetime) -> None:
    """Judge this count and keep it."""
    before = usual(mapping, now=now)
    SightCount.objects.filter(mapping=mapping, at__lt=now - MEMORY).delete()
    SightCount.objects.create(mapping=mapping, at=now, count=count)
    if before is None:
        return
    problem = None
    if is_sharp(before, count):
        params: dict[str, str | int] = {
            "name": member.name,
            "before": f"{before:,}",
            "count": f"{count:,}",
            "usual": before,
        }
        problem = Problem(code="fewer_leads", params=params)
    alerts.review_sight(mapping, problem=problem, at=now)


def usual(mapping: Mapping, *, now: datetime) -> int | None:
    """What counts are held against: the median of the week, or of the one before a fall that was
    told; None before the first."""
    alert = alerts.open_fall(mapping)
    if alert is not None:
        return int(Problem.from_json(alert.problem).params["usual"])
    week = SightCount.objects.filter(mapping=mapping, at__gte=now - MEMORY, at__lte=now)
    counts = list(week.values_list("count", flat=True))
    return round(median(counts)) if counts else None


def is_sharp(before: int, count: int) -> bool:
    """Whether so many leads are too few."""
    fallen = before - count
    return fallen > LEADS and fallen > before * SHARE


@transaction.atomic
def accept(mapping: Mapping, *, now: datetime) -> None:
    """「この件数でよい」: the present count is the usual one from now on."""
    newest = SightCount.objects.filter(mapping=mapping).order_by("-at", "-pk").first()
    if newest is not None:
        SightCount.objects.filter(mapping=mapping).exclude(pk=newest.pk).delete()
    alerts.accept_fall(mapping, at=now)
    count = newest.count if newest else None
    recording.record(Kind.MAPPING_SIGHT, mapping_thing(mapping), count=count)


def _is_due(mapping: Mapping, *, now: datetime) -> bool:
    # One that lies ahead was counted before the clock was put right.
    lately = SightCount.objects.filter(mapping=mapping, at__gt=now - EVERY, at__lte=now)
    return not lately.exists()
