"""`manage.py doctor [--offline] [--json]`: looks at everything that the product leans on."""

import dataclasses
import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from hpsync import doctor
from hpsync.doctor.findings import Finding, State

#: Something does not work.
NOT_WELL = 1


class Command(BaseCommand):
    """Exit 0: everything works, though something may be better otherwise; 1: something does not."""

    help = str(
        _("データベース、ブローカー、ワーカー、メール、kintoneなどを調べます。何も変更しません。")
    )
    #: It is for when they would not pass.
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--offline", action="store_true", help=_("kintoneには接続しません"))
        parser.add_argument("--json", action="store_true", help=_("結果をJSONで出力します"))

    def handle(self, *_args: Any, **options: Any) -> None:
        found = []
        for finding in doctor.examine(asks_kintone=not options["offline"]):
            found.append(finding)
            if not options["json"]:
                self._tell(finding)
        fails = any(finding.state is State.FAIL for finding in found)
        if options["json"]:
            told = {"well": not fails, "findings": [dataclasses.asdict(one) for one in found]}
            self.stdout.write(json.dumps(told, ensure_ascii=False))
        if fails:
            sys.exit(NOT_WELL)

    def _tell(self, finding: Finding) -> None:
        words = {
            State.OK: pgettext("点検", "正常"),
            State.WARN: pgettext("点検", "注意"),
            State.FAIL: pgettext("点検", "異常"),
        }
        line = _("［%(state)s］%(what)s") % {"state": words[finding.state], "what": finding.what}
        said = _("：%(said)s") % {"said": finding.said} if finding.said else ""
        self.stdout.write(line + said)
        if finding.remedy:
            self.stdout.write(f"　　→ {finding.remedy}")
