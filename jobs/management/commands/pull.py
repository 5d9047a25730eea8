"""`manage.py pull [--full] [--json]`: one pull from Hot Profile in the foreground."""

import json
import sys
import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from audit.actors import by_command
from common import clock
from common.problems import Problem
from jobs import liveness
from jobs.management.addressing import NOT_STARTED, NOT_WELL
from pulls import pulling, reading, tenants, words
from pulls.models import Pull

#: Seconds between two lines of progress.
PROGRESS_EVERY = 1.0


class Command(BaseCommand):
    """Pulls what changed; exit 0 if all of it came in, 1 if not, 2 if it was not started."""

    help = str(_("ホットプロファイルから、前回から変わったデータを取り込みます。"))

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--full", action="store_true", help=_("変わっていないデータも、すべて読み直します")
        )
        parser.add_argument(
            "--json", action="store_true", help=_("最後の行に結果をJSONで出力します")
        )

    @by_command("pull")
    def handle(self, *_args: Any, **options: Any) -> None:
        began = time.monotonic()
        pull = self._start(full=options["full"])
        try:
            pull = reading.execute(pull.pk, owner=liveness.owner_here(), on_page=_Progress(self))
        except KeyboardInterrupt:
            pulling.cancel(pull, now=clock.now())
            pull.refresh_from_db()
        seconds = round(time.monotonic() - began, 3)
        if options["json"]:
            self.stdout.write(json.dumps(_summary(pull, seconds=seconds), ensure_ascii=False))
        else:
            self._tell(pull, seconds=seconds)
        if pull.status != Pull.Status.SUCCEEDED:
            sys.exit(NOT_WELL)

    def _start(self, *, full: bool) -> Pull:
        tenant = tenants.tenant()
        if tenant is None:
            message = _("ホットプロファイル連携元が設定されていません。画面で設定してください。")
            raise CommandError(message, returncode=NOT_STARTED)
        # One whose process was killed is taken up here, from where it was.
        pulling.mind(now=clock.now(), is_dead=liveness.is_dead)
        queued = Pull.objects.filter(tenant=tenant, status=Pull.Status.QUEUED, full=full).first()
        if queued is not None:
            return queued
        try:
            return pulling.start(tenant, trigger=Pull.Trigger.MANUAL, now=clock.now(), full=full)
        except pulling.AlreadyActive as error:
            message = _("取り込みは、すでに待機中または処理中です。")
            raise CommandError(message, returncode=NOT_STARTED) from error

    def _tell(self, pull: Pull, *, seconds: float) -> None:
        self.stdout.write(
            _(
                "%(status)s（%(seconds)s秒、API呼び出し%(calls)s回）: "
                "会社%(companies)s件とリード%(leads)s件を読み込みました"
                "（新規 %(created)s、更新 %(updated)s、変更なし %(unchanged)s、"
                "エラー %(refused)s）。"
            )
            % {
                "status": pull.get_status_display(),
                "seconds": f"{seconds:,.1f}",
                **{
                    name: f"{getattr(pull, name):,}"
                    for name in (
                        *("calls", "companies", "leads"),
                        *("created", "updated", "unchanged", "refused"),
                    )
                },
            }
        )
        if message := _message(pull):
            self.stdout.write(message)


class _Progress:
    """Says on stderr how many records are done, about once a second."""

    def __init__(self, command: BaseCommand) -> None:
        self._command = command
        self._next_at = time.monotonic() + PROGRESS_EVERY

    def __call__(self, pull: Pull) -> None:
        if time.monotonic() >= self._next_at:
            self._next_at = time.monotonic() + PROGRESS_EVERY
            self._command.stderr.write(
                _("%(type)s: %(total)s件のうち%(done)s件を取り込みました。")
                % {
                    "type": pull.get_stage_display(),
                    "done": f"{pull.done:,}",
                    "total": f"{pull.total:,}",
                }
            )


def _summary(pull: Pull, *, seconds: float) -> dict[str, object]:
    """What `--json` prints; the keys are relied on from outside."""
    counted = ("companies", "leads", "created", "updated", "unchanged", "refused", "gone", "calls")
    return {
        "status": pull.status,
        "pull": pull.pk,
        **{name: getattr(pull, name) for name in counted},
        "seconds": seconds,
        "message": _message(pull),
    }


def _message(pull: Pull) -> str:
    if not pull.message:
        return ""
    described = words.describe(Problem.from_json(pull.message))
    return _("%(heading)s: %(body)s") % {"heading": described.heading, "body": described.body}
