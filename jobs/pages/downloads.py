"""The lists of データ処理状況一覧 as CSV, whole and in the reader's language."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from common import clock
from common.among import among
from common.problems import Problem
from common.spreadsheets import csv_answer
from common.types import RecordType
from crm.changes import model_of
from crm.labels import record_type_label
from jobs.ledger import failed_entries
from jobs.models import LedgerEntry, Outcome, Run
from jobs.pages.forms_runs import RunFilter
from jobs.pages.select_runs import failed_of, matching, of_cause
from jobs.pages.sentences import last_words
from jobs.states import RecordOutcome
from mapping.models import Mapping
from mapping.naming import FieldNames
from mapping.problem_texts import describe, remedy

#: Rows that are read at a time.
AT_ONCE = 1000


@require_safe
def runs_csv(request: HttpRequest) -> HttpResponseBase:
    """The runs that the list is narrowed to, newest first."""
    query = RunFilter(request.GET).query(now=clock.now())
    found = matching(query).select_related("mapping__connection").order_by("-pk")
    headings = (
        *(_("番号"), _("対象データ"), _("kintoneアプリ"), _("接続"), _("種別"), _("ステータス")),
        *(_("開始"), _("終了"), _("新規"), _("更新"), _("変更なし"), _("スキップ")),
        *(_("エラー（送信前）"), _("エラー（kintone）"), _("未送信"), _("APIリクエスト")),
        _("結果"),
    )
    rows = map(_run_cells, found.iterator(chunk_size=AT_ONCE))
    return csv_answer("runs.csv", headings, rows)


def _run_cells(run: Run) -> Sequence[object]:
    mapping = run.mapping
    return (
        run.pk,
        record_type_label(RecordType(mapping.record_type)),
        mapping.app_name or str(mapping.app),
        mapping.connection.name,
        run.get_trigger_display(),
        run.get_status_display(),
        _moment(run.started_at or run.queued_at),
        _moment(run.finished_at),
        *(run.created, run.updated, run.unchanged, run.skipped),
        *(run.invalid, run.rejected, run.unsent, run.counted),
        last_words(run),
    )


@require_safe
def run_csv(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The records of one run that were refused, and those skipped; of `?cause=` alone if given."""
    run = get_object_or_404(Run.objects.select_related("mapping__connection"), pk=pk)
    failed = _of_cause(failed_of(run).order_by("pk"), request)
    skipped = run.outcomes.filter(outcome=RecordOutcome.SKIPPED).order_by("pk")
    lists = (failed,) if request.GET.get("cause") else (failed, skipped)
    headings = (_("結果"), *_record_headings())
    names = FieldNames(run.mapping)

    def rows() -> Iterator[Sequence[object]]:
        for found in lists:
            for outcome, external_id in _with_ids(found, run.mapping):
                cells = _record_cells(outcome, external_id, names)
                yield (outcome.get_outcome_display(), *cells)

    return csv_answer(f"run-{pk}.csv", headings, rows())


@require_safe
def failures_csv(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The records of one mapping that cannot be sent at present, of one cause if that is given."""
    mapping = get_object_or_404(Mapping.objects.select_related("connection"), pk=pk)
    found = _of_cause(failed_entries(mapping).order_by("source_id"), request)
    headings = (*_record_headings(), _("次の再試行"))
    names = FieldNames(mapping)

    def rows() -> Iterator[Sequence[object]]:
        for entry, external_id in _with_ids(found, mapping):
            yield (*_record_cells(entry, external_id, names), _moment(entry.due_at))

    return csv_answer(f"failures-{pk}.csv", headings, rows())


def _of_cause(found: Any, request: HttpRequest) -> Any:
    code = request.GET.get("cause", "")
    return found.filter(of_cause(code, request.GET.get("field", ""))) if code else found


def _record_headings() -> Sequence[str]:
    return (_("外部ID"), _("データ"), _("原因"), _("理由"), _("対処"), _("詳細"))


def _record_cells(
    row: Outcome | LedgerEntry, external_id: str, names: FieldNames
) -> Sequence[object]:
    problems = names.named(Problem.from_json(stored) for stored in row.problems)
    texts = [describe(problem) for problem in problems]
    return (
        external_id,
        row.label,
        "\n".join(text.heading for text in texts),
        "\n".join(text.body for text in texts),
        "\n".join(filter(None, map(remedy, problems))),
        "\n".join(filter(None, (text.detail for text in texts))),
    )


def _with_ids(found: Any, mapping: Mapping) -> Iterator[tuple[Any, str]]:
    """Each row with the external ID that its record has now; "" where there is none."""
    rows = model_of(RecordType(mapping.record_type))._default_manager
    batch: list[Any] = []
    for row in found.iterator(chunk_size=AT_ONCE):
        batch.append(row)
        if len(batch) == AT_ONCE:
            yield from _identified(batch, rows)
            batch = []
    yield from _identified(batch, rows)


def _identified(batch: Sequence[Any], rows: Any) -> Iterator[tuple[Any, str]]:
    ids = [row.source_id for row in batch]
    known = dict(rows.filter(among("id", ids)).values_list("pk", "external_id"))
    for row in batch:
        yield row, known.get(row.source_id) or ""


def _moment(value: datetime | None) -> str:
    return f"{timezone.localtime(value):%Y/%m/%d %H:%M:%S}" if value else ""
