"""What came of a run, or of a 事前チェック, in one sentence."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from common.problems import Problem
from common.wording import one_after_another
from jobs.models import Preview, Run
from jobs.states import PreviewStatus, RunStatus
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


def preview_sentence(preview: Preview) -> str:
    """「12,345件をチェックしました。12,328件を連携できます。17件は連携できません。」"""
    match preview.status:
        case PreviewStatus.QUEUED:
            return _("チェックの順番を待っています。")
        case PreviewStatus.RUNNING:
            return _("すべてのデータを確認しています。この画面を閉じても続きます。")
        case PreviewStatus.CANCELED:
            return _("チェックを中止しました。")
        case PreviewStatus.FAILED:
            return _("チェックできませんでした。")
    failed = preview.invalid + preview.rejected
    seen = failed + preview.to_send + preview.unchanged + preview.skipped
    parts = [
        ngettext("%(count)s件をチェックしました。", "%(count)s件をチェックしました。", seen)
        % {"count": f"{seen:,}"},
        ngettext("%(count)s件を連携できます。", "%(count)s件を連携できます。", preview.to_send)
        % {"count": f"{preview.to_send:,}"}
        if preview.to_send
        else _("連携するデータはありません。"),
        ngettext("%(count)s件は連携できません。", "%(count)s件は連携できません。", failed)
        % {"count": f"{failed:,}"}
        if failed
        else "",
    ]
    return one_after_another(parts)


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
