"""Changes who is told, and how; what waits follows the change."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time

from django.db.models import Q

from audit.kinds import Kind
from integrations.models import Connection
from jobs import schedules
from jobs.models import Schedule
from jobs.notices import log
from jobs.notices.models import Delivery, NoticeChannel, NoticePlan
from jobs.notices.origins import Origin, hours_of, with_stored_plan
from pulls.models import Tenant

_OPEN = Q(sent_at=None, given_up_at=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanValues:
    """What a plan is to say."""

    addresses: Mapping[str, Sequence[str]]
    quiet_from: time | None
    quiet_until: time | None
    urgent_at_once: bool
    digest: str


def save_plan(
    thing: Connection | Tenant, values: PlanValues, *, notify: Sequence[str], now: datetime
) -> Origin:
    """The origin as it now stands; `notify` is where all kinds go that `values` leaves out."""
    with log.changing_plan(thing):
        if isinstance(thing, Tenant):
            Tenant.objects.filter(pk=thing.pk).update(notify=list(notify))
        else:
            schedule = schedules.ensure(thing, now=now)
            Schedule.objects.filter(pk=schedule.pk).update(notify=list(notify))
        return save_values(thing, values, now=now)


def save_values(thing: Connection | Tenant, values: PlanValues, *, now: datetime) -> Origin:
    """The origin with the plan as it now stands."""
    with log.changing_plan(thing):
        plan = with_stored_plan(thing).plan
        NoticePlan.objects.filter(pk=plan.pk).update(
            addresses={kind: list(given) for kind, given in values.addresses.items()},
            quiet_from=values.quiet_from,
            quiet_until=values.quiet_until,
            urgent_at_once=values.urgent_at_once,
            digest=values.digest,
        )
        plan.refresh_from_db()
        _due_anew(plan, now=now)
    return with_stored_plan(type(thing)._default_manager.get(pk=thing.pk))


def save_channel(channel: NoticeChannel, *, now: datetime) -> None:
    """Store the channel; what failed by its former settings is tried at once."""
    kind = Kind.NOTICE_CHANNEL_CHANGE if channel.pk else Kind.NOTICE_CHANNEL_ADD
    with log.changing_channel(kind, channel):
        channel.save()
        Delivery.objects.filter(_OPEN, channel=channel, attempts__gt=0).update(due_at=now)


def delete_channel(channel: NoticeChannel) -> None:
    """Take the channel away, with what waits for it."""
    with log.changing_channel(Kind.NOTICE_CHANNEL_DELETE, channel):
        NoticeChannel.objects.get(pk=channel.pk).delete()


def send_again(plan: NoticePlan, channel: NoticeChannel | None, *, now: datetime) -> int:
    """Have what was given up tried again, together; how many they are."""
    given_up = Delivery.objects.filter(plan=plan, channel=channel, given_up_at__isnull=False)
    return given_up.update(
        given_up_at=None, failing_since=None, attempts=0, due_at=now, gathered=True
    )


def _due_anew(plan: NoticePlan, *, now: datetime) -> None:
    """What waits for quiet hours or for others waits by the plan as it is now."""
    hours = hours_of(plan)
    waiting = Delivery.objects.filter(_OPEN, plan=plan, attempts=0, due_at__gt=now)
    for urgent in (True, False):
        waiting.filter(urgent=urgent).update(due_at=hours.go_at(now, urgent=urgent))
