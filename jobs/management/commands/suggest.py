"""`manage.py suggest CONNECTION/TYPE[/APP] [--json]`: rules that a person would probably choose."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from common.wording import listed
from jobs.management.addressing import NOT_STARTED, add_mapping_argument, mapping_or_refusal
from mapping.suggestion_panel import suggestions_of
from mapping.suggestion_texts import doubt_text, why_text
from mapping.suggestions import Suggestion, Suggestions


class Command(BaseCommand):
    """Proposes, and changes nothing; exit 2: no such mapping, or its form was never loaded."""

    help = str(_("未設定のフィールドに連携する項目の候補を表示します。例: suggest 本番/company"))

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_mapping_argument(parser)
        parser.add_argument("--json", action="store_true", help=_("候補をJSONで出力します"))

    def handle(self, *_args: Any, **options: Any) -> None:
        mapping = mapping_or_refusal(options["mapping"])
        if not mapping.form:
            message = _("「%(mapping)s」のフィールドを、先に［読み込み］で読み込んでください。")
            raise CommandError(message % {"mapping": mapping}, returncode=NOT_STARTED)
        made = suggestions_of(mapping)
        if options["json"]:
            self.stdout.write(json.dumps(_as_json(made), ensure_ascii=False))
            return
        for each in made.rules:
            self.stdout.write(_in_words(each))
        if made.key:
            self.stdout.write(_("更新キー: %(field)s") % {"field": made.key.path})
        if not made:
            self.stdout.write(_("候補はありません。"))


def _in_words(each: Suggestion) -> str:
    mark = "✓" if each.is_sure else "?"
    told = [*map(doubt_text, each.doubts), listed(map(why_text, each.whys))]
    return f"{mark} {each.path} ← {each.rule.source or each.rule.template}  {' '.join(told)}"


def _as_json(made: Suggestions) -> dict[str, object]:
    """What `--json` prints; rules are in the form of the settings file."""
    return {
        "rules": [
            {
                "field": each.rule.field,
                "table": each.rule.table,
                "source": each.rule.source,
                "template": each.rule.template,
                "sure": each.is_sure,
                "reasons": [why.value for why in each.whys],
                "doubts": [doubt.value for doubt in each.doubts],
            }
            for each in made.rules
        ],
        "update_key": {"field": made.key.path, "sure": made.key.is_sure} if made.key else None,
    }
