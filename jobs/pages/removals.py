"""The pages that ask before a mapping or a connection is deleted, and say what goes with it."""

from collections.abc import Callable, Sequence

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from common import clock
from integrations.models import Connection
from jobs import removing
from jobs.removing import Extent
from mapping.models import Mapping


class UnderstoodForm(forms.Form):
    """The box that says that the consequences were read."""

    use_required_attribute = False
    understood = forms.BooleanField(
        label=gettext_lazy("注意事項を確認しました"),
        error_messages={
            "required": gettext_lazy(
                "チェックが入っていません。注意事項を確認してから、チェックを入れてください。"
            )
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
def delete_mapping(request: HttpRequest, pk: int) -> HttpResponse:
    """What deleting one mapping means; deleted when that was confirmed."""
    mapping = get_object_or_404(Mapping.objects.select_related("connection"), pk=pk)

    def delete() -> HttpResponse:
        removing.delete_mapping(mapping, now=clock.now())
        messages.success(request, _("マッピングを削除しました。"))
        return redirect("jobs:connection", mapping.connection_id)

    return _ask(
        request,
        "jobs/mapping_delete.html",
        connection=mapping.connection,
        mappings=[mapping],
        delete=delete,
    )


@require_http_methods(["GET", "HEAD", "POST"])
def delete_connection(request: HttpRequest, pk: int) -> HttpResponse:
    """What deleting one connection means; deleted when that was confirmed."""
    connection = get_object_or_404(Connection, pk=pk)

    def delete() -> HttpResponse:
        removing.delete_connection(connection)
        messages.success(request, _("接続「%(name)s」を削除しました。") % {"name": connection.name})
        return redirect("jobs:settings")

    mappings = Mapping.objects.filter(connection=connection).select_related("connection")
    return _ask(
        request,
        "jobs/connection_delete.html",
        connection=connection,
        mappings=list(mappings.order_by("pk")),
        delete=delete,
    )


def _ask(
    request: HttpRequest,
    template: str,
    *,
    connection: Connection,
    mappings: Sequence[Mapping],
    delete: Callable[[], HttpResponse],
) -> HttpResponse:
    """The page with its consequences; of a confirmed form, the answer of `delete`."""
    form = UnderstoodForm(request.POST if request.method == "POST" else None)
    status = 200
    if form.is_bound:
        status = 422
        if form.is_valid():
            try:
                return delete()
            except removing.StillActiveError:
                # The page says which run is in the way.
                status = 409
    extents = [removing.extent_of(mapping) for mapping in mappings]
    context = {
        "connection": connection,
        "extents": extents,
        "active": [run for extent in extents for run in extent.active],
        "total": _total(extents),
        "form": form,
        "refused": status == 409,
    }
    return render(request, template, context, status=status)


def _total(extents: Sequence[Extent]) -> dict[str, int]:
    return {
        "mappings": len(extents),
        "synced": sum(extent.synced for extent in extents),
        "failed": sum(extent.failed for extent in extents),
        "runs": sum(extent.runs for extent in extents),
    }
