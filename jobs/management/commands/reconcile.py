"""`manage.py reconcile CONNECTION/TYPE[/APP] [--send] [--json]`: what does no run know of?"""

import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _

from audit.actors import by_command
from common import clock
from jobs import reconciling, sweep
from jobs.management.addressing import NOT_WELL, add_mapping_argument, mapping_or_refusal
from jobs.management.running import enabled_or_refusal, outcome_of, run_here
from jobs.models import Run
from jobs.reconciling import Owed
from jobs.states import RunStatus, Trigger


class Command(BaseCommand):
    """Exit 0: nothing was missed, or it is sent by now; 1: it is not; 2: not looked at."""

    help = str(_("連携の記録と突き合わせ、漏れたデータを探します。例: reconcile 本番/company"))

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_mapping_argument(parser)
        parser.add_argument("--send", action="store_true", help=_("見つかったデータを連携します"))
        parser.add_argument(
            "--json", action="store_true", help=_("最後の行に結果をJSONで出力します")
        )

    @by_command("reconcile")
    def handle(self, *_args: Any, **options: Any) -> None:
        sweep.give_up_dead(now=clock.now())
        mapping = mapping_or_refusal(options["mapping"])
        if options["send"]:
            enabled_or_refusal(mapping)
        found = reconciling.look(mapping)
        run = None
        if options["send"] and found.all:
            reconciling.demand(mapping)
            run = run_here(
                mapping,
                trigger=Trigger.MANUAL,
                refusal=_(
                    "「%(mapping)s」のデータ処理が実行中または保留です。見つかったデータは次のデータ処理で連携します。"
                ),
                exit_code=NOT_WELL,
            )
        if options["json"]:
            self.stdout.write(json.dumps(_summary(found, run=run), ensure_ascii=False))
        else:
            self._tell(found, run=run)
        well = run.status == RunStatus.SUCCEEDED if run else not found.missed
        if not well:
            sys.exit(NOT_WELL)

    def _tell(self, found: Owed, *, run: Run | None) -> None:
        self.stdout.write(
            _(
                "連携待ちは%(owed)s件です。このうち、時刻からは見つからないデータは%(missed)s件です。"
            )
            % {"owed": f"{found.all:,}", "missed": f"{found.missed:,}"}
        )
        if run is not None:
            self.stdout.write(outcome_of(run))


def _summary(found: Owed, *, run: Run | None) -> dict[str, object]:
    """What `--json` prints; the keys are relied on from outside."""
    return {
        "owed": found.all,
        "missed": found.missed,
        "run": {"run": run.pk, "status": run.status} if run else None,
    }
