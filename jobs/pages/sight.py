"""参照できるリード: how many leads the sync user sees, and 「この件数でよい」 after a fall."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from common import clock
from common.problems import Problem
from common.types import RecordType
from jobs import alerts
from jobs import sight as watching
from jobs.execute import sync_user_of
from jobs.models import SightCount
from mapping.models import Mapping

#: So many of the last counts are shown: two days.
SHOWN = 48


@require_http_methods(["GET", "HEAD", "POST"])
def sight(request: HttpRequest, pk: int) -> HttpResponse:
    """The last counts; a POST takes the present one for the usual."""
    mapping = get_object_or_404(
        Mapping.objects.select_related("connection"), pk=pk, record_type=RecordType.LEAD
    )
    if request.method == "POST":
        watching.accept(mapping, now=clock.now())
        messages.success(request, _("今の件数を、これからの基準にします。"))
        return redirect("jobs:sight", pk)
    alert = alerts.open_fall(mapping)
    context = {
        "mapping": mapping,
        "member": sync_user_of(mapping),
        "problem": Problem.from_json(alert.problem) if alert else None,
        "counts": SightCount.objects.filter(mapping=mapping)[:SHOWN],
    }
    return render(request, "jobs/sight.html", context)
