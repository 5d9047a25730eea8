"""IDの変更と統合: aliases by a file or by hand, and what merges left over in kintone."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from common import clock
from common.types import RecordType
from crm import selectors
from crm.models import Alias, SourceRow
from crm.pages.paging import number_in, page_links
from crm.selectors import MODELS
from crm.writing.identity import Change
from jobs import identity, takeover
from jobs.identity import PairsReport
from jobs.pages.forms_identity import NewIdForm, PairsForm
from jobs.pages.select_identity import left_over_rows, side_of

get_or_post = require_http_methods(["GET", "HEAD", "POST"])

#: Refused lines that the page lists.
LISTED = 100


@get_or_post
def id_list(request: HttpRequest, record_type: str) -> HttpResponse:
    """The aliases of one type, and a form for more: 確認 tells what would happen, 登録 does it."""
    kind = type_or_404(record_type)
    form, report = PairsForm(record_type=kind), None
    if request.method == "POST":
        form = PairsForm(request.POST, request.FILES, record_type=kind)
        if form.is_valid():
            applies = request.POST.get("action") == "apply"
            report = identity.settle_pairs(kind, form.pairs, now=clock.now(), rehearse=not applies)
            if applies and not report.refused:
                messages.success(request, _counted(report))
                return redirect("jobs:ids", kind)
            form = _filled_again(form, applied=applies)
            return _ids(request, kind, form, report=report, applied=applies)
    return _ids(request, kind, form, status=422 if form.errors else 200)


@get_or_post
def record_id(request: HttpRequest, record_type: str, pk: int) -> HttpResponse:
    """A new ID for one record; where another record has it already, the two are compared first."""
    kind = type_or_404(record_type)
    row: SourceRow = get_object_or_404(MODELS[kind]._default_manager, pk=pk)
    form = NewIdForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        new_id = form.cleaned_data["new_id"]
        other = MODELS[kind]._default_manager.filter(external_id=new_id).exclude(pk=pk).first()
        if other is not None:
            return redirect("jobs:duplicate", kind, *sorted((pk, other.pk)))
        if not row.external_id:
            form.add_error("new_id", _("外部IDがまだありません。編集画面で入力してください。"))
        else:
            result = identity.settle_one(kind, row.external_id, new_id, now=clock.now())
            if result.change is not Change.REFUSED:
                messages.success(
                    request,
                    _("IDを変更しました。次回のデータ処理でkintoneの同じレコードを更新します。"),
                )
                return redirect("crm:record", kind, pk)
            form.add_error("new_id", result.reason)
    context = {"record_type": kind, "side": side_of(kind, row), "record": row, "form": form}
    status = 422 if form.errors else 200
    return render(request, "jobs/record_id.html", context, status=status)


@require_POST
def delete_alias(request: HttpRequest, pk: int) -> HttpResponse:
    """An alias that was a mistake: the old ID means nothing any more; rows stay as they are."""
    alias = get_object_or_404(Alias, pk=pk)
    identity.forget_alias(alias)
    messages.success(
        request, _("「%s」の対応を削除しました。データは変更していません。") % alias.old_id
    )
    return redirect("jobs:ids", alias.record_type)


@get_or_post
def left_over(request: HttpRequest) -> HttpResponse:
    """Kintone records of merged rows; those that a person has deleted in kintone leave the list."""
    if request.method == "POST":
        chosen = [int(one) for one in request.POST.getlist("entry") if one.isdecimal()][:1000]
        number = takeover.forget_left_over(chosen, now=clock.now())
        if number:
            messages.success(
                request,
                ngettext("%s件を一覧から外しました。", "%s件を一覧から外しました。", number)
                % f"{number:,}",
            )
        else:
            messages.info(request, _("一覧から外すレコードを選択してください。"))
        return redirect("jobs:left-over")
    found = takeover.left_over().select_related("ledger__mapping__connection")
    page = selectors.page_of(
        found, after=number_in(request, "after"), before=number_in(request, "before")
    )
    context = {
        "rows": left_over_rows(page.rows),
        "count": takeover.left_over().count(),
        **page_links(request, page),
    }
    return render(request, "jobs/left_over.html", context)


def type_or_404(record_type: str) -> RecordType:
    """The type that an address names."""
    if record_type not in set(RecordType):
        raise Http404(record_type)
    return RecordType(record_type)


def _filled_again(form: PairsForm, *, applied: bool) -> PairsForm:
    """The form with the pairs as lines, so that they can be sent as they were checked."""
    again = PairsForm(record_type=form.record_type)
    if not applied:
        again.initial["lines"] = form.as_lines()
    return again


def _ids(
    request: HttpRequest,
    record_type: RecordType,
    form: PairsForm,
    *,
    report: PairsReport | None = None,
    applied: bool = False,
    status: int = 200,
) -> HttpResponse:
    found = Alias.objects.filter(record_type=record_type)
    words = request.GET.get("q", "").strip()
    if words:
        found = found.filter(old_id__startswith=words) | found.filter(new_id__startswith=words)
    page = selectors.page_of(
        found, after=number_in(request, "after"), before=number_in(request, "before")
    )
    context = {
        "record_type": record_type,
        "record_types": list(RecordType),
        "form": form,
        "report": report,
        "refused": report.refused[:LISTED] if report else (),
        "counted": _counted(report) if report else "",
        "applied": applied,
        "q": words,
        "page": page,
        "left_over": takeover.left_over().count(),
        **page_links(request, page),
    }
    return render(request, "jobs/ids.html", context, status=status)


def _counted(report: PairsReport) -> str:
    """IDの変更3件、統合1件…"""
    return _(
        "IDの変更%(renumbered)s件、統合%(merged)s件、対応だけの登録%(noted)s件、"
        "登録済み%(known)s件、登録できない行%(refused)s件"
    ) % {str(change): f"{report.counts[change]:,}" for change in Change}
