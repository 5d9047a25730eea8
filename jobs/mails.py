"""Mails about alerts: one when something begins, one when it is well again, written for a person.

Sending is at least once: a mail is claimed, sent, then written down as sent. A mail server that is
down leaves it pending for the next tick.
"""

import logging
import smtplib
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce
from django.template.loader import render_to_string
from django.utils import translation

from jobs import mail_texts
from jobs.models import Alert, Schedule

logger = logging.getLogger(__name__)

#: A claim that is older is of a worker that died between claiming and writing down.
CLAIM_LIFE = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """One mail, ready to be handed over."""

    subject: str
    text: str
    html: str
    recipients: tuple[str, ...]


def deliver_pending(*, now: datetime) -> int:
    """Send the mails that alerts owe, and return how many were handed over."""
    sent = 0
    pending = Alert.objects.filter(_owes_mail()).select_related("connection", "mapping", "run")
    try:
        for alert in pending.order_by("id"):
            if _claim(alert, now=now):
                alert.refresh_from_db()
                sent += _deliver(alert, now=now)
    except OSError as error:  # smtplib's errors are OSErrors too
        logger.warning("Mails are pending, the mail server cannot be used: %s", error)
    return sent


def compose(alert: Alert, *, recipients: tuple[str, ...]) -> Mail:
    """The mail for the alert's present state, in the language of the installation."""
    with translation.override(settings.LANGUAGE_CODE):
        return render(mail_texts.text_of(alert), recipients=recipients)


def render(text: mail_texts.MailText, *, recipients: tuple[str, ...]) -> Mail:
    """The mail that says this, in the active language."""
    context = {"mail": text}
    subject = render_to_string("mails/subject.txt", context)
    return Mail(
        subject=" ".join(subject.split("\n")).strip(),
        text=render_to_string("mails/alert.txt", context).strip() + "\n",
        html=render_to_string("mails/alert.html", context),
        recipients=recipients,
    )


def _owes_mail() -> Q:
    began = Q(began_mailed_at=None)
    ended = Q(ended_at__isnull=False, ended_mailed_at=None)
    return began | ended


def _claim(alert: Alert, *, now: datetime) -> bool:
    """Whether the alert's mail is this caller's to send."""
    free = (
        Q(mailing_at=None) | Q(mailing_at__lt=now - CLAIM_LIFE) | Q(mailing_at__gt=now + CLAIM_LIFE)
    )
    owing = Alert.objects.filter(_owes_mail(), free, pk=alert.pk)
    return owing.update(mailing_at=now) == 1


def _deliver(alert: Alert, *, now: datetime) -> bool:
    """Whether a mail was handed over; nobody to tell is written down as told."""
    recipients = _recipients(alert)
    try:
        if recipients:
            hand_over(compose(alert, recipients=recipients))
    except (smtplib.SMTPRecipientsRefused, smtplib.SMTPResponseException) as error:
        if isinstance(error, smtplib.SMTPAuthenticationError | smtplib.SMTPConnectError):
            _release(alert)
            raise
        # This mail only: its claim stays, so that it is tried again when the claim is old.
        logger.warning("The mail of alert %s was refused: %s", alert.pk, error)
        return False
    except OSError:
        _release(alert)
        raise
    _write_down(alert, now=now)
    return bool(recipients)


def _recipients(alert: Alert) -> tuple[str, ...]:
    schedule = Schedule.objects.filter(connection=alert.connection_id).first()
    return tuple(schedule.notify) if schedule else ()


def hand_over(mail: Mail) -> None:
    """Give the mail to the mail server.

    Raises:
        OSError: it cannot be used, or does not take this mail.
    """
    message = EmailMultiAlternatives(mail.subject, mail.text, to=mail.recipients)
    message.attach_alternative(mail.html, "text/html")
    message.send()


def _write_down(alert: Alert, *, now: datetime) -> None:
    """Remember what was told: the state as it stood when the mail was written."""
    # Another problem of the same kind moves `began_at` and is told anew.
    told = Alert.objects.filter(pk=alert.pk, began_at=alert.began_at)
    began_mailed_at = Coalesce(F("began_mailed_at"), Value(now))
    if alert.ended_at:
        told.update(began_mailed_at=began_mailed_at, ended_mailed_at=now)
    else:
        told.update(began_mailed_at=began_mailed_at)
    _release(alert)


def _release(alert: Alert) -> None:
    Alert.objects.filter(pk=alert.pk).update(mailing_at=None)
