"""Sends the deliveries that are due: claimed, sent, then written down as sent.

At least once: whoever dies in between leaves a claim that becomes void, and what the other side did
not confirm is tried again with growing pauses, for a day. Where a whole channel does not work, its
other deliveries wait with it, and nobody else's.
"""

import hashlib
import logging
import time
from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from datetime import datetime, timedelta

from django.db.models import Q

from jobs import mail_texts, pull_texts
from jobs.mail_texts import MailText
from jobs.notices import carrying
from jobs.notices.models import Delivery
from jobs.notices.origins import SOURCE, hours_of, origin_of_plan
from jobs.notices.states import Stage
from jobs.notices.timing import PATIENCE
from jobs.notices.wire import DeliveryError

logger = logging.getLogger("jobs.notices")

#: A claim that is older is of a worker that died between claiming and writing down.
CLAIM_LIFE = timedelta(minutes=10)
#: Rows that one tick looks at, and that become one message.
AT_ONCE = 500
MOST_TOGETHER = 20
#: Seconds after which a tick leaves the rest to the next one: other steps wait for the minute too.
LONGEST_ROUND = 30.0
#: How long it is remembered what was sent.
MEMORY = timedelta(days=30)

_OPEN = Q(sent_at=None, given_up_at=None)


def send_due(*, now: datetime) -> int:
    """Send what is due, and return how many messages arrived."""
    ends = time.monotonic() + LONGEST_ROUND
    sent = 0
    broken: set[Hashable] = set()
    for group in _due_groups(now=now):
        target = group[0].channel_id or "mail"
        if target in broken:
            continue
        if time.monotonic() > ends:
            break
        claimed = _claim(group, now=now)
        try:
            sent += _send(claimed, now=now)
        except DeliveryError as error:
            logger.warning("%s is not reached: %s", _named(group[0]), error.problem.code)
            _put_off(claimed, now=now)
            if not error.of_message:
                broken.add(target)
                _put_off(_others_due(group[0], now=now), now=now)
    return sent


def forget_old(*, now: datetime) -> None:
    """Remove what was settled long ago."""
    Delivery.objects.filter(~_OPEN, created_at__lt=now - MEMORY).delete()


def _due_groups(*, now: datetime) -> list[list[Delivery]]:
    """What goes as one message each; what failed already stands behind what is new."""
    due = Delivery.objects.filter(_OPEN, due_at__lte=now).select_related(*_AROUND)
    groups: defaultdict[Hashable, list[Delivery]] = defaultdict(list)
    for row in due.order_by("attempts", "id")[:AT_ONCE]:
        alone = None if row.gathered else row.pk
        groups[row.plan_id, row.channel_id, _recipients(row), alone].append(row)
    return [
        rows[begin : begin + MOST_TOGETHER]
        for rows in groups.values()
        for begin in range(0, len(rows), MOST_TOGETHER)
    ]


_AROUND = (
    *("plan__connection__schedule", "plan__tenant", "channel"),
    *("alert__connection", "alert__mapping", "alert__run", "trouble__tenant"),
)


def _claim(rows: Sequence[Delivery], *, now: datetime) -> list[Delivery]:
    """Those of the rows that are this caller's to send, as they stand now."""
    free = (
        Q(sending_at=None) | Q(sending_at__lt=now - CLAIM_LIFE) | Q(sending_at__gt=now + CLAIM_LIFE)
    )
    mine = [
        row.pk
        for row in rows
        if Delivery.objects.filter(_OPEN, free, pk=row.pk).update(sending_at=now) == 1
    ]
    claimed = Delivery.objects.filter(pk__in=mine).select_related(*_AROUND).order_by("id")
    return [row for row in claimed if _is_still_to_be_told(row)]


def _is_still_to_be_told(row: Delivery) -> bool:
    """Whether somebody waits for it; a row that nobody waits for is removed."""
    state = row.alert or row.trouble
    assert state is not None
    overtaken = row.since != state.began_at or (row.stage == Stage.BEGAN and state.ended_at)
    nobody = not row.channel.enabled if row.channel else not _recipients(row)
    if overtaken or nobody:
        row.delete()
        return False
    return True


def _send(rows: Sequence[Delivery], *, now: datetime) -> int:
    if not rows:
        return 0
    first = rows[0]
    with carrying.in_our_language():
        texts = [_text(row) for row in rows]
        if first.channel is None:
            recipients = _recipients(first)
            carrying.by_mail(texts, plan=first.plan, recipients=recipients, now=now)
        else:
            carrying.by_channel(texts, channel=first.channel, message_id=_identity(rows), now=now)
    Delivery.objects.filter(pk__in=[row.pk for row in rows]).update(sent_at=now, sending_at=None)
    return 1


def _identity(rows: Sequence[Delivery]) -> str:
    """The same for the same notices, however often they are sent."""
    numbers = ",".join(str(row.pk) for row in rows)
    return f"hpsync-{hashlib.sha256(numbers.encode()).hexdigest()[:24]}"


def _text(row: Delivery) -> MailText:
    if row.alert:
        return mail_texts.text_of(row.alert)
    assert row.trouble is not None
    return pull_texts.text_of(row.trouble)


def _recipients(row: Delivery) -> tuple[str, ...]:
    """Who gets the mail; nobody where it is none."""
    if row.channel_id is not None:
        return ()
    return origin_of_plan(row.plan).addresses(row.alert.kind if row.alert else SOURCE)


def _others_due(row: Delivery, *, now: datetime) -> list[Delivery]:
    """What is due for the same channel, or by mail, and nobody is sending."""
    others = Delivery.objects.filter(_OPEN, channel=row.channel_id, due_at__lte=now)
    return list(others.filter(sending_at=None).select_related("plan"))


def _put_off(rows: Iterable[Delivery], *, now: datetime) -> None:
    """Try the rows again later; after a day of it they are given up."""
    for row in rows:
        attempts = row.attempts + 1
        again = hours_of(row.plan).try_again_at(now, attempts=attempts, urgent=row.urgent)
        since = row.failing_since or now
        Delivery.objects.filter(_OPEN, pk=row.pk).update(
            attempts=attempts,
            failing_since=since,
            due_at=again,
            sending_at=None,
            given_up_at=now if now - since >= PATIENCE else None,
        )


def _named(row: Delivery) -> str:
    return f"Channel {row.channel_id}" if row.channel_id else "The mail server"
