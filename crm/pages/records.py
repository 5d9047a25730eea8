"""Pages for the customer data itself (顧客データ): lists with search, and one record."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from common.types import RecordType
from crm import selectors, writing
from crm.models import Company
from crm.pages.answers import get_or_post, show_form, wants_fragment
from crm.pages.forms_records import RecordForm, edited_items
from crm.pages.paging import found_text, number_in, page_links
from crm.writing.by_hand import change_by_hand
from crm.writing.results import RowOutcome

SEARCH_LABELS: dict[RecordType, Promise] = {
    RecordType.COMPANY: gettext_lazy("会社名、カナ、電話番号、法人番号、外部ID"),
    RecordType.DEPARTMENT: gettext_lazy("部署名、会社名、外部ID"),
    RecordType.LEAD: gettext_lazy("氏名、カナ、メールアドレス、電話番号、会社名"),
}


@require_safe
@vary_on_headers("HX-Request")
def record_list(request: HttpRequest, record_type: RecordType) -> HttpResponse:
    """The rows of one type, searched and paged; the results alone where htmx asks."""
    words = request.GET.get("q", "")
    company = selectors.find_company(number_in(request, "company"))
    found = selectors.search_records(record_type, words, company=company)
    page = selectors.page_of(
        found.rows,
        after=number_in(request, "after"),
        before=number_in(request, "before"),
        beside=found.beside,
    )
    filtered = bool(words.strip() or company)
    context = {
        "record_type": record_type,
        "q": words,
        "company": company,
        "filtered": filtered,
        "searched": SEARCH_LABELS[record_type],
        "page": page,
        "found_text": "" if found.count is None else found_text(found.count),
        **page_links(request, page),
    }
    if wants_fragment(request):
        return render(request, "crm/records_results.html", context)
    return render(request, "crm/records.html", {**context, "counts": selectors.counts()})


@require_safe
def show_record(request: HttpRequest, record_type: RecordType, pk: int) -> HttpResponse:
    """One row with the value of each of its items, and the way to what belongs to it."""
    record = selectors.find_record(record_type, pk)
    if record is None:
        raise Http404
    context = {
        "record_type": record_type,
        "record": record,
        "belonging": selectors.belonging_to(record) if isinstance(record, Company) else None,
        "items": selectors.shown_items(record_type, pk),
    }
    return render(request, "crm/record.html", context)


@get_or_post
def edit_record(request: HttpRequest, record_type: RecordType, pk: int) -> HttpResponse:
    """A form for the items of one row; only what was changed is written."""
    record = selectors.find_record(record_type, pk)
    if record is None:
        raise Http404
    items, values = edited_items(record_type), selectors.values_of(record_type, pk)
    form = RecordForm(request.POST or None, items=items, values=values)
    if request.method == "POST" and form.is_valid():
        result = change_by_hand(record_type, form.changes(), row_id=pk)
        if result.outcome is not RowOutcome.REFUSED:
            _tell(request, result.outcome)
            return redirect("crm:record", record_type, pk)
        form.refuse(result.problems)
    context = {"record_type": record_type, "record": record}
    return show_form(request, "crm/record_edit.html", form, **context)


@get_or_post
def add_record(request: HttpRequest, record_type: RecordType) -> HttpResponse:
    """A form for a new row."""
    form = RecordForm(request.POST or None, items=edited_items(record_type), values={})
    if request.method == "POST" and form.is_valid():
        result = writing.save_one(record_type, form.changes())
        if result.id is not None:
            messages.success(request, _("追加しました。次回のデータ処理でkintoneに連携します。"))
            return redirect("crm:record", record_type, result.id)
        form.refuse(result.problems)
    return show_form(request, "crm/record_edit.html", form, record_type=record_type)


def _tell(request: HttpRequest, outcome: RowOutcome) -> None:
    if outcome is RowOutcome.UNCHANGED:
        messages.info(request, _("変更はありませんでした。"))
    else:
        messages.success(request, _("変更を保存しました。次回のデータ処理でkintoneに連携します。"))
