"""kintone連携設定: the list, and step 1 (a connection with its schedule and its apps)."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from common import clock
from integrations.models import AppBudget, Connection
from jobs.models import Schedule
from jobs.pages import loading, practice, saving, select_settings
from jobs.pages.forms import ConnectionForm
from jobs.pages.forms_apps import AppFormSet, BaseAppFormSet, initial_apps
from jobs.pages.loading import AppCheck
from mapping.models import Mapping

if TYPE_CHECKING:
    from common.problems import Problem


@require_safe
def settings_list(request: HttpRequest) -> HttpResponse:
    """Every connection with its mappings."""
    cards = select_settings.connection_cards(now=clock.now())
    return render(request, "jobs/settings.html", {"cards": cards})


@dataclass(kw_only=True)
class _Step1:
    """The two forms of step 1 and what is around them."""

    connection: Connection
    mappings: list[Mapping]
    form: ConnectionForm
    apps: BaseAppFormSet

    @property
    def can_be_asked(self) -> bool:
        """Whether both forms are valid; both are looked at, so that all errors are told at once."""
        return all([self.form.is_valid(), self.apps.is_valid()])

    @property
    def is_valid(self) -> bool:
        """Whether it can be stored, too."""
        return all([self.can_be_asked, self._has_whom_leads_need()])

    def _has_whom_leads_need(self) -> bool:
        if self.form.errors or self.apps.non_form_errors() or any(self.apps.errors):
            return True
        leads = any(app.cleaned_data["record_type"] == "lead" for app in self.apps.given())
        chosen = self.form.cleaned_data["sync_user"] or (
            self.form.schedule and self.form.schedule.sync_user_email
        )
        if leads and not chosen:
            self.form.add_error(
                "sync_user", _("リードを連携するには、連携ユーザーを選択してください。")
            )
        return not leads or bool(chosen)


@require_http_methods(["GET", "HEAD", "POST"])
def connection(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """Step 1. 接続を確認 asks kintone, 保存 saves, 読み込み does both and reads the apps' forms."""
    step = _step(request, pk)
    if request.method != "POST":
        return _page(request, step)
    action = request.POST.get("action")
    if not (step.can_be_asked if action == "check" else step.is_valid):
        return _page(request, step, status=422)
    if action == "check":
        checks = loading.check_apps(step.form.instance, step.apps, rights_at=clock.now())
        return _page(request, step, checks=checks)
    if action == "load":
        return _load(request, step)
    stored, _mappings = saving.save_connection(step.form, step.apps, now=clock.now())
    messages.success(request, _("接続先の設定を保存しました。"))
    return redirect("jobs:connection", stored.pk)


def _load(request: HttpRequest, step: _Step1) -> HttpResponse:
    """読み込み: only what kintone accepts is saved."""
    if not step.apps.given():
        step.apps.forms[0].add_error("app", _("アプリIDを1つ以上入力してください。"))
        return _page(request, step, status=422)
    checks = loading.check_apps(step.form.instance, step.apps)
    if loading.place_errors(checks, step.form):
        return _page(request, step, checks=checks, failed=True, status=422)
    now = clock.now()
    stored, loaded = saving.save_connection(step.form, step.apps, now=now)
    problem = loading.read_forms(loaded, now=now)
    if problem is None:
        messages.success(request, _("読み込みに成功しました"))
        if offer := loading.offer(loaded):
            messages.info(request, offer)
    else:
        reason = loading.words_of(problem)
        messages.error(request, _("読み込みに失敗しました。%(reason)s") % {"reason": reason})
    return redirect("jobs:connection", stored.pk)


def _step(request: HttpRequest, pk: int | None) -> _Step1:
    stored = get_object_or_404(Connection, pk=pk) if pk else Connection()
    schedule = Schedule.objects.filter(connection=stored).first() if pk else None
    mappings = list(Mapping.objects.filter(connection=stored).order_by("pk")) if pk else []
    daily = dict(AppBudget.objects.filter(host=stored.host).values_list("app", "daily_requests"))
    data = request.POST if request.method == "POST" else None
    if data is None and not pk and "practice" in request.GET and practice.is_there():
        form, filled = practice.filled_in()
        return _Step1(connection=stored, mappings=[], form=form, apps=filled)
    form = ConnectionForm(data, instance=stored, schedule=schedule)
    apps = AppFormSet(data, initial=initial_apps(mappings, daily=daily), prefix="apps")
    return _Step1(
        connection=stored, mappings=mappings, form=form, apps=cast("BaseAppFormSet", apps)
    )


def _page(
    request: HttpRequest,
    step: _Step1,
    *,
    checks: list[AppCheck] | None = None,
    failed: bool = False,
    status: int = 200,
) -> HttpResponse:
    by_pk = {mapping.pk: mapping for mapping in step.mappings}
    key_problems: dict[int, Problem | None] = {
        mapping.pk: loading.key_problem(mapping) for mapping in step.mappings
    }
    for form in step.apps.forms:
        pk = form["mapping"].value()
        form.stands_for = by_pk.get(int(pk)) if pk else None
        form.key_problem = key_problems.get(int(pk)) if pk else None
    context = {
        "connection": step.connection if step.connection.pk else None,
        "form": step.form,
        "apps": step.apps,
        "mappings": [mapping for mapping in step.mappings if mapping.form],
        "checks": checks,
        "failed": failed,
        "egress_addresses": settings.EGRESS_ADDRESSES,
    }
    return render(request, "jobs/connection.html", context, status=status)
