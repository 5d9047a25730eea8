"""Pages for the import of a file: upload, matching, progress, report."""

import logging
from collections.abc import Sequence

from django.contrib import messages
from django.http import (
    FileResponse,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
)
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe
from django.views.decorators.vary import vary_on_headers
from django_htmx.http import HttpResponseClientRefresh

from common import clock
from common.spreadsheets import csv_answer
from common.types import RecordType
from crm import selectors
from crm.importing import columns as csv_columns
from crm.importing import files as import_files
from crm.importing import forecasts, uploads
from crm.importing.files import Matching
from crm.importing.reader import CsvError
from crm.models import Account, ImportRun
from crm.pages.answers import get_or_post, show_form, wants_fragment
from crm.pages.forms_imports import MatchForm, UploadForm, upload_form

logger = logging.getLogger(__name__)

#: Refused lines that the report itself lists; all of them are in the CSV.
LISTED = 200


@get_or_post
def upload(request: HttpRequest, record_type: RecordType) -> HttpResponse:
    """A form for the file, and what came of earlier ones."""
    form = upload_form(request)
    if form.is_valid() and (run := _drafted(request, record_type, form)):
        return redirect("crm:import-match", run.pk)
    context = {
        "record_type": record_type,
        "record_types": list(RecordType),
        "runs": selectors.imports_of(record_type),
    }
    return show_form(request, "crm/import.html", form, **context)


@get_or_post
def match(request: HttpRequest, pk: int) -> HttpResponse:
    """Which item each column fills; the import begins when that was sent."""
    run = get_object_or_404(ImportRun, pk=pk)
    if run.status != ImportRun.Status.DRAFT:
        return redirect("crm:import-run", pk)
    record_type = RecordType(run.record_type)
    try:
        head = uploads.head_of(run)
    except FileNotFoundError:
        uploads.discard(run)
        messages.error(request, _("ファイルが残っていません。もう一度アップロードしてください。"))
        return redirect("crm:import", record_type)
    chosen = import_files.matching_of(run) if forecasts.state_of(run) else None
    form = MatchForm(request.POST or None, record_type=record_type, head=head, chosen=chosen)
    if request.method == "POST" and form.is_valid():
        if "forecast" in request.POST:
            if _foreseen(run, form):
                return redirect("crm:import-forecast", pk)
        elif _begun(run, form):
            return redirect("crm:import-run", pk)
    return show_form(request, "crm/import_match.html", form, run=run)


@get_or_post
@vary_on_headers("HX-Request")
def forecast(request: HttpRequest, pk: int) -> HttpResponse:
    """What an import would change, or how far that is known; it begins when that is sent."""
    run = get_object_or_404(ImportRun, pk=pk)
    if run.status != ImportRun.Status.DRAFT:
        return redirect("crm:import-run", pk)
    state = forecasts.state_of(run)
    if state is None or not import_files.path_of(run).exists():
        return redirect("crm:import-match", pk)
    if request.method == "POST":
        return _begin_foreseen(request, run)
    if wants_fragment(request) and not state.running:
        return HttpResponseClientRefresh()
    context: dict[str, object] = {"run": run, "state": state}
    if state.running:
        context |= _progress(run) | {"done": state.read}
    part = "foreseeing" if wants_fragment(request) else "forecast"
    return render(request, f"crm/import_{part}.html", context)


@require_safe
@vary_on_headers("HX-Request")
def show_run(request: HttpRequest, pk: int) -> HttpResponse:
    """How far an import is, or what came of it; only the progress where htmx asks."""
    run = get_object_or_404(ImportRun, pk=pk)
    if run.status == ImportRun.Status.DRAFT:
        return redirect("crm:import-match", pk)
    running = run.status == ImportRun.Status.RUNNING
    if wants_fragment(request) and not running:
        return HttpResponseClientRefresh()
    context = {"run": run, "running": running}
    if running:
        context |= _progress(run)
    else:
        context |= {"listed": run.refused[:LISTED], "refused": run.refused_count}
        context["has_lines"] = import_files.result_of(run).exists()
    template = "crm/import_progress.html" if wants_fragment(request) else "crm/import_run.html"
    return render(request, template, context)


@require_POST
def resume(request: HttpRequest, pk: int) -> HttpResponse:
    """Wake a worker again for an import whose worker is gone."""
    run = get_object_or_404(ImportRun, pk=pk, status=ImportRun.Status.RUNNING)
    try:
        uploads.resume(run)
    except uploads.NoWorkerError:
        messages.error(request, _no_worker())
    return redirect("crm:import-run", pk)


@require_POST
def discard(request: HttpRequest, pk: int) -> HttpResponse:
    """Forget an import that was not begun, and its file."""
    run = get_object_or_404(ImportRun, pk=pk, status=ImportRun.Status.DRAFT)
    uploads.discard(run)
    messages.info(request, _("「%s」の取り込みをキャンセルしました。") % run.file_name)
    return redirect("crm:import", run.record_type)


@require_safe
def refused_lines(_request: HttpRequest, pk: int) -> HttpResponseBase:
    """Every refused line with its reason, to mend and load again; safe to open in a spreadsheet.

    Where the lines are no longer kept, their numbers and reasons.
    """
    run = get_object_or_404(ImportRun, pk=pk)
    name = f"refused-{run.pk}.csv"
    try:
        lines = import_files.result_of(run).open("rb")
    except FileNotFoundError:
        rows = ((refused["line"], refused["reason"]) for refused in run.refused)
        return csv_answer(name, [_("行番号"), _("理由")], rows)
    answer = FileResponse(lines, content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _drafted(request: HttpRequest, record_type: RecordType, form: UploadForm) -> ImportRun | None:
    """The new import; None where the file cannot be read, and the form says why."""
    account = request.user
    assert isinstance(account, Account)  # the gate lets nobody else in
    try:
        return uploads.draft(record_type, form.cleaned_data["file"], account=account)
    except CsvError as error:
        form.add_error("file", str(error))
    except OSError:
        logger.exception("An uploaded file could not be stored")
        form.add_error("file", _not_stored())
    return None


def _begun(run: ImportRun, form: MatchForm) -> bool:
    """Whether the import began; else the form says why not."""
    matching = form.matching()
    try:
        uploads.begin(run, matching)
    except uploads.NoWorkerError:
        form.add_error(None, _no_worker())
        return False
    _remember(run, matching, headings=form.head.headings)
    return True


def _foreseen(run: ImportRun, form: MatchForm) -> bool:
    """Whether the forecast is made, or on its way; else the form says why not."""
    try:
        forecasts.begin(run, form.matching())
    except uploads.NoWorkerError:
        form.add_error(None, _no_worker())
        return False
    return True


def _begin_foreseen(request: HttpRequest, run: ImportRun) -> HttpResponse:
    """Begin the import as it was foreseen."""
    matching = import_files.matching_of(run)
    headings = uploads.head_of(run).headings
    try:
        uploads.begin(run, matching)
    except uploads.NoWorkerError:
        messages.error(request, _no_worker())
        return redirect("crm:import-forecast", run.pk)
    _remember(run, matching, headings=headings)
    return redirect("crm:import-run", run.pk)


def _remember(run: ImportRun, matching: Matching, *, headings: Sequence[str]) -> None:
    columns = {item: heading for item, heading in matching.columns.items() if heading}
    csv_columns.remember(RecordType(run.record_type), headings, columns=columns, key=matching.key)


def _not_stored() -> str:
    return _(
        "サーバーにファイルを保存できません。"
        "VAR_DIR/importsに書き込めることと、ディスクの空きを確認してください。"
    )


def _no_worker() -> str:
    return _(
        "ワーカーに接続できないため、取り込みを開始できません。"
        "ワーカーとブローカーが起動していることを確認してから、もう一度押してください。"
    )


def _progress(run: ImportRun) -> dict[str, object]:
    silent = import_files.is_silent(run, now=clock.now())
    return {"lines": max(run.lines - 1, run.read), "silent": silent}
