"""`manage.py erase EXTERNAL_ID [--yes] [--json]`, `… --find WORDS`: the data of one person."""

import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from audit.actors import by_command
from common.types import RecordType
from crm.models import Lead
from crm.selectors import search_records
from hpsync import erasing

#: Leads that a search lists.
SHOWN = 50
#: There is no such lead.
NOT_STARTED = 2


class Command(BaseCommand):
    """Exit 0: told, or erased; 2: no lead of that external ID."""

    help = str(
        _("リード1人のデータを、hpsyncのすべての場所から消去します。--yesがなければ確認だけです。")
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("external_id", nargs="?", help=_("リードの外部ID"))
        parser.add_argument("--find", metavar="WORDS", help=_("氏名やメールアドレスで探します"))
        parser.add_argument("--yes", action="store_true", help=_("消去します。元に戻せません"))
        parser.add_argument("--json", action="store_true", help=_("結果をJSONで出力します"))

    @by_command("erase")
    def handle(self, *_args: Any, **options: Any) -> None:
        if options["find"]:
            self._find(options["find"])
            return
        lead = Lead.objects.filter(external_id=options["external_id"] or "").first()
        if lead is None:
            message = _("外部ID「%(id)s」のリードはありません。--find で探してください。")
            raise CommandError(
                message % {"id": options["external_id"] or ""}, returncode=NOT_STARTED
            )
        traces = erasing.traces_of(lead)
        if options["yes"]:
            erasing.erase(lead)
        if options["json"]:
            self.stdout.write(json.dumps(_summary(traces, erased=options["yes"])))
        else:
            self._tell(traces, erased=options["yes"])

    def _find(self, words: str) -> None:
        found = search_records(RecordType.LEAD, words)
        rows = list(found.rows[:SHOWN])
        for row in rows:
            assert isinstance(row, Lead)
            name = f"{row.family_name} {row.first_name}"
            line = (row.external_id, name, row.email, row.company.name)
            self.stdout.write("　".join(part for part in line if part))
        if not rows:
            self.stderr.write(_("該当するリードはありません。"))
            sys.exit(NOT_STARTED)

    def _tell(self, traces: erasing.Traces, *, erased: bool) -> None:
        heading = _("消去しました：") if erased else _("消去するデータ：")
        self.stdout.write(heading)
        for name, count in traces.counts.items():
            self.stdout.write(f"  {name}: {count:,}")
        for path in traces.files:
            self.stdout.write(f"  {path}")
        if traces.in_kintone:
            self.stdout.write(_("kintoneのレコードは、kintoneで削除してください："))
        for one in traces.in_kintone:
            self.stdout.write(f"  {one.mapping}  {one.address}")
        self.stdout.write(
            _(
                "データの取り込み元（ホットプロファイル、CSV、API）でも削除してください。"
                "残っていると、次の取り込みで戻ります。"
                "消去の前に取ったバックアップと、送信済みのメールは変更しません。"
            )
        )
        if not erased:
            self.stdout.write(_("消去するには、--yes を付けて実行してください。元に戻せません。"))


def _summary(traces: erasing.Traces, *, erased: bool) -> dict[str, object]:
    """What `--json` prints; the keys are relied on from outside."""
    return {
        "erased": erased,
        "rows": traces.counts,
        "files": [str(path) for path in traces.files],
        "kintone": [
            {"mapping": one.mapping, "record_id": one.record_id, "address": one.address}
            for one in traces.in_kintone
        ],
    }
