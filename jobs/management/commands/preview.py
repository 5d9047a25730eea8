"""`manage.py preview CONNECTION/TYPE[/APP] [--kintone] [--run] [--json]`: 事前チェック."""

import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from audit.actors import by_command
from common import clock
from common.problems import Problem
from jobs import liveness, previewing, previews, runs, sweep
from jobs.management.addressing import (
    NOT_STARTED,
    NOT_WELL,
    add_mapping_argument,
    mapping_or_refusal,
)
from jobs.management.running import enabled_or_refusal, execute_here, outcome_of
from jobs.models import Preview, PreviewItem, Run
from jobs.states import PreviewStatus, RecordOutcome, RunStatus
from mapping.models import Mapping
from mapping.problem_texts import describe

#: So many records that would not be sent are listed; all are counted.
LISTED = 100
_COUNTS = ("created", "updated", "unchanged", "skipped", "invalid", "rejected")
_REFUSED = (RecordOutcome.INVALID, RecordOutcome.REJECTED)


class Command(BaseCommand):
    """Exit 0: every record can be sent; 1: some cannot; 2: it could not be told."""

    help = str(_("すべてのデータを、送信せずにチェックします。例: preview 本番/company"))

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_mapping_argument(parser)
        parser.add_argument(
            "--kintone", action="store_true", help=_("kintoneのレコードを読み、今の値と比べます")
        )
        parser.add_argument(
            "--run", action="store_true", help=_("チェックした内容のとおりに連携します")
        )
        parser.add_argument(
            "--json", action="store_true", help=_("最後の行に結果をJSONで出力します")
        )

    @by_command("preview")
    def handle(self, *_args: Any, **options: Any) -> None:
        mapping = mapping_or_refusal(options["mapping"])
        if options["run"]:
            enabled_or_refusal(mapping)
        preview = self._make(mapping, reads_kintone=options["kintone"])
        run = self._carry_out(preview) if options["run"] else None
        if options["json"]:
            self.stdout.write(json.dumps(_summary(preview, run=run), ensure_ascii=False))
        else:
            self._tell(preview, run=run)
        refused = preview.invalid + preview.rejected
        if refused or (run is not None and run.status != RunStatus.SUCCEEDED):
            sys.exit(NOT_WELL)

    def _make(self, mapping: Mapping, *, reads_kintone: bool) -> Preview:
        sweep.give_up_dead(now=clock.now())
        previews.requeue_dead(now=clock.now())
        try:
            preview = previews.start(mapping, reads_kintone=reads_kintone, now=clock.now())
        except previews.AlreadyAtWork as error:
            message = _("「%(mapping)s」の事前チェックは、すでに実行中です。")
            raise CommandError(message % {"mapping": mapping}, returncode=NOT_STARTED) from error
        preview = previewing.make(preview.pk, owner=liveness.owner_here())
        if preview.status != PreviewStatus.READY:
            raise CommandError(_in_words(preview.message), returncode=NOT_STARTED)
        return preview

    def _carry_out(self, preview: Preview) -> Run:
        try:
            run = previews.carry_out(preview, now=clock.now())
        except (previews.OutdatedError, runs.AlreadyActive) as error:
            message = _("「%(mapping)s」のデータ処理は、すでに待機中、処理中または保留です。")
            raise CommandError(
                message % {"mapping": preview.mapping}, returncode=NOT_STARTED
            ) from error
        return execute_here(run)

    def _tell(self, preview: Preview, *, run: Run | None) -> None:
        self.stdout.write(_counts(preview))
        for item in _refused(preview):
            self.stdout.write(f"  {item.label}  {_in_words(item.problems[0])}")
        more = preview.invalid + preview.rejected - LISTED
        if more > 0:
            self.stdout.write("  " + _("ほか%(more)s件") % {"more": f"{more:,}"})
        if run is not None:
            self.stdout.write(outcome_of(run))


def _counts(preview: Preview) -> str:
    return _("・").join(
        _("%(what)s%(count)s件")
        % {
            "what": Preview._meta.get_field(name).verbose_name,  # type: ignore[union-attr]
            "count": f"{getattr(preview, name):,}",
        }
        for name in _COUNTS
    )


def _refused(preview: Preview) -> list[PreviewItem]:
    items = preview.items.filter(outcome__in=_REFUSED)
    return list(items.order_by("source_id")[:LISTED])


def _in_words(stored: dict[str, Any]) -> str:
    words = describe(Problem.from_json(stored))
    return _("%(heading)s: %(body)s") % {"heading": words.heading, "body": words.body}


def _summary(preview: Preview, *, run: Run | None) -> dict[str, object]:
    """What `--json` prints; the keys are relied on from outside."""
    return {
        "preview": preview.pk,
        "outcomes": {name: getattr(preview, name) for name in _COUNTS},
        "requests": preview.counted,
        "refused": [
            {"label": item.label, "outcome": item.outcome, "problem": item.problems[0]}
            for item in _refused(preview)
        ],
        "run": {"run": run.pk, "status": run.status} if run else None,
    }
