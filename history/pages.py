"""操作履歴: the list, one entry, its CSV, and the page that asks before something is put back."""

from collections.abc import Iterator, Sequence

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from audit.models import Entry
from common import clock
from common.spreadsheets import csv_answer
from crm.pages.paging import number_in
from history import putting_back, selectors
from history.forms import HistoryFilter
from history.putting_back.proposals import CannotPutBackError
from history.titles import actor_of, thing_of
from history.words import Words
from jobs.models import Run


@require_safe
def entry_list(request: HttpRequest) -> HttpResponse:
    """The entries, newest first, narrowed by the address."""
    filters = HistoryFilter(request.GET)
    page = selectors.entries_page(filters.query(now=clock.now()), below=number_in(request, "below"))
    kept = request.GET.copy()
    kept.pop("below", None)
    older = kept.copy()
    older["below"] = str(page.older_than)
    context = {
        "filters": filters,
        "page": page,
        "newest": f"?{kept.urlencode()}" if "below" in request.GET else "",
        "older": f"?{older.urlencode()}" if page.older_than else "",
        "filter_query": kept.urlencode(),
    }
    return render(request, "history/entries.html", context)


@require_safe
def entries_csv(request: HttpRequest) -> HttpResponseBase:
    """The same entries, all of them, one line for each value that changed."""
    query = HistoryFilter(request.GET).query(now=clock.now())
    headings = (
        *(_("日時"), _("操作"), _("対象"), _("操作した人"), _("操作元")),
        *(_("項目"), _("変更前"), _("変更後"), _("番号")),
    )
    return csv_answer("history.csv", headings, _cells(selectors.every_entry(query)))


@require_safe
def entry_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One entry: who, from where, before and after."""
    entry = get_object_or_404(Entry, pk=pk)
    words = Words(entry)
    context = {
        "entry": entry,
        "rows": words.rows(),
        "erased_items": [
            words.item(entry.record_type, key) for key in entry.details.get("items_changed", ())
        ],
        "undone_by": selectors.undone_by(entry),
        "is_offered": putting_back.is_offered(entry),
        "run": Run.objects.filter(pk=entry.details.get("run", 0)).first(),
    }
    return render(request, "history/entry.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def put_back(request: HttpRequest, pk: int) -> HttpResponse:
    """What putting it back would change; done when that was confirmed."""
    entry = get_object_or_404(Entry, pk=pk)
    context: dict[str, object] = {"entry": entry}
    status = 200
    if request.method == "POST":
        stamp = request.POST.get("stamp", "")
        try:
            proposal = putting_back.put_back(entry, stamp=stamp, now=clock.now())
        except CannotPutBackError as error:
            context["refused"], status = str(error), 409
        else:
            messages.success(request, _("元に戻しました。"))
            for sentence in proposal.left:
                messages.warning(request, sentence)
            return redirect("history:entry", pk)
    try:
        context["proposal"] = putting_back.propose(entry, now=clock.now())
    except CannotPutBackError as error:
        context["impossible"] = str(error)
    return render(request, "history/put_back.html", context, status=status)


def _cells(entries: Iterator[Entry]) -> Iterator[Sequence[str]]:
    for entry in entries:
        head = [
            timezone.localtime(entry.at).strftime("%Y-%m-%d %H:%M:%S"),
            entry.get_kind_display(),
            thing_of(entry),
            actor_of(entry),
            entry.get_origin_display(),
        ]
        rows = [[row.label, row.before, row.after] for row in Words(entry).rows()]
        for told in rows or [["", "", ""]]:
            yield [*head, *told, str(entry.pk)]
