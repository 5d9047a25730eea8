"""Writes down who is to be told of what began or ended: rows first, sent by `jobs.notices.sending`.

An alert and its deliveries change in one transaction, so that each is told once, whoever dies. What
is over before it was told is told as over only.
"""

from collections.abc import Callable
from datetime import datetime
from typing import TypeAlias

from django.db import transaction
from django.db.models import Expression, F, Q, Value
from django.db.models.functions import Coalesce

from jobs import mail_texts, pull_texts
from jobs.models import Alert
from jobs.notices.models import Delivery, NoticeChannel
from jobs.notices.origins import SOURCE, Origin, hours_of, with_stored_plan
from jobs.notices.states import Stage
from pulls.models import Trouble

IllHealth: TypeAlias = Alert | Trouble

_OWED = Q(began_told_at=None) | Q(ended_at__isnull=False, ended_told_at=None)


def post(*, now: datetime) -> int:
    """Write down the deliveries that alerts owe, and return how many."""
    posted = 0
    for alert in Alert.objects.filter(_OWED).select_related("connection").order_by("id"):
        posted += _post(alert, with_stored_plan(alert.connection), kind=alert.kind, now=now)
    for trouble in Trouble.objects.filter(_OWED).select_related("tenant").order_by("id"):
        posted += _post(trouble, with_stored_plan(trouble.tenant), kind=SOURCE, now=now)
    return posted


@transaction.atomic
def _post(state: IllHealth, origin: Origin, *, kind: str, now: datetime) -> int:
    if not _take(state, now=now):
        return 0
    # What was not sent yet is overtaken by what is so now.
    Delivery.objects.filter(_of(state), sent_at=None, given_up_at=None).delete()
    targets: list[NoticeChannel | None] = [
        channel
        for channel in origin.plan.channels.filter(enabled=True)
        if not channel.kinds or kind in channel.kinds
    ]
    if origin.addresses(kind):
        targets.insert(0, None)
    make = _maker(state, origin, now=now)
    return len(Delivery.objects.bulk_create([make(channel) for channel in targets]))


def _take(state: IllHealth, *, now: datetime) -> bool:
    """Whether it is this caller's to post; another one that saw the same finds it done."""
    told: dict[str, Expression] = {"began_told_at": Coalesce(F("began_told_at"), Value(now))}
    if state.ended_at:
        told["ended_told_at"] = Value(now)
    # Another problem of the same kind moves `began_at`, and is told anew.
    seen = {"pk": state.pk, "began_at": state.began_at, "ended_at": state.ended_at}
    if isinstance(state, Alert):
        return Alert.objects.filter(_OWED, **seen).update(**told) == 1
    return Trouble.objects.filter(_OWED, **seen).update(**told) == 1


def _of(state: IllHealth) -> Q:
    return Q(alert=state) if isinstance(state, Alert) else Q(trouble=state)


def _maker(
    state: IllHealth, origin: Origin, *, now: datetime
) -> Callable[[NoticeChannel | None], Delivery]:
    """Makes the row for a channel, or for mail."""
    urgent = not state.ended_at and _needs_a_person(state)
    due = hours_of(origin.plan).go_at(now, urgent=urgent)

    def make(channel: NoticeChannel | None) -> Delivery:
        return Delivery(
            plan=origin.plan,
            channel=channel,
            alert=state if isinstance(state, Alert) else None,
            trouble=state if isinstance(state, Trouble) else None,
            stage=Stage.ENDED if state.ended_at else Stage.BEGAN,
            since=state.began_at,
            urgent=urgent,
            gathered=due > now,
            created_at=now,
            due_at=due,
        )

    return make


def _needs_a_person(state: IllHealth) -> bool:
    if isinstance(state, Alert):
        return mail_texts.needs_a_person(state)
    return pull_texts.needs_a_person(state)
