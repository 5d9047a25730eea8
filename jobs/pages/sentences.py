"""What came of a run, in one sentence."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from common.problems import Problem
from common.wording import one_after_another
from jobs.models import Run
from jobs.states import RunStatus
from mapping.problem_texts import describe


def result_sentence(run: Run) -> str:
    """「12,328件の連携に成功しました。17件の連携に失敗しました。」"""
    if run.status == RunStatus.QUEUED:
        return _("データ処理の順番を待っています。")
    parts = [_succeeded(run), _failed(run)]
    if run.status in {RunStatus.FAILED, RunStatus.HELD, RunStatus.CANCELED}:
        parts.append(_stopped(run))
    said = one_after_another(parts)
    if said:
        return said
    if run.status == RunStatus.RUNNING:
        return _("変更されたデータを確認しています。")
    return _("連携する変更はありませんでした。")


def last_words(run: Run) -> str:
    """The same in a few words, for a line of the dashboard: 「新規3件・更新12件」."""
    if run.status in {RunStatus.FAILED, RunStatus.HELD} and run.message:
        return describe(Problem.from_json(run.message)).heading
    counts = (
        (_("新規"), run.created),
        (_("更新"), run.updated),
        (_("スキップ"), run.skipped),
        (_("エラー"), run.invalid + run.rejected),
    )
    told = _("・").join(
        _("%(what)s%(count)s件") % {"what": what, "count": f"{count:,}"}
        for what, count in counts
        if count
    )
    return told or _("変更なし")


def _succeeded(run: Run) -> str:
    count = run.created + run.updated
    if not count:
        return ""
    return ngettext(
        "%(count)s件の連携に成功しました。", "%(count)s件の連携に成功しました。", count
    ) % {"count": f"{count:,}"}


def _failed(run: Run) -> str:
    count = run.invalid + run.rejected
    if not count:
        return ""
    return ngettext(
        "%(count)s件の連携に失敗しました。", "%(count)s件の連携に失敗しました。", count
    ) % {"count": f"{count:,}"}


def _stopped(run: Run) -> str:
    if not run.message:
        return ""
    return _("%(what)s。") % {"what": describe(Problem.from_json(run.message)).heading}
