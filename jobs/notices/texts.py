"""From the words about alerts to messages and mails: one by itself, or several as one."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from jobs.mail_texts import MailText, State, moment
from jobs.mails import Mail, one_line, render
from jobs.notices.message import Message


def message_of(texts: Sequence[MailText], *, message_id: str) -> Message:
    """What a channel gets, in the active language; of one origin."""
    return Message(
        id=message_id,
        event=_event(texts),
        at=max(text.ended_at or text.began_at for text in texts),
        title=title_of(texts),
        text=render_to_string("notices/message.txt", {"texts": texts}).strip(),
        link=texts[0].link if len(texts) == 1 else _home(),
        link_text=texts[0].link_text if len(texts) == 1 else _("ダッシュボードを開く"),
        notices=[_parts(text) for text in texts],
    )


def mail_of(texts: Sequence[MailText], *, recipients: tuple[str, ...]) -> Mail:
    """The mail that says all of them, in the active language; of one origin."""
    if len(texts) == 1:
        return render(texts[0], recipients=recipients)
    title = title_of(texts)
    context = {"texts": texts, "title": title, "connection": texts[0].connection}
    return Mail(
        subject=title,
        text=render_to_string("mails/summary.txt", context).strip() + "\n",
        html=render_to_string("mails/summary.html", context),
        recipients=recipients,
    )


def title_of(texts: Sequence[MailText]) -> str:
    """「【要対応】kintoneにログインできません｜本番｜hpsync」, or how many there are."""
    if len(texts) == 1:
        return one_line(render_to_string("mails/subject.txt", {"mail": texts[0]}))
    urgent = any(text.state is State.ACTION_REQUIRED for text in texts)
    number = len(texts)
    context = {
        "tag": _("要対応") if urgent else _("まとめ"),
        "heading": ngettext("通知%(number)s件", "通知%(number)s件", number) % {"number": number},
        "connection": texts[0].connection,
    }
    return one_line(render_to_string("mails/subject.txt", {"mail": context}))


def trial_text(name: str, *, now: datetime) -> MailText:
    """The words of a test."""
    return MailText(
        kind="test",
        state=State.TEST,
        tag=_("テスト"),
        heading=_("通知のテスト送信です"),
        connection=name,
        mapping="",
        began_at=now,
        ended_at=None,
        since=moment(now),
        until="",
        body=_("この通知が届けば、設定は正しくできています。操作は不要です。"),
        causes=(),
        changes=(),
        link=settings.PUBLIC_URL.rstrip("/") + reverse("jobs:notices"),
        link_text=_("通知の設定を開く"),
    )


def _event(texts: Sequence[MailText]) -> str:
    if len(texts) > 1:
        return "alert.summary"
    state = texts[0].state
    return {State.TEST: "alert.test", State.RECOVERED: "alert.ended"}.get(state, "alert.began")


def _home() -> str:
    return settings.PUBLIC_URL.rstrip("/") + reverse("jobs:dashboard")


def _parts(text: MailText) -> Mapping[str, object]:
    return {
        "kind": text.kind,
        "state": text.state.value,
        "heading": text.heading,
        "connection": text.connection,
        "mapping": text.mapping,
        "since": text.began_at,
        "until": text.ended_at,
        "body": text.body,
        "causes": list(text.causes),
        "changes": list(text.changes),
        "link": text.link,
    }
