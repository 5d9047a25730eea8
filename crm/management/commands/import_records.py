"""`import_records`: feeds a file of companies, departments or leads."""

import json
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from audit.actors import by_command
from common.types import RecordType
from common.wording import listed
from crm.catalogue import UnknownItemError
from crm.importing import ImportReport, run_import
from crm.importing.encoding import CsvError
from crm.labels import record_type_label
from crm.writing import key_items

DESCRIPTION = """\
CSVかExcel（.xlsx）のファイルを取り込みます。TYPE は company（会社）、department（部署）、
lead（リード）のいずれかです。

CSVの文字コードはUTF-8（BOMの有無を問いません）かShift_JIS、Excelは先頭のシートだけを読みます。
1行目は見出しです。
見出しは項目のキー（name）か項目名（会社名）で、幅の違いは問いません。
  ・列がない項目の値はそのまま、空のセルは値を消します。
  ・複数の値は改行か ; で区切ります。
  ・親は company.external_id、department.external_id、parent.external_id、
    営業担当者は owner.email で指定します。知らない担当者は社員として登録します。
  ・同じキーの行が複数あるときは最初の行を取り込み、内容が違う後の行は取り込みません。
  ・変更のない行は更新しません。取り込めない行は行番号と理由を示し、ほかの行は取り込みます。
"""
EPILOG = """\
終了コード：0 すべての行を取り込んだ  1 取り込めない行があった  2 取り込みを始められなかった
"""

#: Refused lines that are written out for a person; --json gives all of them.
SHOWN = 20

#: The command could not begin: bad arguments, or a file that cannot be read.
NOT_STARTED = 2


class Command(BaseCommand):
    """Imports, then tells what became of the lines."""

    help = DESCRIPTION

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> Any:
        """The parser, with the description left as it is written."""
        parser = super().create_parser(prog_name, subcommand, epilog=EPILOG, **kwargs)
        parser.formatter_class = RawDescriptionHelpFormatter
        return parser

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("type", metavar="TYPE", choices=[str(one) for one in RecordType])
        parser.add_argument("file", metavar="FILE", type=Path)
        parser.add_argument(
            "--key",
            metavar="ITEM",
            default="external_id",
            help="既存のデータを見つける項目（既定：external_id）。id では更新だけをします。",
        )
        parser.add_argument(
            "--columns",
            metavar="FILE.yaml",
            type=Path,
            help="項目のキー: 列の見出し、を並べたYAML。見出しだけで分からない項目に使います。"
            "見出しを空にした項目は取り込みません。",
        )
        parser.add_argument(
            "--refused",
            metavar="FILE.csv",
            type=Path,
            help="取り込めない行を理由とともに書き出すファイル。CSVで、修正すると、そのまま取り込めます。",
        )
        parser.add_argument("--json", action="store_true", help="結果をJSONで出力します。")

    @by_command("import_records")
    def handle(self, *_args: object, **options: Any) -> None:
        record_type = RecordType(options["type"])
        key: str = options["key"]
        if key not in key_items(record_type):
            raise _not_started(
                _("「%(key)s」はキーにできません。使用できる項目：%(keys)s")
                % {"key": key, "keys": listed(key_items(record_type))}
            )
        columns = _read_columns(options["columns"])
        report = self._import(
            record_type, options["file"], key=key, columns=columns, refused_to=options["refused"]
        )
        if options["json"]:
            self.stdout.write(json.dumps(report.as_json(), ensure_ascii=False))
        else:
            self._tell(record_type, report)
        if report.refused:
            raise SystemExit(1)

    def _import(
        self,
        record_type: RecordType,
        path: Path,
        *,
        key: str,
        columns: Mapping[str, str | None],
        refused_to: Path | None,
    ) -> ImportReport:
        try:
            with path.open("rb") as file:
                return run_import(
                    record_type,
                    file,
                    file_name=path.name,
                    key=key,
                    columns=columns,
                    on_progress=self._progress(),
                    refused_to=refused_to,
                )
        except OSError as error:
            raise _not_started(
                _("%(path)s を開けません：%(reason)s") % {"path": path, "reason": error.strerror}
            ) from error
        except UnknownItemError as error:
            raise _not_started(
                _("%(type)sに「%(key)s」という取り込める項目はありません。")
                % {"type": record_type_label(record_type), "key": error.key}
            ) from error
        except CsvError as error:
            raise _not_started(str(error)) from error

    def _progress(self) -> Any:
        """Counts along on a terminal; silent where the output is kept."""
        if not self.stderr.isatty():
            return None

        def show(read: int) -> None:
            self.stderr.write(f"\r{read:,}", ending="")

        return show

    def _tell(self, record_type: RecordType, report: ImportReport) -> None:
        self.stdout.write(
            _(
                "%(type)s：%(read)s行を読み込みました（新規 %(created)s、更新 %(updated)s、"
                "変更なし %(unchanged)s、取り込めない行 %(refused)s）。"
            )
            % {
                "type": record_type_label(record_type),
                "read": report.read,
                "created": report.created,
                "updated": report.updated,
                "unchanged": report.unchanged,
                "refused": report.refused_count,
            }
        )
        for one in report.refused[:SHOWN]:
            self.stderr.write(
                _("%(line)s行目：%(reason)s") % {"line": one.line, "reason": one.reason}
            )
        if report.refused_count > SHOWN:
            self.stderr.write(
                _(
                    "ほか%(count)s行。"
                    "--json は最初の10,000件まで、--refused はすべてを書き出します。"
                )
                % {"count": report.refused_count - SHOWN}
            )


def _read_columns(path: Path | None) -> dict[str, str | None]:
    """Item key → heading, as the YAML file has it."""
    if path is None:
        return {}
    try:
        loaded = yaml.safe_load(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise _not_started(
            _("%(path)s を読めません：%(reason)s") % {"path": path, "reason": error}
        ) from error
    if not isinstance(loaded, dict) or any(isinstance(v, (dict, list)) for v in loaded.values()):
        raise _not_started(
            _("%(path)s には「項目のキー: 列の見出し」を並べてください。") % {"path": path}
        )
    return {str(key): None if heading is None else str(heading) for key, heading in loaded.items()}


def _not_started(message: str) -> CommandError:
    return CommandError(message, returncode=NOT_STARTED)
