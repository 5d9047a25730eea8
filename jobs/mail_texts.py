"""The words of a notice about an alert: what happened, since when, what to do, where."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from common import clock
from common.problems import Problem
from common.types import RecordType
from common.wording import one_after_another
from crm.labels import record_type_label
from jobs.ledger import failed_entries
from jobs.models import Alert
from jobs.states import AlertKind
from mapping.drift_texts import as_sentences, summary
from mapping.mappings import drift_of
from mapping.models import Mapping
from mapping.problem_texts import describe

#: How many failed records are looked at for their causes, and how many causes are named.
SAMPLE = 2000
CAUSES = 5


class State(StrEnum):
    """Who acts; values as programs get them."""

    ACTION_REQUIRED = "action_required"
    HEALS = "heals_by_itself"
    RECOVERED = "recovered"
    TEST = "test"


@dataclass(frozen=True, slots=True, kw_only=True)
class MailText:
    """What the templates in `templates/mails/` say."""

    kind: str
    """Kind of alert, as in the settings file."""
    state: State
    tag: str
    heading: str
    connection: str
    mapping: str
    """「会社 → 顧客リスト」; "" if the whole connection is concerned."""
    began_at: datetime
    ended_at: datetime | None
    since: str
    """`began_at` in words."""
    until: str
    """`ended_at` in words; "" while it lasts."""
    body: str
    causes: Sequence[str]
    """How many failed records have which cause, most frequent first."""
    changes: Sequence[str]
    """What is not in kintone's form as it was."""
    link: str
    link_text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Words:
    heading: str
    body: str


_RECOVERED: dict[AlertKind, str | Promise] = {
    AlertKind.BUDGET: gettext_lazy("保留していた連携を再開しました"),
    AlertKind.SYNC_USER: gettext_lazy("リードの連携を再開しました"),
    AlertKind.UNREACHABLE: gettext_lazy("kintoneに接続できるようになりました"),
    AlertKind.CONFIGURATION: gettext_lazy("設定の問題が解消しました"),
    AlertKind.DRIFT: gettext_lazy("kintoneのフォームの問題が解消しました"),
    AlertKind.SIGHT: gettext_lazy("連携ユーザーが参照できるリードの件数が戻りました"),
    AlertKind.RECORDS_FAILED: gettext_lazy("エラーのデータがなくなりました"),
    AlertKind.INTERNAL: gettext_lazy("データ処理が最後まで終わるようになりました"),
}


def text_of(alert: Alert) -> MailText:
    """The words for the alert's present state, in the active language."""
    began = _began(alert)
    lasts = alert.ended_at is None
    failed = lasts and alert.kind == AlertKind.RECORDS_FAILED
    drifted = lasts and alert.kind == AlertKind.DRIFT
    link, link_text = _link(alert)
    return MailText(
        kind=alert.kind,
        state=_state(alert) if lasts else State.RECOVERED,
        tag=_who_acts(alert) if lasts else _("復旧"),
        heading=began.heading if lasts else str(_RECOVERED[AlertKind(alert.kind)]),
        connection=alert.connection.name,
        mapping=mapping_name(alert.mapping) if alert.mapping else "",
        began_at=alert.began_at,
        ended_at=alert.ended_at,
        since=moment(alert.began_at),
        until=moment(alert.ended_at) if alert.ended_at else "",
        body=began.body if lasts else _recovery(alert, began),
        causes=_causes(alert.mapping) if failed and alert.mapping else (),
        changes=as_sentences(drift_of(alert.mapping)) if drifted and alert.mapping else (),
        link=settings.PUBLIC_URL.rstrip("/") + link,
        link_text=link_text,
    )


def moment(at: datetime) -> str:
    """「11月22日（日）14:05」 in the installation's time zone."""
    return date_format(timezone.localtime(at), _("n月j日（D）H:i"))


def mapping_name(mapping: Mapping) -> str:
    """「会社 → 顧客リスト」."""
    app = mapping.app_name or _("アプリID %(app)s") % {"app": mapping.app}
    return f"{record_type_label(RecordType(mapping.record_type))} → {app}"


def needs_a_person(alert: Alert) -> bool:
    """Whether it stays as it is until somebody acts."""
    heals = alert.kind in {AlertKind.BUDGET, AlertKind.UNREACHABLE}
    return not heals and alert.problem.get("code") != "lost"


def _state(alert: Alert) -> State:
    return State.ACTION_REQUIRED if needs_a_person(alert) else State.HEALS


def _who_acts(alert: Alert) -> str:
    """What heals by itself is never called 要対応 (ux.md §1.2)."""
    if needs_a_person(alert):
        return _("要対応")
    return _("自動で再開") if alert.kind == AlertKind.BUDGET else _("自動で再試行")


def _began(alert: Alert) -> _Words:
    if alert.kind == AlertKind.BUDGET:
        return _budget(alert)
    if alert.kind == AlertKind.UNREACHABLE:
        return _unreachable(alert)
    if alert.kind == AlertKind.RECORDS_FAILED:
        return _records_failed(alert)
    if alert.kind == AlertKind.DRIFT:
        return _drift(alert)
    described = describe(Problem.from_json(alert.problem))
    return _Words(heading=str(described.heading), body=str(described.body))


def _budget(alert: Alert) -> _Words:
    day = date_format(alert.began_at.astimezone(clock.JAPAN), _("n月j日（D）"))
    resumes = alert.run.resume_at if alert.run and alert.run.resume_at else None
    midnight = (resumes or clock.next_japan_midnight(alert.began_at)).astimezone(clock.JAPAN)
    body = _(
        "「%(app)s」への%(day)sのAPIリクエストが、設定した上限に達しました。"
        "残りのデータは%(resumes)s（日本時間）に自動で再開します。"
        "急ぐ場合は上限を変更してください。"
    ) % {
        "app": alert.mapping.app_name or alert.mapping.app if alert.mapping else "",
        "day": day,
        "resumes": date_format(midnight, _("n月j日（D）G:i")),
    }
    return _Words(heading=_("1日の上限に達したため保留しています"), body=body)


def _unreachable(alert: Alert) -> _Words:
    body = _(
        "%(since)sから応答がありません。kintoneがメンテナンス中の可能性があります。"
        "%(interval)sごとに再試行し、接続できしだい待っているデータを連携します。"
        "操作は不要です。"
    ) % {
        "since": moment(alert.began_at),
        "interval": alert.connection.schedule.get_interval_display(),
    }
    return _Words(heading=_("kintoneから応答がないため待機しています"), body=body)


def _records_failed(alert: Alert) -> _Words:
    number = failed_entries(alert.mapping).count() if alert.mapping else 0
    heading = _("データの連携に失敗しました")
    if number:  # they may have arrived since
        heading = ngettext(
            "%(number)s件のデータの連携に失敗しました",
            "%(number)s件のデータの連携に失敗しました",
            number,
        ) % {"number": f"{number:,}"}
    body = _(
        "ほかのデータの連携は続いています。"
        "原因を確認し、データ、マッピングまたはkintoneの設定を修正してください。"
        "修正したデータは自動で連携します。"
    )
    return _Words(heading=heading, body=body)


def _drift(alert: Alert) -> _Words:
    found = drift_of(alert.mapping) if alert.mapping else ()
    told = [summary(found), _("項目のマッピングを開き、変更の内容を確認してください。")]
    if any(one.proposal for one in found):
        told.append(_("変更に合わせる提案を、そのページで適用できます。"))
    return _Words(heading=_("kintoneのフォームが変更されました"), body=one_after_another(told))


def _recovery(alert: Alert, began: _Words) -> str:
    heading = began.heading
    if alert.kind == AlertKind.RECORDS_FAILED:
        heading = _("データの連携に失敗しました")
    return _("%(since)sに始まった「%(heading)s」は、%(until)sに解消しました。操作は不要です。") % {
        "since": moment(alert.began_at),
        "heading": heading,
        "until": moment(alert.ended_at or alert.began_at),
    }


def _causes(mapping: Mapping) -> list[str]:
    stored = failed_entries(mapping).values_list("problems", flat=True)[:SAMPLE]
    headings = Counter(
        str(describe(Problem.from_json(problems[0])).heading) for problems in stored if problems
    )
    return [
        _("%(number)s件 %(cause)s") % {"number": f"{number:,}", "cause": heading}
        for heading, number in headings.most_common(CAUSES)
    ]


def _link(alert: Alert) -> tuple[str, str]:
    """Where the reader goes, and what is done there."""
    over = alert.ended_at is not None
    in_the_mapping = {AlertKind.CONFIGURATION, AlertKind.DRIFT}
    if not over and alert.kind in in_the_mapping and alert.mapping:
        return reverse("mapping:edit", args=[alert.mapping.pk]), _("マッピングを確認する")
    if not over and alert.kind == AlertKind.SIGHT and alert.mapping:
        return reverse("jobs:sight", args=[alert.mapping.pk]), _("リードの件数を確認する")
    if not over and alert.kind in {AlertKind.CONFIGURATION, AlertKind.SYNC_USER}:
        return reverse("jobs:connection", args=[alert.connection.pk]), _("接続先の設定を確認する")
    if not over and alert.kind == AlertKind.RECORDS_FAILED and alert.mapping:
        return reverse("jobs:failures", args=[alert.mapping.pk]), _("エラーのデータを確認する")
    if alert.run:
        return reverse("jobs:run", args=[alert.run.pk]), _("データ処理の結果を確認する")
    return reverse("jobs:runs"), _("データ処理状況一覧を確認する")
