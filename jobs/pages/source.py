"""ホットプロファイル連携元: the tenant, its pulls, and the rows that need a look."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from common import clock
from crm import selectors
from crm.pages.answers import wants_fragment
from crm.pages.paging import number_in, page_links
from integrations.hotprofile.errors import HotProfileError
from integrations.hotprofile.values import Listing
from jobs import queue
from jobs.pages.forms_source import SourceForm
from jobs.pages.removals import UnderstoodForm
from jobs.pages.runs import STOP_POLLING
from jobs.pages.select_source import gone_rows, state_of
from pulls import pulling, reading, tenants, words
from pulls.models import Arrival, Pull, Refusal, Tenant


@require_http_methods(["GET", "HEAD", "POST"])
@vary_on_headers("HX-Request")
def source(request: HttpRequest) -> HttpResponse:
    """How the tenant is, and its form: 接続テスト asks it, 保存 stores it."""
    tenant = tenants.tenant()
    if request.method != "POST":
        if wants_fragment(request) and tenant is not None:
            state = state_of(tenant)
            status = 200 if state.active else STOP_POLLING
            return render(request, "jobs/source_state.html", {"state": state}, status=status)
        return _page(request, tenant, SourceForm(tenant=tenant))
    form = SourceForm(request.POST, tenant=tenant)
    if not form.is_valid():
        return _page(request, tenant, form, status=422)
    if request.POST.get("action") == "check":
        return _checked(request, tenant, form)
    tenants.save(
        host=form.cleaned_data["host"],
        api_key=form.typed or None,
        enabled=form.cleaned_data["enabled"],
        notify=form.cleaned_data["notify"],
    )
    messages.success(request, _("ホットプロファイル連携元を保存しました。"))
    if tenant is not None and tenant.host != form.cleaned_data["host"]:
        messages.warning(
            request,
            _(
                "接続先が変わったため、次の取り込みですべて読み直します。"
                "前の接続先のデータと同じIDのデータは、上書きします。"
            ),
        )
    return redirect("jobs:source")


@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HttpRequest) -> HttpResponse:
    """What deleting the tenant means; deleted when that was confirmed."""
    tenant = get_object_or_404(Tenant)
    form = UnderstoodForm(request.POST if request.method == "POST" else None)
    status = 422 if form.is_bound else 200
    if form.is_bound and form.is_valid():
        try:
            tenants.delete(tenant)
        except tenants.StillPullingError:
            status = 409
        else:
            messages.success(request, _("ホットプロファイル連携元を削除しました。"))
            return redirect("jobs:source")
    context = {
        "tenant": tenant,
        "extent": tenants.extent_of(tenant),
        "form": form,
        "refused": status == 409,
    }
    return render(request, "jobs/source_delete.html", context, status=status)


@require_POST
def pull(request: HttpRequest) -> HttpResponse:
    """今すぐ取り込む, or すべて読み直す."""
    tenant = get_object_or_404(Tenant)
    now = clock.now()
    try:
        queued = pulling.start(
            tenant, trigger=Pull.Trigger.MANUAL, now=now, full=request.POST.get("full") == "1"
        )
    except pulling.AlreadyActive:
        messages.info(request, _("取り込みは、すでに待機中または処理中です。"))
    else:
        queue.ring_for_pull(queued.pk)
        messages.success(request, _("取り込みを受け付けました。"))
    return redirect("jobs:source")


@require_POST
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """中止: it stops at its next page; the next pull goes on from there."""
    if pulling.cancel(get_object_or_404(Pull, pk=pk), now=clock.now()):
        messages.success(request, _("取り込みを中止しました。次の取り込みで、続きから再開します。"))
    else:
        messages.info(request, _("取り込みは、すでに終わっています。"))
    return redirect("jobs:source")


@require_safe
def refused(request: HttpRequest) -> HttpResponse:
    """The records that do not fit, with their reasons."""
    page = selectors.page_of(
        Refusal.objects.all(),
        after=number_in(request, "after"),
        before=number_in(request, "before"),
    )
    context = {"page": page, "count": Refusal.objects.count(), **page_links(request, page)}
    return render(request, "jobs/source_refused.html", context)


@require_safe
def gone(request: HttpRequest) -> HttpResponse:
    """The rows that the last reading of everything did not find."""
    found = Arrival.objects.filter(gone=True)
    page = selectors.page_of(
        found, after=number_in(request, "after"), before=number_in(request, "before")
    )
    context = {
        "rows": gone_rows(page.rows),
        "count": found.count(),
        **page_links(request, page),
    }
    return render(request, "jobs/source_gone.html", context)


def _checked(request: HttpRequest, tenant: Tenant | None, form: SourceForm) -> HttpResponse:
    """The page with what the tenant answered."""
    try:
        with tenants.page_client_for(form.asked) as client:
            found = {
                "companies": client.count(Listing.COMPANIES),
                "leads": client.count(Listing.LEADS),
            }
    except HotProfileError as error:
        problem = reading.problem_of(error)
        failure = {"described": words.describe(problem), "details": words.details(problem)}
        return _page(request, tenant, form, failure=failure)
    return _page(request, tenant, form, found=found)


def _page(
    request: HttpRequest,
    tenant: Tenant | None,
    form: SourceForm,
    *,
    status: int = 200,
    **checked: object,
) -> HttpResponse:
    state = state_of(tenant) if tenant else None
    context = {"form": form, "state": state, **checked}
    return render(request, "jobs/source.html", context, status=status)
