"""`manage.py sync CONNECTION/TYPE[/APP] [--full] [--json]`: one run in the foreground."""

import json
import sys
import time
from argparse import ArgumentParser
from collections.abc import Sequence
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils.translation import gettext as _

from audit.actors import by_command
from common import clock, garbage
from common.problems import Problem
from common.wording import listed
from integrations import budget
from jobs import execute, forecast, liveness, runs, sweep
from jobs.engine.values import OutcomeKind, Settled
from jobs.management.addressing import (
    NOT_STARTED,
    NOT_WELL,
    add_mapping_argument,
    mapping_or_refusal,
)
from jobs.management.running import enabled_or_refusal
from jobs.models import Run
from jobs.states import RunStatus, Trigger
from mapping.models import Mapping
from mapping.problem_texts import describe

#: Seconds between two lines of progress.
PROGRESS_EVERY = 1.0


class Command(BaseCommand):
    """Carries out one run; exit 0 if it succeeded, 1 if not, 2 if it was not started."""

    help = str(_("マッピング1つのデータ処理をここで実行します。例: sync 本番/company"))

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_mapping_argument(parser)
        parser.add_argument("--full", action="store_true", help=_("既存のデータも連携します"))
        parser.add_argument(
            "--json", action="store_true", help=_("最後の行に結果をJSONで出力します")
        )

    @by_command("sync")
    def handle(self, *_args: Any, **options: Any) -> None:
        began = time.monotonic()
        garbage.collect_seldom()
        run = self._start(options["mapping"], full=options["full"])
        run = self._execute(run)
        seconds = round(time.monotonic() - began, 3)
        if options["json"]:
            self.stdout.write(json.dumps(_summary(run, seconds=seconds), ensure_ascii=False))
        else:
            self._tell(run, seconds=seconds)
        if run.status != RunStatus.SUCCEEDED:
            sys.exit(NOT_WELL)

    def _start(self, name: str, *, full: bool) -> Run:
        # A run of this mapping that was killed must not stand in the way.
        sweep.give_up_dead(now=clock.now())
        mapping = mapping_or_refusal(name)
        enabled_or_refusal(mapping)
        if full:
            self._foretell(mapping)
        try:
            return _resume_here(mapping, full=full) or _start_here(mapping, full=full)
        except runs.AlreadyActive as error:
            message = _("「%(mapping)s」のデータ処理は、すでに待機中、処理中または保留です。")
            raise CommandError(message % {"mapping": mapping}, returncode=NOT_STARTED) from error

    def _foretell(self, mapping: Mapping) -> None:
        """Say on stderr what it will take."""
        told = forecast.of_first_load(mapping, now=clock.now())
        self.stderr.write(
            _(
                "%(records)s件を連携します。APIリクエストを最大%(counted)s件（1日の上限の%(share)s%%）使用し、送信に約%(minutes)s分かかります。"
            )
            % {
                "records": f"{told.records:,}",
                "counted": f"{told.counted:,}",
                "share": told.share,
                "minutes": f"{told.duration.total_seconds() / 60:,.1f}",
            }
        )

    def _execute(self, run: Run) -> Run:
        progress = _Progress(self)
        try:
            return execute.execute(run.pk, owner=liveness.owner_here(), progress=progress)
        except KeyboardInterrupt:
            runs.cancel(run, now=clock.now())
            self.stderr.write(_("中止しました。"))
            run.refresh_from_db()
            return run

    def _tell(self, run: Run, *, seconds: float) -> None:
        counts = listed(f"{label} {count:,}" for label, count in _counts_by_label(run) if count)
        self.stdout.write(
            _("%(status)s（%(seconds)s秒、APIリクエスト%(counted)s件）%(counts)s")
            % {
                "status": run.get_status_display(),
                "seconds": f"{seconds:,.1f}",
                "counted": f"{run.counted:,}",
                "counts": f": {counts}" if counts else "",
            }
        )
        if message := _message(run):
            self.stdout.write(message)
        for words in _left_out(run):
            self.stdout.write(words)


class _Progress:
    """Says on stderr how many records are done, about once a second."""

    def __init__(self, command: BaseCommand) -> None:
        self._command = command
        self._done = 0
        self._next_at = time.monotonic() + PROGRESS_EVERY

    def __call__(self, settled: Sequence[Settled]) -> None:
        self._done += sum(not one.interim for one in settled)
        if time.monotonic() >= self._next_at:
            self._next_at = time.monotonic() + PROGRESS_EVERY
            self._command.stderr.write(
                _("%(number)s件を処理しました。") % {"number": f"{self._done:,}"}
            )


@transaction.atomic
def _resume_here(mapping: Mapping, *, full: bool) -> Run | None:
    """The mapping's held run, to be executed here, if its hold is over or the limit was raised.

    Without a clock nobody else would ever end the hold.
    """
    now = clock.now()
    held_runs = Run.objects.filter(mapping=mapping, only=None, plan=None, status=RunStatus.HELD)
    # A first load that rests is nobody's hindrance: only who asks for one takes it up.
    held = (held_runs if full else held_runs.filter(full=False)).order_by("full", "pk").last()
    left = budget.left_for_first_load if full else budget.left
    if held is None or not left(mapping.connection.host, mapping.app, now=now):
        return None
    if not runs.resume(held, now=now):
        return None
    Run.objects.filter(pk=held.pk).update(rung_at=now, full=held.full or full)
    return held


@transaction.atomic
def _start_here(mapping: Mapping, *, full: bool) -> Run:
    """A queued run that no worker is called for: it is executed here, at once."""
    now = clock.now()
    trigger = Trigger.FIRST_LOAD if full else Trigger.MANUAL
    run = runs.start(mapping, trigger=trigger, now=now, full=full)
    Run.objects.filter(pk=run.pk).update(rung_at=now)
    return run


def _summary(run: Run, *, seconds: float) -> dict[str, object]:
    """What `--json` prints; the keys are relied on from outside, and `left_out` only if need be."""
    left_out = [problem["field"] for problem in run.left_out]
    return {
        "status": run.status,
        "run": run.pk,
        "outcomes": {kind.value: getattr(run, kind.value) for kind in OutcomeKind},
        "requests": run.requests,
        "counted": run.counted,
        "seconds": seconds,
        "message": _message(run),
        **({"left_out": left_out} if left_out else {}),
    }


def _message(run: Run) -> str:
    return _in_words(run.message) if run.message else ""


def _left_out(run: Run) -> list[str]:
    """Why which fields were not sent."""
    return [_in_words(problem) for problem in run.left_out]


def _in_words(problem: dict[str, object]) -> str:
    words = describe(Problem.from_json(problem))
    return _("%(heading)s: %(body)s") % {"heading": words.heading, "body": words.body}


def _counts_by_label(run: Run) -> list[tuple[str, int]]:
    return [
        (str(Run._meta.get_field(kind.value).verbose_name), getattr(run, kind.value))  # type: ignore[union-attr]
        for kind in OutcomeKind
    ]
