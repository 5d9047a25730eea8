"""The one way out: hands a message to the mail server or to a channel, and remembers how it went.

Alerts and テスト送信 both go through here.
"""

import smtplib
from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.utils import translation

from common.problems import Problem, quote
from jobs import mails
from jobs.mail_texts import MailText
from jobs.notices.channels import (
    Answer,
    Channel,
    Chatwork,
    LineWorks,
    Slack,
    Teams,
    Webhook,
)
from jobs.notices.models import NoticeChannel, NoticePlan, Reached
from jobs.notices.states import ChannelKind
from jobs.notices.texts import mail_of, message_of
from jobs.notices.wire import DeliveryError, Wire


def by_mail(
    texts: Sequence[MailText], *, plan: NoticePlan, recipients: tuple[str, ...], now: datetime
) -> None:
    """Mail the texts, as one mail.

    Raises:
        DeliveryError: the mail server did not take it.
    """
    try:
        _hand_over(mail_of(texts, recipients=recipients))
    except DeliveryError as error:
        note(plan, now=now, problem=error.problem)
        raise
    note(plan, now=now)


def by_channel(
    texts: Sequence[MailText], *, channel: NoticeChannel, message_id: str, now: datetime
) -> Answer:
    """Send the texts to the channel, as one message; its answer confirms them.

    Raises:
        DeliveryError: it did not confirm them.
    """
    message = message_of(texts, message_id=message_id)
    wire = Wire(
        inside=settings.NOTICE_INSIDE_NETWORKS, ca_bundle=settings.KINTONE_CA_BUNDLE or None
    )
    secrets = [one for one in (channel.url, channel.secret) if one]
    try:
        answer = wire.post(channel_for(channel), message, secrets=secrets)
    except DeliveryError as error:
        note(channel, now=now, problem=error.problem)
        raise
    note(channel, now=now)
    return answer


def channel_for(stored: NoticeChannel) -> Channel:
    """What speaks to the channel."""
    if stored.kind == ChannelKind.CHATWORK:
        return Chatwork(token=stored.secret, room=stored.room)
    if stored.kind == ChannelKind.WEBHOOK:
        return Webhook(url=stored.url, secret=stored.secret)
    if stored.kind == ChannelKind.TEAMS:
        return Teams(url=stored.url)
    if stored.kind == ChannelKind.LINE_WORKS:
        return LineWorks(url=stored.url)
    return Slack(url=stored.url)


def in_our_language() -> translation.override:
    """The language of the installation: a worker has none of its own."""
    return translation.override(settings.LANGUAGE_CODE)


def note(reached: Reached, *, now: datetime, problem: Problem | None = None) -> None:
    """Remember when it was last reached, or why it was not; one that is not stored forgets it."""
    if reached.pk is None:
        return
    changed: dict[str, object] = {"succeeded_at": now}
    if problem is not None:
        changed = {"failed_at": now, "failure": problem.as_json()}
    type(reached)._default_manager.filter(pk=reached.pk).update(**changed)


def _hand_over(mail: mails.Mail) -> None:
    try:
        mails.hand_over(mail)
    except smtplib.SMTPAuthenticationError as error:
        raise DeliveryError(_mail_problem("notice.mail_login", error)) from error
    except smtplib.SMTPRecipientsRefused as error:
        said = "; ".join(f"{to}: {_said(why[1])}" for to, why in error.recipients.items())
        problem = Problem(code="notice.mail_refused", params={"said": quote(said)})
        raise DeliveryError(problem, of_message=True) from error
    except smtplib.SMTPConnectError as error:
        raise DeliveryError(_mail_problem("notice.mail_down", error)) from error
    except smtplib.SMTPResponseException as error:
        raise DeliveryError(_mail_problem("notice.mail_refused", error), of_message=True) from error
    except OSError as error:  # smtplib's other errors are OSErrors too
        params = {"said": quote(type(error).__name__)}
        raise DeliveryError(Problem(code="notice.mail_down", params=params)) from error


def _mail_problem(code: str, error: smtplib.SMTPResponseException) -> Problem:
    said = f"{error.smtp_code} {_said(error.smtp_error)}"
    return Problem(code=code, params={"said": quote(said)})


def _said(given: bytes | str) -> str:
    return given.decode(errors="replace") if isinstance(given, bytes) else given
