"""Mails about what keeps data from coming in: one when it begins, one when it is over."""

import logging
from datetime import datetime

from django.conf import settings
from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from common.problems import Problem
from jobs import mails
from jobs.mail_texts import MailText, moment
from pulls import words
from pulls.models import Trouble

logger = logging.getLogger(__name__)

_OWES_MAIL = Q(began_mailed_at=None) | Q(ended_at__isnull=False, ended_mailed_at=None)


def deliver_pending(*, now: datetime) -> int:
    """Send the mails that are owed, and return how many were handed over."""
    sent = 0
    try:
        for trouble in Trouble.objects.filter(_OWES_MAIL).select_related("tenant").order_by("id"):
            if _claim(trouble, now=now):
                trouble.refresh_from_db()
                sent += _deliver(trouble, now=now)
    except OSError as error:  # smtplib's errors are OSErrors too
        # The claim stays: it is tried again when the claim is old.
        logger.warning("Mails are pending, the mail server cannot be used: %s", error)
    return sent


def _claim(trouble: Trouble, *, now: datetime) -> bool:
    life = mails.CLAIM_LIFE
    free = Q(mailing_at=None) | Q(mailing_at__lt=now - life) | Q(mailing_at__gt=now + life)
    return Trouble.objects.filter(_OWES_MAIL, free, pk=trouble.pk).update(mailing_at=now) == 1


def _deliver(trouble: Trouble, *, now: datetime) -> bool:
    """Whether a mail was handed over; nobody to tell is written down as told."""
    recipients = tuple(trouble.tenant.notify)
    if recipients:
        with translation.override(settings.LANGUAGE_CODE):
            mails.hand_over(mails.render(_text(trouble), recipients=recipients))
    told = Trouble.objects.filter(pk=trouble.pk, began_at=trouble.began_at)
    told.update(
        began_mailed_at=Coalesce(F("began_mailed_at"), Value(now)),
        **({"ended_mailed_at": now} if trouble.ended_at else {}),
    )
    Trouble.objects.filter(pk=trouble.pk).update(mailing_at=None)
    return bool(recipients)


def _text(trouble: Trouble) -> MailText:
    described = words.describe(Problem.from_json(trouble.problem))
    ended = trouble.ended_at
    heading, body = described.heading, described.body
    tag = _("要対応") if described.needs_a_person else _("自動で再試行")
    if ended:
        tag, heading = _("復旧"), _("ホットプロファイルからの取り込みの問題が解消しました")
        body = _("%(since)sに始まった「%(heading)s」は、%(until)sに解消しました。操作は不要です。")
        body %= {
            "since": moment(trouble.began_at),
            "heading": described.heading,
            "until": moment(ended),
        }
    return MailText(
        tag=tag,
        heading=heading,
        connection=_("ホットプロファイル（%(host)s）") % {"host": trouble.tenant.host},
        mapping="",
        since=moment(trouble.began_at),
        until=moment(ended) if ended else "",
        body=body,
        causes=(),
        changes=(),
        link=settings.PUBLIC_URL.rstrip("/") + reverse("jobs:source"),
        link_text=_("ホットプロファイル連携元を確認する"),
    )
