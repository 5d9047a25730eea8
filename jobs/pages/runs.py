"""データ処理状況一覧, the page of one run, and what a person can do about runs."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from common import clock
from jobs import first_loads, forecast, ledger, queue, runs
from jobs.models import Run
from jobs.pages import select_runs
from jobs.pages.forms_runs import RunFilter
from jobs.pages.progress import progress_of
from jobs.pages.select_runs import MOVING
from jobs.states import RecordOutcome, Trigger
from mapping.models import Mapping
from pulls import tenants

#: htmx stops polling when it is answered with this status.
STOP_POLLING = 286


@require_safe
@vary_on_headers("HX-Request")
def run_list(request: HttpRequest) -> HttpResponse:
    """The list; a refresh gets its rows alone, and keeps to the runs that it showed."""
    filters = RunFilter(request.GET)
    query = filters.query(now=clock.now())
    up_to = number(request.GET.get("up_to"))
    page = select_runs.runs_page(query, below=number(request.GET.get("below")), up_to=up_to)
    context = {
        "filters": filters,
        "page": page,
        "here": _address(request.GET, up_to=up_to or page.newest),
        "download": reverse("jobs:runs-csv") + _address(request.GET, below=None, up_to=None),
        "anew": _address(request.GET, below=None, up_to=None),
        "has_source": tenants.tenant() is not None,
        "older": _address(request.GET, below=page.older_than, up_to=None),
    }
    if request.headers.get("HX-Request"):
        status = 200 if page.moves else STOP_POLLING
        return render(request, "jobs/runs_rows.html", context, status=status)
    return render(request, "jobs/runs.html", context)


@require_safe
@vary_on_headers("HX-Request")
def run_page(request: HttpRequest, pk: int) -> HttpResponse:
    """What came of one run; a refresh gets its report alone."""
    run = get_object_or_404(Run.objects.select_related("mapping__connection"), pk=pk)
    code, field = request.GET.get("cause", ""), request.GET.get("field", "")
    after = number(request.GET.get("after")) or 0
    context = {
        "run": run,
        "moves": run.status in MOVING,
        "progress": progress_of(run, now=clock.now()),
        "is_active": select_runs.is_active(run),
        "causes": select_runs.causes(run),
        "chosen": code,
        "chosen_field": field,
        "failed": select_runs.troubled_records(
            run, select_runs.failed_of(run), code=code, field=field, after=after
        ),
        "skipped": select_runs.troubled_records(
            run,
            run.outcomes.filter(outcome=RecordOutcome.SKIPPED),
            after=number(request.GET.get("skipped_after")) or 0,
        ),
        "stopped_by": select_runs.exchange_that_stopped(run),
        "address": request.path,
    }
    if request.headers.get("HX-Request"):
        status = 200 if context["moves"] else STOP_POLLING
        return render(request, "jobs/run_report.html", context, status=status)
    return render(request, "jobs/run.html", context)


@require_safe
def failures(request: HttpRequest, pk: int) -> HttpResponse:
    """The records of one mapping that cannot be sent at present, each with its reason."""
    mapping = get_object_or_404(Mapping.objects.select_related("connection"), pk=pk)
    code, field = request.GET.get("cause", ""), request.GET.get("field", "")
    after = number(request.GET.get("after")) or 0
    context = {
        "mapping": mapping,
        "count": ledger.failed_entries(mapping).count(),
        "causes": select_runs.failure_causes(mapping),
        "chosen": code,
        "chosen_field": field,
        "address": request.path,
        "page": select_runs.failures_page(mapping, code=code, field=field, after=after),
    }
    return render(request, "jobs/failures.html", context)


@require_POST
def run_now(request: HttpRequest, pk: int) -> HttpResponse:
    """今すぐ実行."""
    mapping = get_object_or_404(Mapping, pk=pk)
    if not mapping.enabled:
        return to_the_switch(request, mapping)
    accepted = _("データ処理を受け付けました。")
    return _start(request, mapping, trigger=Trigger.MANUAL, full=False, accepted=accepted)


@require_http_methods(["GET", "HEAD", "POST"])
def first_load(request: HttpRequest, pk: int) -> HttpResponse:
    """全件連携の確認: what it will take; a POST begins it, or goes on with one that rests."""
    mapping = get_object_or_404(Mapping.objects.select_related("connection"), pk=pk)
    if not mapping.enabled:
        return to_the_switch(request, mapping)
    resting = first_loads.resting(mapping)
    if request.method == "POST":
        if resting is not None:
            return resume(request, resting.pk)
        accepted = _("全件連携を受け付けました。")
        return _start(request, mapping, trigger=Trigger.FIRST_LOAD, full=True, accepted=accepted)
    now = clock.now()
    told = forecast.of_first_load(mapping, now=now)
    context = {
        "mapping": mapping,
        "resting": resting,
        "forecast": told,
        "ends_at": told.ends_at(now),
    }
    return render(request, "jobs/first_load.html", context)


@require_POST
def pause(request: HttpRequest, pk: int) -> HttpResponse:
    """一時停止: what is under way is recorded, the rest waits for 再開."""
    run = get_object_or_404(Run, pk=pk)
    if runs.pause(run):
        messages.success(request, _("一時停止を受け付けました。再開すると続きから連携します。"))
    else:
        messages.info(request, _("このデータ処理はすでに終わっています。"))
    return redirect("jobs:run", run.pk)


@require_POST
def resume(request: HttpRequest, pk: int) -> HttpResponse:
    """再開 of a run that rests."""
    run = get_object_or_404(Run.objects.select_related("mapping__connection"), pk=pk)
    try:
        if runs.resume(run, now=clock.now()):
            queue.ring(run.pk)
            messages.success(request, _("再開を受け付けました。続きから連携します。"))
        else:
            messages.info(request, _("このデータ処理は一時停止していません。"))
    except runs.AlreadyActive:
        messages.warning(
            request,
            _("このマッピングの別のデータ処理が実行中です。終わってから再開してください。"),
        )
    return redirect("jobs:run", run.pk)


@require_POST
def retry(request: HttpRequest, pk: int) -> HttpResponse:
    """再実行 of one failed record (`source`), of those of one cause, or of all of the mapping."""
    mapping = get_object_or_404(Mapping, pk=pk)
    if not mapping.enabled:
        return to_the_switch(request, mapping)
    source = number(request.POST.get("source"))
    cause, field = request.POST.get("cause", ""), request.POST.get("field", "")
    count = ledger.retry(
        mapping,
        now=clock.now(),
        source_ids=None if source is None else [source],
        among=select_runs.of_cause(cause, field) if cause else None,
    )
    if not count:
        messages.info(request, _("再実行するデータはありません。"))
        return _back(mapping)
    accepted = ngettext(
        "%(count)s件の再実行を受け付けました。", "%(count)s件の再実行を受け付けました。", count
    ) % {"count": f"{count:,}"}
    return _start(request, mapping, trigger=Trigger.RETRY, full=False, accepted=accepted)


@require_POST
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """中止: what was not sent goes with the next run."""
    run = get_object_or_404(Run, pk=pk)
    if runs.cancel(run, now=clock.now()):
        messages.success(
            request, _("データ処理を中止しました。送信していないデータは次回に連携します。")
        )
    else:
        messages.info(request, _("このデータ処理はすでに終わっています。"))
    return redirect("jobs:run", run.pk)


def _start(
    request: HttpRequest, mapping: Mapping, *, trigger: Trigger, full: bool, accepted: str
) -> HttpResponse:
    """Queue a run, wake a worker, lead to the run; to the active one if there is one."""
    try:
        run = runs.start(mapping, trigger=trigger, now=clock.now(), full=full)
    except runs.AlreadyActive:
        return _to_active(request, mapping, full=full)
    queue.ring(run.pk)
    messages.success(request, accepted)
    return redirect("jobs:run", run.pk)


def to_the_switch(request: HttpRequest, mapping: Mapping) -> HttpResponse:
    """To where a mapping that is off can be switched on."""
    messages.warning(request, _("連携が無効です。有効にしてから実行してください。"))
    return redirect("jobs:trial", mapping.pk)


def _to_active(request: HttpRequest, mapping: Mapping, *, full: bool) -> HttpResponse:
    if full:
        text = _("このマッピングのデータ処理が実行中です。終わってから全件連携を開始してください。")
    else:
        text = _("このマッピングのデータ処理が実行中です。変更はこの処理で連携します。")
    messages.warning(request, text)
    return _back(mapping)


def _back(mapping: Mapping) -> HttpResponse:
    newest = Run.objects.filter(mapping=mapping, only__isnull=True).order_by("-pk").first()
    return redirect("jobs:run", newest.pk) if newest else redirect("jobs:runs")


def number(text: str | None) -> int | None:
    """A number from an address; None for anything else."""
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 19 else None


def _address(given: QueryDict, **changed: int | None) -> str:
    """The page's query with these parameters changed; None takes one away."""
    query = given.copy()
    for name, value in changed.items():
        query.pop(name, None)
        if value is not None:
            query[name] = str(value)
    return f"?{query.urlencode()}"
