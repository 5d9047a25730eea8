"""「なぜkintoneにないのか」: where one record stands, mapping by mapping."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from common.types import RecordType
from crm.selectors import MODELS
from jobs.pages.select_records import pushes, standings


@require_safe
@vary_on_headers("HX-Request")
def record_state(request: HttpRequest, record_type: str, pk: int) -> HttpResponse:
    """The fragment (for the record's page) or the whole page."""
    if record_type not in set(RecordType):
        raise Http404(record_type)
    kind = RecordType(record_type)
    record = get_object_or_404(MODELS[kind]._default_manager, pk=pk)
    context = {
        "record": record,
        "record_type": kind,
        "standings": standings(kind, record),
        "pushes": pushes(kind, record),
    }
    if request.headers.get("HX-Request"):
        return render(request, "jobs/record_state_body.html", context)
    return render(request, "jobs/record_state.html", context)
