"""`manage.py settings_apply FILE [--plan] [--prune]`: makes the settings as the file says."""

import os
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from audit.actors import by_command
from audit.kinds import Origin
from common import clock
from jobs.settings_file import applying
from jobs.settings_file.document import SettingsFileError
from jobs.settings_file.report import Report
from jobs.settings_file.schema import parse


class Command(BaseCommand):
    """Applies a settings file, or shows what it would change; one with errors changes nothing."""

    help = str(_("YAMLの設定を反映します。ファイルにないものは変更しません。"))

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE", help=_("YAMLのファイル。-は標準入力"))
        parser.add_argument("--plan", action="store_true", help=_("差分だけを表示します"))
        parser.add_argument(
            "--prune",
            action="store_true",
            help=_("ファイルに書かれている一覧から、ファイルにないものを削除します"),
        )

    @by_command("settings_apply", origin=Origin.FILE)
    def handle(self, *_args: Any, **options: Any) -> None:
        act = applying.plan if options["plan"] else applying.apply
        try:
            settings = parse(_read(options["file"]), environment=os.environ)
            report = act(settings, now=clock.now(), prune=options["prune"])
        except SettingsFileError as error:
            heading = _("設定を反映できません。何も変更していません。")
            raise CommandError("\n".join([heading, *map(str, error.problems)])) from error
        self._tell(report, is_plan=options["plan"])

    def _tell(self, report: Report, *, is_plan: bool) -> None:
        for line in [*report.changes, *report.notes]:
            self.stdout.write(line)
        number = f"{len(report.changes):,}"
        if not report.changes:
            self.stdout.write(_("変更はありません。設定はファイルのとおりです。"))
        elif is_plan:
            self.stdout.write(
                _("%(number)s件を変更します。まだ何も変更していません。") % {"number": number}
            )
        else:
            self.stdout.write(_("%(number)s件を変更しました。") % {"number": number})


def _read(name: str) -> str:
    try:
        return sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8-sig")
    except OSError as error:
        message = _("ファイル「%(name)s」を開けません（%(reason)s）。")
        raise CommandError(message % {"name": name, "reason": error.strerror}) from error
    except UnicodeDecodeError as error:
        message = _("ファイル「%(name)s」はUTF-8ではありません。")
        raise CommandError(message % {"name": name}) from error
