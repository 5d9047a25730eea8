"""Step 2: which CRM item fills which kintone field."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from common import clock
from common.problems import Problem
from common.types import RecordType
from common.wording import listed, one_after_another
from crm.labels import record_type_label
from integrations import connections
from integrations.kintone.errors import AllowanceSpentError, KintoneError
from mapping import settings_drafts
from mapping.accepting import DriftMoved, accept
from mapping.drafts import KEEP_ROWS, Draft, chosen_draft, stored_draft
from mapping.drift import Drift
from mapping.drift_texts import drift_view
from mapping.edit_page import edit_page
from mapping.mappings import FormChange, form_of, read_form
from mapping.models import Mapping, SettingsDraft
from mapping.problem_texts import describe
from mapping.rules import RulesRefused, fields_of, specs_of
from mapping.rulespec import WhenEmpty
from mapping.showing import BLANK_ROW, Show
from mapping.suggestion_panel import Ticks
from mapping.taking import Taken, take


@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """The mapping page; its form saves, or reads the app's form again from kintone."""
    registered = get_object_or_404(Mapping.objects.select_related("connection"), pk=pk)
    kept = settings_drafts.draft_of(registered.connection)
    mapping = settings_drafts.as_drafted(registered, kept)
    asked = _Asked(registered=registered, kept=kept).by(request)
    stored = stored_draft(specs_of(mapping), update_key=mapping.update_key)
    if request.method == "GET":
        return _page(request, mapping, asked=asked, draft=stored)
    if request.POST.get("action") == "load":
        return _load(request, mapping, asked=asked, stored=stored)
    if request.POST.get("action") == "take":
        return _take(request, mapping, asked=asked, stored=stored)
    if request.POST.get("open") or request.POST.get("action") == "suggest":
        # What would be too much of every page: all choices of a row, or the proposals.
        draft = chosen_draft(request.POST, stored=stored, form=form_of(mapping))
        return _page(request, mapping, asked=asked, draft=draft)
    return _save(request, mapping, asked=asked, stored=stored)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """What the page is about, beside the mapping as drafted."""

    registered: Mapping
    kept: SettingsDraft | None
    """What waits for 「登録」 of its connection."""
    overtaken: str | None = None
    """The stamp of the page that sent this, if somebody else has saved since."""

    def by(self, request: HttpRequest) -> "_Asked":
        """The same, knowing which state the sending page showed."""
        seen = request.POST.get("seen")
        return self if seen in (None, self.stamp) else replace(self, overtaken=seen)

    @property
    def keeps_draft(self) -> bool:
        """Whether what is saved waits for 「登録」."""
        return settings_drafts.takes_drafts(self.registered, self.kept)

    @property
    def stamp(self) -> str:
        """Another one as soon as somebody else saved rules."""
        own = settings_drafts.stamp_of(self.kept, self.registered)
        return f"{self.registered.version}-{own}" if self.keeps_draft else ""


def _save(request: HttpRequest, mapping: Mapping, *, asked: _Asked, stored: Draft) -> HttpResponse:
    draft = chosen_draft(request.POST, stored=stored, form=form_of(mapping))
    if asked.overtaken is not None:
        return _page(request, mapping, asked=asked, draft=draft, moved=True, status=409)
    try:
        if draft.problems:
            raise RulesRefused(draft.problems)
        saved = settings_drafts.save_or_keep(
            asked.registered, draft.specs, update_key=draft.update_key, now=clock.now()
        )
    except RulesRefused as refused:
        return _page(
            request, mapping, asked=asked, draft=draft, refused=refused.problems, status=422
        )
    if not saved.changed:
        messages.info(request, _("変更はありません。"))
    elif saved.is_draft:
        messages.success(request, _("下書きに保存しました。［登録］を押すまで反映されません。"))
    else:
        messages.success(request, _("マッピングを保存しました。"))
    if request.POST.get("action") == "next":
        return redirect("jobs:trial", mapping.pk)
    return redirect(request.get_full_path())


def _load(request: HttpRequest, mapping: Mapping, *, asked: _Asked, stored: Draft) -> HttpResponse:
    """Read the form again; what was chosen on the page and not saved stays chosen."""
    chosen = chosen_draft(request.POST, stored=stored, form=form_of(mapping))
    try:
        client = connections.page_client_for(mapping.connection, guest_space=mapping.guest_space)
        with client:
            change = settings_drafts.read_app(asked.registered, asked.kept, client, now=clock.now())
    except (KintoneError, AllowanceSpentError) as error:
        messages.error(request, _failure(error, mapping=mapping))
    else:
        messages.success(request, _success(change))
    if (set(_keys(chosen)), chosen.update_key) == (set(_keys(stored)), stored.update_key):
        return redirect(request.get_full_path())
    mapping = settings_drafts.as_drafted(asked.registered, asked.kept)
    return _page(request, mapping, asked=asked, draft=chosen)


def _take(request: HttpRequest, mapping: Mapping, *, asked: _Asked, stored: Draft) -> HttpResponse:
    """Take the ticked proposals into what is chosen on the page; nothing is saved yet."""
    form = form_of(mapping)
    chosen = chosen_draft(request.POST, stored=stored, form=form)
    taken = take(chosen, request.POST, form=form)
    if taken.rules or taken.key:
        messages.success(request, _said_of_taken(taken))
    elif not taken.left:
        messages.info(request, _("取り入れる候補にチェックを入れてください。"))
    if taken.left:
        fields = listed(_("「%s」") % field for field in taken.left)
        messages.warning(
            request,
            _("フィールドまたは項目が設定済みのため、取り入れていません：%(fields)s。")
            % {"fields": fields},
        )
    # All rows: what was taken must be seen, and is sent back with the rows that the page shows.
    return _page(request, mapping, asked=asked, draft=taken.draft, shows_all=True)


def _said_of_taken(taken: Taken) -> str:
    return one_after_another(
        (
            ngettext(
                "%(count)s個の候補を取り入れました。",
                "%(count)s個の候補を取り入れました。",
                taken.rules,
            )
            % {"count": taken.rules}
            if taken.rules
            else "",
            _("更新キーを選択しました。") if taken.key else "",
            _("［マッピングを保存］を押すまで保存されません。"),
        )
    )


@require_POST
def accept_drift(request: HttpRequest, pk: int) -> HttpResponse:
    """Carry out what the drift proposes, if the form is still as the person saw it."""
    mapping = get_object_or_404(Mapping.objects.select_related("connection"), pk=pk)
    to_dashboard = request.POST.get("back") == "dashboard"
    back = (
        reverse("jobs:dashboard") if to_dashboard else _address(mapping, show=Show.ALL, search="")
    )
    try:
        client = connections.page_client_for(mapping.connection, guest_space=mapping.guest_space)
        with client:
            read_form(mapping, client, now=clock.now())
        accepted = accept(
            mapping, stamp=request.POST.get("stamp", ""), only=request.POST.get("only", "")
        )
    except (KintoneError, AllowanceSpentError) as error:
        messages.error(request, _failure(error, mapping=mapping))
    except DriftMoved:
        messages.warning(
            request,
            _(
                "kintoneのフォームまたはマッピングが、表示した後に変わりました。"
                "現在の内容を確認してください。"
            ),
        )
    else:
        messages.success(request, _accepted(accepted))
    return redirect(back)


def _accepted(accepted: Sequence[Drift]) -> str:
    if any(drift.proposal for drift in accepted):
        return _("提案どおりに変更しました。次回の実行から反映します。")
    return _("確認済みにしました。")


def _page(
    request: HttpRequest,
    mapping: Mapping,
    *,
    asked: _Asked,
    draft: Draft,
    refused: Sequence[Problem] | None = None,
    moved: bool = False,
    status: int = 200,
    shows_all: bool = False,
) -> HttpResponse:
    show, search = _filter(request)
    if refused or moved or shows_all:
        # What was refused or taken must be seen, whatever the filter.
        show, search = Show.ALL, ""
    page = edit_page(
        mapping,
        draft=draft,
        refused=refused,
        show=show,
        search=search,
        ticks=Ticks.of(request.POST),
        opened=request.POST.get("open", ""),
        tells_fields=request.GET.get("fields") == "all",
        tells_suggestions=request.POST.get("action") == "suggest",
    )
    context = {
        "mapping": mapping,
        "record_type": record_type_label(RecordType(mapping.record_type)),
        "page": page,
        "drift": drift_view(asked.registered),
        "draft": asked.kept,
        "keeps_draft": asked.keeps_draft,
        # Showing proposals is not seeing what somebody else saved: that page stays overtaken.
        "stamp": asked.stamp if moved or asked.overtaken is None else asked.overtaken,
        "moved": moved,
        "differing": _differing(mapping, draft) if moved else [],
        # What stands in the form is not what is stored: leaving loses it.
        "unsaved": request.method == "POST",
        "refused": refused is not None,
        "tabs": [
            {
                "show": each.value,
                "label": each.label,
                "count": page.counts[each],
                "address": _address(mapping, show=each, search=search),
                "current": each is show,
            }
            for each in Show
        ],
        "problems_address": _address(mapping, show=Show.PROBLEMS, search=""),
        "blank_row": BLANK_ROW,
        "asked_for_suggestions": request.POST.get("action") == "suggest",
        "show": show,
        "search": search,
        "app_url": connections.app_url(mapping.connection, mapping.app, mapping.guest_space),
        "when_empty": [
            (WhenEmpty.CLEAR, _("空にする")),
            (WhenEmpty.KEEP, _("変更しない")),
            (WhenEmpty.FIXED, _("固定値を入れる")),
        ],
        "table_rows": [
            ("replace", _("連携のたびにすべて置き換える")),
            (KEEP_ROWS, _("同じ内容の行を維持する（送信のたびに読み取りが1件増えます）")),
        ],
    }
    return render(request, "mapping/edit.html", context, status=status)


def _differing(mapping: Mapping, draft: Draft) -> list[str]:
    """The fields that are filled otherwise now than was chosen."""
    stored = specs_of(mapping)
    changed = fields_of(stored, draft.specs)
    labels = {field.code: field.label for field in form_of(mapping).fields.values()}
    told = [_("「%s」") % (labels.get(code) or code) for code in sorted(changed)]
    return [*told, *([_("更新キー")] if draft.update_key != mapping.update_key else [])]


def _filter(request: HttpRequest) -> tuple[Show, str]:
    show = request.GET.get("show", "")
    return (Show(show) if show in Show else Show.ALL), request.GET.get("q", "").strip()


def _address(mapping: Mapping, *, show: Show, search: str) -> str:
    query = {"show": show.value} if show is not Show.ALL else {}
    if search:
        query["q"] = search
    page = reverse("mapping:edit", args=[mapping.pk])
    return f"{page}?{urlencode(query)}" if query else page


def _keys(draft: Draft) -> list[str]:
    return [repr(spec) for spec in draft.specs]


def _success(change: FormChange) -> str:
    changes = (
        (_("kintoneで削除または変更されたフィールド：%(codes)s。"), change.gone),
        (_("追加されたフィールド：%(codes)s。"), change.added),
        (_("設定が変わったフィールド：%(codes)s。"), change.altered),
    )
    told = [words % {"codes": listed(codes)} for words, codes in changes if codes]
    return one_after_another([_("読み込みに成功しました。"), *told])


def _failure(error: KintoneError | AllowanceSpentError, *, mapping: Mapping) -> str:
    problem = (
        connections.error_problem(error, connection=mapping.connection, app=mapping.app)
        if isinstance(error, KintoneError)
        else Problem(code="budget")
    )
    text = describe(problem)
    return _("読み込みに失敗しました。%(heading)s。%(body)s") % {
        "heading": text.heading,
        "body": text.body,
    }
