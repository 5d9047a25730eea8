"""重複の候補: rows that look like one, held side by side, merged or told apart by a person."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods
from django.views.decorators.vary import vary_on_headers
from django_htmx.http import HttpResponseClientRefresh

from common import clock
from common.types import RecordType
from crm import duplicate_searches, duplicates, selectors
from crm.importing.uploads import NoWorkerError
from crm.models import LikelyDuplicate
from crm.pages.answers import wants_fragment
from crm.pages.paging import number_in, page_links
from crm.writing.merging import MergeRefusedError
from jobs import identity, takeover
from jobs.pages.identity import type_or_404
from jobs.pages.select_identity import compared, likely_pairs, rows_of, side_of

get_or_post = require_http_methods(["GET", "HEAD", "POST"])


@get_or_post
@vary_on_headers("HX-Request")
def duplicate_list(request: HttpRequest, record_type: str) -> HttpResponse:
    """The pairs as they were found last; a POST looks for them anew."""
    kind = type_or_404(record_type)
    if request.method == "POST":
        _search(request, kind)
        return redirect("jobs:duplicates", kind)
    search = duplicate_searches.state_of(kind, now=clock.now())
    if wants_fragment(request):
        running = search is not None and search.running
        return (
            render(request, "jobs/duplicates_searching.html", {"record_type": kind})
            if running
            else HttpResponseClientRefresh()
        )
    found = duplicates.listed(kind)
    page = selectors.page_of(
        found, after=number_in(request, "after"), before=number_in(request, "before")
    )
    context = {
        "record_type": kind,
        "record_types": list(RecordType),
        "pairs": likely_pairs(kind, page.rows),
        "count": found.count(),
        "last": duplicates.last_search(kind),
        "search": search,
        **page_links(request, page),
    }
    return render(request, "jobs/duplicates.html", context)


def _search(request: HttpRequest, kind: RecordType) -> None:
    try:
        number = duplicate_searches.begin(kind, now=clock.now())
    except NoWorkerError:
        messages.error(
            request,
            _(
                "ワーカーに接続できないため、候補を探せません。"
                "ワーカーとブローカーが起動していることを確認してから、もう一度押してください。"
            ),
        )
        return
    if number is not None:
        messages.success(
            request,
            ngettext("重複の候補が%s件見つかりました。", "重複の候補が%s件見つかりました。", number)
            % f"{number:,}",
        )


@get_or_post
def duplicate(request: HttpRequest, record_type: str, first: int, second: int) -> HttpResponse:
    """Two rows side by side: 統合する, with the one that stays, or 別のデータ."""
    kind = type_or_404(record_type)
    rows = rows_of(kind, [first, second])
    if len(rows) < 2:
        raise Http404
    if request.method == "POST":
        if request.POST.get("action") == "dismiss":
            duplicates.dismiss(kind, min(first, second), max(first, second))
            messages.success(request, _("別のデータとして記録しました。候補には表示しません。"))
            return redirect("jobs:duplicates", kind)
        return _merge(request, kind, first, second)
    return _show(request, kind, first, second)


def _merge(request: HttpRequest, kind: RecordType, first: int, second: int) -> HttpResponse:
    chosen = request.POST.get("into", "")
    if chosen not in {str(first), str(second)}:
        return _show(request, kind, first, second, error=_("残すデータを選択してください。"))
    into, gone = (first, second) if chosen == str(first) else (second, first)
    try:
        identity.merge_two(kind, gone, into_id=into, now=clock.now())
    except MergeRefusedError as error:
        return _show(request, kind, first, second, error=str(error))
    messages.success(request, _("統合しました。次回のデータ処理でkintoneに連携します。"))
    if takeover.left_over().filter(source_id=gone, ledger__mapping__record_type=kind).exists():
        messages.warning(
            request,
            _(
                "統合したデータのレコードがkintoneに残っています。"
                "「統合済みのkintoneレコード」で確認し、kintoneで削除してください。"
            ),
        )
    return redirect("crm:record", kind, into)


def _show(
    request: HttpRequest, kind: RecordType, first: int, second: int, *, error: str = ""
) -> HttpResponse:
    rows = rows_of(kind, [first, second])
    pair = LikelyDuplicate.objects.filter(
        record_type=kind, first_id=min(first, second), second_id=max(first, second)
    ).first()
    sides = [side_of(kind, rows[first]), side_of(kind, rows[second])]
    context = {
        "record_type": kind,
        "sides": sides,
        "items": compared(kind, first, second),
        "pair": pair,
        "error": error,
        "both_in_kintone": all(side.records for side in sides),
    }
    return render(request, "jobs/duplicate.html", context, status=422 if error else 200)
