"""`manage.py compare CONNECTION/TYPE[/APP] [--resend] [--yes] [--json]`: against kintone itself."""

import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from audit.actors import by_command
from common import clock
from integrations import connections
from integrations.kintone.client import KintoneClient
from integrations.kintone.errors import AllowanceSpentError, KintoneError
from jobs import comparing, sweep
from jobs.comparing import Comparison, Cost, Findings, Found
from jobs.management.addressing import (
    NOT_STARTED,
    NOT_WELL,
    add_mapping_argument,
    mapping_or_refusal,
)
from jobs.management.drift import tell_drift
from jobs.management.running import run_here
from jobs.models import Run
from jobs.states import RunStatus, Trigger
from mapping.models import Mapping
from mapping.plan import PlanError
from mapping.problem_texts import describe


class Command(BaseCommand):
    """Exit 0: kintone holds what it should, or does so now; 1: it does not; 2: not compared."""

    help = str(_("kintoneのレコードを読み、連携した内容と比べます。例: compare 本番/company"))

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_mapping_argument(parser)
        parser.add_argument(
            "--resend", action="store_true", help=_("ないレコードと違うレコードを連携し直します")
        )
        parser.add_argument("--yes", action="store_true", help=_("確認せずに読み取ります"))
        parser.add_argument(
            "--json", action="store_true", help=_("最後の行に結果をJSONで出力します")
        )

    @by_command("compare")
    def handle(self, *_args: Any, **options: Any) -> None:
        mapping = mapping_or_refusal(options["mapping"])
        sweep.give_up_dead(now=clock.now())
        tell_drift(mapping, self.stderr.write)
        try:
            with connections.client_for(
                mapping.connection, guest_space=mapping.guest_space
            ) as client:
                cost = self._agree(mapping, client, yes=options["yes"])
                found = comparing.compare(mapping, client, resend=options["resend"])
        except AllowanceSpentError as error:
            raise CommandError(_spent(mapping), returncode=NOT_STARTED) from error
        except PlanError as error:
            words = describe(error.problems[0])
            raise CommandError(f"{words.heading}: {words.body}", returncode=NOT_STARTED) from error
        except KintoneError as error:
            problem = connections.error_problem(
                error, connection=mapping.connection, app=mapping.app
            )
            words = describe(problem)
            raise CommandError(f"{words.heading}: {words.body}", returncode=NOT_STARTED) from error
        run = _send(mapping) if options["resend"] and not found.is_clean else None
        if options["json"]:
            self.stdout.write(json.dumps(_summary(found, cost=cost, run=run), ensure_ascii=False))
        else:
            self._tell(found, run=run)
        well = run.status == RunStatus.SUCCEEDED if run else found.is_clean
        if not well:
            sys.exit(NOT_WELL)

    def _agree(self, mapping: Mapping, client: KintoneClient, *, yes: bool) -> Cost:
        """Say what it costs, and go on only if somebody wants it or it fits into the day."""
        cost = comparing.cost_of(mapping, client)
        self.stderr.write(
            _(
                "kintoneに%(records)s件のレコードがあります。読み取りにAPIリクエストを%(requests)s件使用します（本日の残り%(left)s件）。"
            )
            % {
                "records": f"{cost.records:,}",
                "requests": f"{cost.requests:,}",
                "left": f"{cost.left:,}",
            }
        )
        if cost.requests > cost.left:
            raise CommandError(_spent(mapping), returncode=NOT_STARTED)
        if not yes and sys.stdin.isatty():
            self.stderr.write(_("読み取りますか？　［y/N］"))
            if sys.stdin.readline().strip().lower() not in {"y", "yes"}:
                raise CommandError(_("読み取りませんでした。"), returncode=NOT_STARTED)
        return cost

    def _tell(self, found: Comparison, *, run: Run | None) -> None:
        self.stdout.write(
            _("%(compared)s件を比べました。連携待ちは%(waiting)s件です。")
            % {"compared": f"{found.compared:,}", "waiting": f"{found.waiting:,}"}
        )
        for heading, findings in (
            (_("kintoneにないレコード"), found.missing),
            (_("内容が違うレコード"), found.differing),
            (_("kintoneで更新キーが変更されたレコード"), found.rekeyed),
            (_("hpsyncが登録していないレコード（変更しません）"), found.extra),
        ):
            self._list(heading, findings)
        if found.is_clean:
            self.stdout.write(_("kintoneの内容は、連携した内容と同じです。"))
        if run is not None:
            self.stdout.write(
                _("連携し直しました: %(status)s（新規%(created)s件、更新%(updated)s件）")
                % {
                    "status": run.get_status_display(),
                    "created": f"{run.created:,}",
                    "updated": f"{run.updated:,}",
                }
            )

    def _list(self, heading: str, findings: Findings) -> None:
        if not findings.count:
            return
        self.stdout.write(
            _("%(heading)s: %(count)s件") % {"heading": heading, "count": f"{findings.count:,}"}
        )
        for one in findings.first:
            self.stdout.write("  " + _in_words(one))
        if findings.count > len(findings.first):
            more = findings.count - len(findings.first)
            self.stdout.write("  " + _("ほか%(more)s件") % {"more": f"{more:,}"})


def _send(mapping: Mapping) -> Run:
    """The run that carries what was made owed."""
    return run_here(
        mapping,
        trigger=Trigger.RETRY,
        refusal=_(
            "「%(mapping)s」のデータ処理が実行中または保留です。違いはそのデータ処理か次のデータ処理で連携し直します。"
        ),
        exit_code=NOT_WELL,
    )


def _spent(mapping: Mapping) -> str:
    message = _(
        "「%(mapping)s」の本日のAPIリクエストの残りが足りません。0:00（日本時間）を過ぎてから実行するか、1日の上限を変更してください。"
    )
    return message % {"mapping": mapping}


def _in_words(found: Found) -> str:
    name = f"{found.label}（{found.external_id}）" if found.external_id else found.label
    words = [_("レコード番号%(id)s") % {"id": found.record_id}, name]
    if found.key:
        words.append(_("更新キー「%(key)s」") % {"key": found.key})
    words += [f"{cell.field}: {cell.kintone!r} → {cell.ours!r}" for cell in found.cells]
    return "  ".join(filter(None, words))


def _summary(found: Comparison, *, cost: Cost, run: Run | None) -> dict[str, object]:
    """What `--json` prints; the keys are relied on from outside."""
    kinds = {
        "missing": found.missing,
        "differing": found.differing,
        "rekeyed": found.rekeyed,
        "extra": found.extra,
    }
    return {
        "status": "same" if found.is_clean else "different",
        "records_in_kintone": found.in_kintone,
        "compared": found.compared,
        "waiting": found.waiting,
        "requests": cost.requests + 1,
        **{
            name: {"count": findings.count, "first": [_as_json(one) for one in findings.first]}
            for name, findings in kinds.items()
        },
        "run": {"run": run.pk, "status": run.status} if run else None,
    }


def _as_json(found: Found) -> dict[str, object]:
    return {
        "external_id": found.external_id,
        "label": found.label,
        "record_id": found.record_id,
        "key": found.key,
        "cells": [
            {"field": cell.field, "ours": cell.ours, "kintone": cell.kintone}
            for cell in found.cells
        ],
    }
