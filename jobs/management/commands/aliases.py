"""`manage.py aliases TYPE FILE [--plan] [--json]`: old and new IDs from a CSV, carried out."""

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from audit.actors import by_command
from common import clock
from common.types import RecordType
from crm.importing.encoding import CsvError
from crm.importing.pairs import PairLine, read_pairs
from crm.writing.identity import Change
from jobs import identity
from jobs.identity import PairsReport
from jobs.management.addressing import NOT_STARTED, NOT_WELL

#: Refused lines that are written out for a person; --json gives all of them.
SHOWN = 20


class Command(BaseCommand):
    """Exit 0: all lines were taken; 1: some were refused; 2: not begun."""

    help = str(
        _(
            "旧IDと新IDのCSV（会社ID・新会社ID、部署ID・新部署ID、リードID・新リードID）を登録し、"
            "IDを変更し、統合します。同じファイルをもう一度登録しても、何も変わりません。"
        )
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("type", metavar="TYPE", choices=[str(one) for one in RecordType])
        parser.add_argument("file", metavar="FILE", type=Path)
        parser.add_argument(
            "--plan", action="store_true", help=_("何が変わるかだけを示し、登録しません")
        )
        parser.add_argument(
            "--json", action="store_true", help=_("最後の行に結果をJSONで出力します")
        )

    @by_command("aliases")
    def handle(self, *_args: Any, **options: Any) -> None:
        record_type = RecordType(options["type"])
        report = identity.settle_pairs(
            record_type,
            _read(record_type, options["file"]),
            now=clock.now(),
            rehearse=options["plan"],
            on_progress=self._progress(),
        )
        if options["json"]:
            self.stdout.write(json.dumps(report.as_json(), ensure_ascii=False))
        else:
            self._tell(report)
        if report.refused:
            sys.exit(NOT_WELL)

    def _progress(self) -> Any:
        """Counts along on a terminal; silent where the output is kept."""
        if not self.stderr.isatty():
            return None
        return lambda done: self.stderr.write(f"\r{done:,}", ending="")

    def _tell(self, report: PairsReport) -> None:
        self.stdout.write(
            _(
                "IDの変更%(renumbered)s件、統合%(merged)s件、対応だけの登録%(noted)s件、"
                "登録済み%(known)s件、登録できない行%(refused)s件"
            )
            % {str(change): f"{report.counts[change]:,}" for change in Change}
        )
        for one in report.refused[:SHOWN]:
            self.stderr.write(
                _("%(line)s行目：%(reason)s") % {"line": one.line, "reason": one.reason}
            )
        if len(report.refused) > SHOWN:
            self.stderr.write(
                _("ほか%(count)s行。すべて見るには --json を付けてください。")
                % {"count": len(report.refused) - SHOWN}
            )


def _read(record_type: RecordType, path: Path) -> list[PairLine]:
    try:
        with path.open("rb") as file:
            return read_pairs(record_type, file)
    except OSError as error:
        message = _("%(path)s を開けません：%(reason)s") % {"path": path, "reason": error.strerror}
        raise CommandError(message, returncode=NOT_STARTED) from error
    except CsvError as error:
        raise CommandError(str(error), returncode=NOT_STARTED) from error
