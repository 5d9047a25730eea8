"""事前チェック: ask for it, look at what it found, carry exactly that out."""

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST
from django.views.decorators.vary import vary_on_headers

from common import clock
from jobs import forecast, previews, queue, runs
from jobs.models import LedgerEntry, Preview
from jobs.pages import select_previews
from jobs.pages.runs import STOP_POLLING, number, to_the_switch
from jobs.pages.select_previews import LISTS, MOVING
from jobs.reading import requests_for
from jobs.states import ACTIVE_STATUSES, WELL_ENDED, PreviewStatus
from mapping import settings_drafts
from mapping.checks import access_problems
from mapping.drift_texts import drift_view
from mapping.mappings import access_of, form_of
from mapping.models import Mapping, SettingsDraft
from mapping.rules import specs_of


class PreviewForm(forms.Form):
    """What the check looks at."""

    reads_kintone = forms.BooleanField(
        label=gettext_lazy("kintoneの今の値と比べる"), required=False, initial=True
    )


@require_http_methods(["GET", "HEAD", "POST"])
@vary_on_headers("HX-Request")
def preview(request: HttpRequest, pk: int) -> HttpResponse:
    """The mapping's last check, and the form that asks for another; a POST begins one."""
    registered = _mapping(pk)
    draft = settings_drafts.draft_of(registered.connection)
    if request.method == "POST":
        return _start(request, registered, draft=draft)
    mapping = settings_drafts.as_drafted(registered, draft)
    made = previews.newest(mapping)
    moves = made is not None and made.status in MOVING
    context: dict[str, object] = {
        "mapping": mapping,
        "draft": draft,
        "drift": drift_view(registered),
        "barred": access_problems(
            specs_of(mapping), form=form_of(mapping), access=access_of(mapping)
        ),
        "preview": made,
        "moves": moves,
        "form": PreviewForm(),
        "reading": requests_for(_known_in_kintone(mapping)),
        "is_ready": bool(mapping.update_key and specs_of(mapping)),
        "address": request.path,
    }
    if made is not None:
        context |= _report(request, made, mapping, draft=draft)
    if request.headers.get("HX-Request"):
        status = 200 if moves else STOP_POLLING
        return render(request, "jobs/preview_report.html", context, status=status)
    return render(request, "jobs/preview.html", context)


@require_POST
def carry_out(request: HttpRequest, pk: int) -> HttpResponse:
    """この内容で実行: a run that sends what the check found, and nothing else."""
    mapping = _mapping(pk)
    if not mapping.enabled:
        return to_the_switch(request, mapping)
    made = previews.newest(mapping)
    try:
        if made is None or made.pk != number(request.POST.get("preview")):
            raise previews.OutdatedError(str(mapping))
        run = previews.carry_out(made, now=clock.now())
    except previews.OutdatedError:
        messages.warning(
            request,
            _("チェックの後に設定が変わったため、実行できません。もう一度チェックしてください。"),
        )
        return redirect("jobs:preview", mapping.pk)
    except runs.AlreadyActive:
        messages.warning(
            request,
            _("このマッピングのデータ処理が実行中です。終わってから実行してください。"),
        )
        return redirect("jobs:preview", mapping.pk)
    queue.ring(run.pk)
    messages.success(request, _("チェックした内容の連携を受け付けました。"))
    return redirect("jobs:run", run.pk)


@require_POST
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """中止."""
    mapping = _mapping(pk)
    made = previews.newest(mapping)
    if made is not None and previews.cancel(made, now=clock.now()):
        messages.success(request, _("チェックを中止しました。"))
    else:
        messages.info(request, _("このチェックはすでに終わっています。"))
    return redirect("jobs:preview", mapping.pk)


def _start(request: HttpRequest, mapping: Mapping, *, draft: SettingsDraft | None) -> HttpResponse:
    form = PreviewForm(request.POST)
    reads = form.is_valid() and form.cleaned_data["reads_kintone"]
    try:
        made = previews.start(
            mapping, reads_kintone=reads, now=clock.now(), draft=draft.pk if draft else None
        )
    except previews.AlreadyAtWork:
        messages.warning(
            request,
            _("チェックの途中か、チェックした内容の連携の途中です。終わってから開始してください。"),
        )
    else:
        queue.ring_for_preview(made.pk)
    return redirect("jobs:preview", mapping.pk)


def _report(
    request: HttpRequest, made: Preview, mapping: Mapping, *, draft: SettingsDraft | None
) -> dict[str, object]:
    """What there is to say of a check."""
    percent = min(99, 100 * made.done // made.total) if made.total else 0
    if made.status != PreviewStatus.READY:
        return {"percent": percent}
    tabs = select_previews.tabs(made)
    names = [tab.name for tab in tabs]
    asked = request.GET.get("list", "")
    first = "failed" if "failed" in names else next(iter(names), "")
    chosen = asked if asked in LISTS else first
    cause, field = request.GET.get("cause", ""), request.GET.get("field", "")
    now = clock.now()
    run = previews.carried_out_by(made)
    told = forecast.of_records(mapping, made.to_send, now=now)
    return {
        "tabs": tabs,
        "list": chosen,
        "cause": cause,
        "field": field,
        "causes": select_previews.causes(made) if chosen == "failed" else [],
        "page": select_previews.items_page(
            made,
            chosen=chosen,
            code=cause if chosen == "failed" else "",
            field=field,
            after=number(request.GET.get("after")) or 0,
        )
        if chosen
        else None,
        "stands": previews.stands(made.pk, mapping),
        # What was checked is the draft as it still is.
        "tells_draft": draft is not None
        and made.draft == draft.pk
        and draft.saved_at <= made.queued_at,
        "run": run,
        "is_carried_out": run is not None and run.status in (*ACTIVE_STATUSES, *WELL_ENDED),
        "forecast": told,
        "ends_at": told.ends_at(now),
    }


def _known_in_kintone(mapping: Mapping) -> int:
    """How many records of the app we know; asking kintone would cost a request."""
    return LedgerEntry.objects.filter(
        ledger__host=mapping.connection.host, ledger__app=mapping.app, record_id__isnull=False
    ).count()


def _mapping(pk: int) -> Mapping:
    return get_object_or_404(Mapping.objects.select_related("connection__schedule"), pk=pk)
