"""Step 3: 連携テスト with one record, and the switch 「…情報の連携を行う」."""

from dataclasses import dataclass, field

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from common import clock
from common.problems import Problem
from common.types import RecordType
from crm.models import SourceRow
from crm.selectors import MODELS, search_records
from crm.visibility import visible_to
from integrations import connections
from jobs import enabling, queue, runs, trial
from jobs.exchanges import kept_for
from jobs.execute import sync_user_of
from jobs.models import Run
from jobs.pages.facts import facts_of, number_asked_for
from jobs.pages.forms_enable import EnableForm
from jobs.states import Trigger
from jobs.trial import TrialResult, TrialRow
from mapping import settings_drafts
from mapping.drift_texts import drift_view
from mapping.models import Mapping, SettingsDraft
from mapping.naming import FieldNames
from mapping.plan import PlanError

#: How many matches a search shows; more words narrow it.
MATCHES = 10
#: How many records are offered before anybody has searched.
OFFERED = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownField:
    """One kintone field of the test: source value, value to be sent, and what is wrong with it."""

    row: TrialRow
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A record as it would be sent, and what came of sending it."""

    record: SourceRow | None = None
    fields: tuple[ShownField, ...] = ()
    others: tuple[Problem, ...] = ()
    """Problems that concern no field: of the record, the mapping or the connection."""
    result: TrialResult | None = None
    kintone_url: str = ""
    has_exchange: bool = False
    """Whether it is kept what went to kintone in vain, and what came back."""
    matches: tuple[SourceRow, ...] = field(default=())


@require_safe
@vary_on_headers("HX-Request")
def page(request: HttpRequest, pk: int) -> HttpResponse:
    """The panel (for the mapping's page) or the whole page: search, one record, the switch."""
    asked = _asked(pk)
    record = _record(asked.mapping, request.GET.get("record"))
    return _answer(request, asked, shown=_show(asked.mapping, record))


@require_POST
@vary_on_headers("HX-Request")
def push(request: HttpRequest, pk: int) -> HttpResponse:
    """テスト: push exactly that record for real, as drafted, and say what kintone said."""
    asked = _asked(pk)
    record = _record(asked.mapping, request.POST.get("record"))
    if record is None:
        return _answer(request, asked, shown=Shown())
    result = trial.push(asked.registered, record.pk, draft=asked.draft)
    asked = _asked(pk)
    return _answer(request, asked, shown=_show(asked.mapping, record, result=result))


@require_POST
def enable(request: HttpRequest, pk: int) -> HttpResponse:
    """登録: switch the mapping on or off as the box says; a draft is looked at before."""
    asked = _asked(pk)
    mapping = asked.registered
    form = EnableForm(request.POST, mapping=mapping)
    if not form.is_valid():
        return _answer(request, asked, shown=Shown(), form=form, status=422)
    if not form.cleaned_data["enabled"]:
        return _switch_off(request, mapping)
    return _switch_on(request, mapping, form)


def _switch_off(request: HttpRequest, mapping: Mapping) -> HttpResponse:
    enabling.disable(mapping, now=clock.now())
    messages.success(request, _("連携を無効にしました。kintoneのレコードはそのままです。"))
    return redirect("jobs:trial", mapping.pk)


def _switch_on(request: HttpRequest, mapping: Mapping, form: EnableForm) -> HttpResponse:
    if mapping.enabled and settings_drafts.draft_of(mapping.connection):
        return redirect("drafts:register", mapping.connection_id)
    if mapping.enabled:
        messages.info(request, _("連携はすでに有効です。"))
        return redirect("jobs:trial", mapping.pk)
    now = clock.now()
    try:
        enabling.enable(
            mapping, now=now, send_changed_meanwhile=form.cleaned_data["meanwhile"] == "send"
        )
    except enabling.NotReadyError:
        messages.error(request, _("更新キーと項目のマッピングを登録してから、有効にしてください。"))
        return redirect("jobs:trial", mapping.pk)
    if form.cleaned_data["existing"] == "send":
        return _first_load(request, mapping)
    messages.success(request, _("連携を有効にしました。次回の実行から連携します。"))
    return redirect("jobs:trial", mapping.pk)


def _first_load(request: HttpRequest, mapping: Mapping) -> HttpResponse:
    try:
        run = runs.start(mapping, trigger=Trigger.FIRST_LOAD, now=clock.now(), full=True)
    except runs.AlreadyActive:
        messages.warning(
            request,
            _(
                "連携を有効にしました。実行中のデータ処理が終わってから、全件連携を開始してください。"
            ),
        )
        return redirect("jobs:trial", mapping.pk)
    queue.ring(run.pk)
    messages.success(request, _("連携を有効にし、全件連携を受け付けました。"))
    return redirect("jobs:run", run.pk)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """What the page is about."""

    registered: Mapping
    mapping: Mapping
    """As drafted."""
    draft: SettingsDraft | None


def _asked(pk: int) -> _Asked:
    with_schedule = Mapping.objects.select_related("connection__schedule__sync_user")
    registered = get_object_or_404(with_schedule, pk=pk)
    draft = settings_drafts.draft_of(registered.connection)
    mapping = settings_drafts.as_drafted(registered, draft)
    return _Asked(registered=registered, mapping=mapping, draft=draft)


def _record(mapping: Mapping, text: str | None) -> SourceRow | None:
    if not text or not (text.isascii() and text.isdecimal()) or len(text) > 18:
        return None
    model = MODELS[RecordType(mapping.record_type)]
    return model._default_manager.filter(pk=int(text)).first()


def _newest(mapping: Mapping) -> list[SourceRow]:
    """The records that were added last, to begin with; of leads those that the sync user sees."""
    record_type = RecordType(mapping.record_type)
    rows = search_records(record_type, "").rows
    member = sync_user_of(mapping) if record_type is RecordType.LEAD else None
    if member is not None:
        rows = rows.filter(visible_to(member.pk))
    return list(rows.order_by("-pk")[:OFFERED])


def _show(
    mapping: Mapping, record: SourceRow | None, *, result: TrialResult | None = None
) -> Shown:
    """The record's fields with the problems of the values, and of the push, beside them."""
    if record is None:
        return Shown()
    refused_now = result is not None and not result.ok
    kept = refused_now and record.pk in kept_for(mapping, [record.pk])
    try:
        rows = trial.show(mapping, record.pk)
    except PlanError as error:
        return Shown(record=record, others=error.problems, result=result, has_exchange=kept)
    except trial.RecordGoneError:
        return Shown()
    refused = FieldNames(mapping).named(result.problems) if result else ()
    fields = tuple(
        ShownField(
            row=row,
            problems=row.problems
            + tuple(one for one in refused if one.field == row.field and one not in row.problems),
        )
        for row in rows
    )
    named = {row.field for row in rows}
    return Shown(
        record=record,
        fields=fields,
        others=tuple(one for one in refused if one.field not in named),
        result=result,
        kintone_url=_kintone_url(mapping, result),
        has_exchange=kept,
    )


def _kintone_url(mapping: Mapping, result: TrialResult | None) -> str:
    if result is None or result.record_id is None:
        return ""
    return connections.app_url(
        mapping.connection, mapping.app, mapping.guest_space, result.record_id
    )


def _answer(
    request: HttpRequest,
    asked: _Asked,
    *,
    shown: Shown,
    form: EnableForm | None = None,
    status: int = 200,
) -> HttpResponse:
    mapping = asked.mapping
    words = (request.GET.get("q") or request.POST.get("q") or "").strip()
    matches = (
        list(search_records(RecordType(mapping.record_type), words).rows[:MATCHES]) if words else []
    )
    offered = [] if words or shown.record else _newest(mapping)
    context = {
        "mapping": mapping,
        "draft": asked.draft,
        "facts": facts_of(mapping, draft=asked.draft, counted=number_asked_for(request, mapping)),
        "drift": drift_view(asked.registered),
        "shown": shown,
        "words": words,
        "matches": matches,
        "offered": offered,
        "is_ready": bool(asked.registered.update_key and asked.registered.rules.exists()),
        "form": form or EnableForm(mapping=asked.registered),
        "last_run": Run.objects.filter(mapping=mapping, only__isnull=True).order_by("-pk").first(),
    }
    template = "jobs/trial_panel.html" if request.headers.get("HX-Request") else "jobs/trial.html"
    return render(request, template, context, status=status)
