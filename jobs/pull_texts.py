"""The words of a notice about what keeps data from coming in."""

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from common.problems import Problem
from jobs.mail_texts import MailText, State, moment
from jobs.notices.origins import SOURCE, name_of
from pulls import words
from pulls.models import Trouble
from pulls.words import Described


def text_of(trouble: Trouble) -> MailText:
    """The words for the trouble's present state, in the active language."""
    described = words.describe(Problem.from_json(trouble.problem))
    ended = trouble.ended_at
    heading, body = described.heading, described.body
    if ended:
        heading = _("ホットプロファイルからの取り込みの問題が解消しました")
        body = _("%(since)sに始まった「%(heading)s」は、%(until)sに解消しました。操作は不要です。")
        body %= {
            "since": moment(trouble.began_at),
            "heading": described.heading,
            "until": moment(ended),
        }
    return MailText(
        kind=SOURCE,
        state=_state(trouble, described),
        tag=_tag(trouble, described),
        heading=heading,
        connection=name_of(trouble.tenant),
        mapping="",
        began_at=trouble.began_at,
        ended_at=ended,
        since=moment(trouble.began_at),
        until=moment(ended) if ended else "",
        body=body,
        causes=(),
        changes=(),
        link=settings.PUBLIC_URL.rstrip("/") + reverse("jobs:source"),
        link_text=_("ホットプロファイル連携元を確認する"),
    )


def needs_a_person(trouble: Trouble) -> bool:
    """Whether it stays as it is until somebody acts."""
    return words.describe(Problem.from_json(trouble.problem)).needs_a_person


def _state(trouble: Trouble, described: Described) -> State:
    if trouble.ended_at:
        return State.RECOVERED
    return State.ACTION_REQUIRED if described.needs_a_person else State.HEALS


def _tag(trouble: Trouble, described: Described) -> str:
    if trouble.ended_at:
        return _("復旧")
    return _("要対応") if described.needs_a_person else _("自動で再試行")
