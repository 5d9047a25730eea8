"""kintone連携設定: the list, and step 1 (a connection with its schedule and its apps)."""

import copy
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, cast

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from common import clock
from crm.models import Member
from integrations.models import AppBudget, Connection
from jobs import connection_log
from jobs.connection_log import sync_user_of
from jobs.models import Schedule
from jobs.pages import loading, practice, saving, select_settings
from jobs.pages.forms import SECRETS, ConnectionForm
from jobs.pages.forms_apps import AppForm, AppFormSet, BaseAppFormSet, initial_apps
from jobs.pages.loading import AppCheck
from mapping import settings_drafts
from mapping.models import Mapping, SettingsDraft

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
    """As registered."""
    mappings: list[Mapping]
    """As drafted, so far as the apps go that they send to."""
    form: ConnectionForm
    apps: BaseAppFormSet
    draft: SettingsDraft | None = None
    keeps_draft: bool = False
    """Whether what is saved waits for 「登録」."""
    stamp: str = ""
    """Another one as soon as somebody else saved: what a page showed is not so any more."""

    @property
    def can_be_asked(self) -> bool:
        """Whether both forms are valid; both are looked at, so that all errors are told at once."""
        return all([self.form.is_valid(), self.apps.is_valid()])

    @property
    def is_valid(self) -> bool:
        """Whether it can be stored, too."""
        return all([self.can_be_asked, self._has_whom_leads_need(), self._leaves_room()])

    def _leaves_room(self) -> bool:
        """Whether no app is stored at once that a registered mapping goes to until 「登録」."""
        if not self.keeps_draft or any(self.apps.errors):
            return True
        off = [app for app in self.apps.given() if not self._is_drafted(app)]
        taken = {
            (one.record_type, one.app): one.pk
            for one in Mapping.objects.filter(connection=self.connection)
        }
        blocked = [
            app
            for app in off
            if taken.get((app.cleaned_data["record_type"], app.cleaned_data["app"]))
            not in (None, app.cleaned_data["mapping"])
        ]
        for app in blocked:
            app.add_error(
                "app", _("登録済みの連携がこのアプリを使用中です。先に下書きを登録してください。")
            )
        return not blocked

    def _is_drafted(self, app: AppForm) -> bool:
        pk = app.cleaned_data["mapping"]
        return any(
            one.pk == pk and settings_drafts.takes_drafts(one, self.draft) for one in self.mappings
        )

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


def _differing(request: HttpRequest, step: _Step1) -> list[str]:
    """What is stored now, in all fields in which something else was sent; secrets left out."""
    stored = _step(request, step.connection.pk, sent=False)
    told = []
    for now, typed in [(stored.form, step.form), *zip(stored.apps, step.apps, strict=False)]:
        for name, field in typed.fields.items():
            is_shown = not typed[name].is_hidden and name not in SECRETS
            before, after = str(now[name].value() or ""), str(typed[name].value() or "")
            if is_shown and before != after:
                choices = dict(getattr(field, "choices", ()))
                said = choices.get(now[name].value(), before)
                told.append(
                    _("%(field)s：現在は「%(value)s」") % {"field": field.label, "value": said}
                    if before
                    else _("%(field)s：現在は空です") % {"field": field.label}
                )
    return told


@require_http_methods(["GET", "HEAD", "POST"])
def connection(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """Step 1. 接続を確認 asks kintone, 保存 saves, 読み込み does both and reads the apps' forms.

    Of a connection at work a draft is saved, and asked by.
    """
    step = _step(request, pk)
    if request.method != "POST":
        return _page(request, step)
    action = request.POST.get("action")
    if not (step.can_be_asked if action == "check" else step.is_valid):
        return _page(request, step, status=422)
    if action == "check":
        checks = loading.check_apps(step.form.instance, step.apps, rights_at=clock.now())
        return _page(request, step, checks=checks)
    if "seen" in request.POST and request.POST["seen"] != step.stamp:
        return _page(request, step, moved=True, status=409)
    if action == "load":
        return _load(request, step)
    stored, _mappings = _save(request, step, now=clock.now())
    return redirect("jobs:connection", stored.pk)


def _save(request: HttpRequest, step: _Step1, *, now: datetime) -> tuple[Connection, list[Mapping]]:
    """Store what the forms say, or keep it as the draft; returns the mappings of its apps."""
    if not step.keeps_draft:
        stored = saving.save_connection(step.form, step.apps, now=now)
        messages.success(request, _("接続先の設定を保存しました。"))
        return stored
    step.draft, mappings = saving.keep_draft(
        step.connection, step.form, step.apps, draft=step.draft, now=now
    )
    if step.draft:
        messages.success(request, _("下書きに保存しました。［登録］を押すまで反映されません。"))
    else:
        messages.info(request, _("登録済みの設定から変更はありません。"))
    return step.connection, mappings


def _load(request: HttpRequest, step: _Step1) -> HttpResponse:
    """読み込み: only what kintone accepts is saved."""
    if not step.apps.given():
        step.apps.forms[0].add_error("app", _("アプリIDを1つ以上入力してください。"))
        return _page(request, step, status=422)
    checks = loading.check_apps(step.form.instance, step.apps)
    if loading.place_errors(checks, step.form):
        return _page(request, step, checks=checks, failed=True, status=422)
    now = clock.now()
    stored, loaded = _save(request, step, now=now)
    problem = loading.read_forms(loaded, draft=step.draft, now=now)
    if problem is None:
        messages.success(request, _("読み込みに成功しました"))
        if offer := loading.offer(loaded):
            messages.info(request, offer)
    else:
        reason = loading.words_of(problem)
        messages.error(request, _("読み込みに失敗しました。%(reason)s") % {"reason": reason})
    return redirect("jobs:connection", stored.pk)


def _step(request: HttpRequest, pk: int | None, *, sent: bool = True) -> _Step1:
    """The forms with what was sent, or as they are stored."""
    stored = get_object_or_404(Connection, pk=pk) if pk else Connection()
    of_connection = Mapping.objects.select_related("connection").filter(connection_id=pk or 0)
    mappings = list(of_connection.order_by("pk")) if pk else []
    schedules = Schedule.objects.select_related("sync_user").filter(connection_id=pk or 0)
    schedule = schedules.first() if pk else None
    daily = dict(AppBudget.objects.filter(host=stored.host).values_list("app", "daily_requests"))
    data = request.POST if sent and request.method == "POST" else None
    if data is None and not pk and "practice" in request.GET and practice.is_there():
        form, filled = practice.filled_in()
        return _Step1(connection=stored, mappings=[], form=form, apps=filled)
    draft = settings_drafts.draft_of(stored) if pk else None
    keeps_draft = draft is not None or (bool(pk) and settings_drafts.is_at_work(stored))
    shown = settings_drafts.connection_as_drafted(stored, draft) if keeps_draft else stored
    aimed = [settings_drafts.aimed_as_drafted(mapping, draft) for mapping in mappings]
    daily |= {
        one.app: said for one in aimed if (said := settings_drafts.daily_as_drafted(one, draft))
    }
    form = ConnectionForm(data, instance=shown, schedule=_as_drafted(schedule, draft))
    apps = AppFormSet(data, initial=initial_apps(aimed, daily=daily), prefix="apps")
    return _Step1(
        connection=stored,
        mappings=aimed,
        form=form,
        apps=cast("BaseAppFormSet", apps),
        draft=draft,
        keeps_draft=keeps_draft,
        stamp=_stamp(stored, schedule, mappings, draft) if keeps_draft else "",
    )


def _stamp(
    connection: Connection,
    schedule: Schedule | None,
    mappings: Sequence[Mapping],
    draft: SettingsDraft | None,
) -> str:
    apps = [[one.pk, one.app, one.guest_space, one.enabled] for one in mappings]
    settings_ = [getattr(connection, name) for name in connection_log.COLUMNS]
    when = [schedule.interval, sync_user_of(schedule), schedule.notify] if schedule else []
    said = [draft.version if draft else 0, settings_, when, apps]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:32]


def _as_drafted(schedule: Schedule | None, draft: SettingsDraft | None) -> Schedule | None:
    """The schedule as it would be; never saved."""
    if schedule is None or draft is None:
        return schedule
    said = {one.path[0]: one.after for one in settings_drafts.changes_of(draft)}
    drafted = copy.copy(schedule)
    drafted.interval = said.get("schedule", schedule.interval)
    drafted.notify = said.get("notify", schedule.notify)
    if "sync_user" in said:
        drafted.sync_user_email = said["sync_user"]
        drafted.sync_user = Member.objects.filter(email__iexact=said["sync_user"] or "-").first()
    return drafted


def _page(
    request: HttpRequest,
    step: _Step1,
    *,
    checks: list[AppCheck] | None = None,
    failed: bool = False,
    moved: bool = False,
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
    loaded = [mapping for mapping in step.mappings if mapping.form]
    context = {
        "connection": step.connection if step.connection.pk else None,
        "form": step.form,
        "apps": step.apps,
        "mappings": loaded,
        "only_mapping": loaded[0] if len(loaded) == 1 else None,
        "checks": checks,
        "failed": failed,
        "moved": moved,
        "differing": _differing(request, step) if moved else [],
        "draft": step.draft,
        "keeps_draft": step.keeps_draft,
        "stamp": step.stamp,
        "egress_addresses": settings.EGRESS_ADDRESSES,
    }
    return render(request, "jobs/connection.html", context, status=status)
