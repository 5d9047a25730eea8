"""`manage.py failures CONNECTION/TYPE[/APP] [--json]`: the failed records and their reasons."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone
from django.utils.translation import gettext as _

from jobs.management.addressing import add_mapping_argument, mapping_or_refusal
from jobs.management.drift import tell_drift
from jobs.management.failures import Failure, failures_of


class Command(BaseCommand):
    """Lists the failed records of one mapping; exit 2 if there is no such mapping."""

    help = str(_("連携に失敗しているデータと、その理由を表示します。例: failures 本番/company"))

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_mapping_argument(parser)
        parser.add_argument("--json", action="store_true", help=_("JSONの一覧を出力します"))

    def handle(self, *_args: Any, **options: Any) -> None:
        mapping = mapping_or_refusal(options["mapping"])
        tell_drift(mapping, self.stderr.write)
        failures = list(failures_of(mapping))
        if options["json"]:
            told = [failure.as_json() for failure in failures]
            self.stdout.write(json.dumps(told, ensure_ascii=False))
            return
        for failure in failures:
            self.stdout.write(_in_words(failure))
        if not failures:
            self.stdout.write(_("エラーのデータはありません。"))


def _in_words(failure: Failure) -> str:
    again = (
        _("次の再試行 %(at)s")
        % {"at": timezone.localtime(failure.next_try).strftime("%Y/%m/%d %H:%M")}
        if failure.next_try
        else _("自動では再試行しません")
    )
    name = f"{failure.label}（{failure.external_id}）" if failure.external_id else failure.label
    return f"{name}  {failure.key}  {failure.reason}  {again}"
