"""`manage.py renew_credentials [--check] [--json]`: once a new key is first in the list."""

import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _

from common import reencrypting

#: Something needs another key than the first one, or none that there is.
NOT_DONE = 1


class Command(BaseCommand):
    """Exit 0: the first key opens everything; 1: it does not."""

    help = str(
        _("保存済みの認証情報を、CREDENTIAL_KEYSの先頭の鍵で暗号化し直します。実行中でも使えます。")
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--check", action="store_true", help=_("古い鍵がまだ必要かどうかを調べるだけにします")
        )
        parser.add_argument("--json", action="store_true", help=_("結果をJSONで出力します"))

    def handle(self, *_args: Any, **options: Any) -> None:
        report = reencrypting.renew(only_look=options["check"])
        if options["json"]:
            told = {
                "current": report.current,
                "to_renew" if options["check"] else "renewed": report.renewed,
                "unreadable": report.unreadable,
            }
            self.stdout.write(json.dumps(told))
        else:
            self._tell(report, looked=options["check"])
        if report.unreadable or (options["check"] and report.renewed):
            sys.exit(NOT_DONE)

    def _tell(self, report: reencrypting.Report, *, looked: bool) -> None:
        counts = {"renewed": f"{report.renewed:,}", "current": f"{report.current:,}"}
        if looked and report.renewed:
            self.stdout.write(
                _(
                    "%(renewed)s個の値に古い鍵が必要です。renew_credentialsを実行してください。"
                    "先頭の鍵の値は%(current)s個です。"
                )
                % counts
            )
        elif looked:
            self.stdout.write(_("%(current)s個の値は、すべて先頭の鍵で開けます。") % counts)
        else:
            self.stdout.write(
                _(
                    "%(renewed)s個の値を先頭の鍵で暗号化し直しました。%(current)s個は済んでいました。"
                )
                % counts
            )
        if report.unreadable:
            self.stderr.write(
                _(
                    "どの鍵でも開けない値があります。鍵をCREDENTIAL_KEYSに戻すか、入力し直してください："
                )
            )
            for place in report.unreadable:
                self.stderr.write(f"  {place}")
        elif not (looked and report.renewed):
            self.stdout.write(_("古い鍵は、CREDENTIAL_KEYSから削除できます。"))
