"""クレンジング: pause with its reason, IDs, update keys, what would come of it, and go on."""

from dataclasses import dataclass
from datetime import datetime

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from common import clock
from crm.models import Alias
from integrations.models import Connection
from jobs import cleansing as cleansings
from jobs import enabling
from jobs.cleansing import Effect
from mapping import rules
from mapping.mappings import drift_of, form_of
from mapping.models import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyLine:
    """One mapping on the checklist: which field is its key, filled by which item."""

    mapping: Mapping
    field: str
    """The update key's label in kintone; its code where the form does not have it."""
    item: str
    """What fills it; "" if nothing does."""
    by_id: bool
    """Whether that is the ID that cleansing changes."""
    stopped: bool
    """Whether the form is not as the rules were made on, so that nothing would be sent."""
    effect: Effect | None
    owed: int
    """How many rows changed while it rested."""


@require_http_methods(["GET", "HEAD", "POST"])
def cleansing(request: HttpRequest, pk: int) -> HttpResponse:
    """The way through it; a POST pauses or goes on."""
    connection = get_object_or_404(Connection, pk=pk)
    if request.method == "POST":
        if request.POST.get("action") == "begin":
            return _begin(request, connection)
        return _end(request, connection)
    resting = cleansings.resting_of(connection)
    enabled = Mapping.objects.filter(connection=connection, enabled=True)
    since = min((one.off_since for one in resting if one.off_since), default=None)
    context = {
        "connection": connection,
        "lines": [_line(mapping) for mapping in resting],
        "enabled": list(enabled.select_related("connection")) if not resting else [],
        "since": since,
        "aliases": _aliases_since(since),
    }
    return render(request, "jobs/cleansing.html", context)


def _begin(request: HttpRequest, connection: Connection) -> HttpResponse:
    number = cleansings.begin(connection, now=clock.now())
    if number:
        messages.success(
            request,
            ngettext("%s件の連携を停止しました。", "%s件の連携を停止しました。", number) % number,
        )
    else:
        messages.info(request, _("有効な連携がないため、停止するものはありません。"))
    return redirect("jobs:cleansing", connection.pk)


def _end(request: HttpRequest, connection: Connection) -> HttpResponse:
    sends = request.POST.get("meanwhile") != "leave"
    try:
        number = cleansings.end(connection, send_changed_meanwhile=sends, now=clock.now())
    except enabling.NotReadyError:
        messages.error(
            request,
            _("更新キーまたは項目のマッピングがない連携があります。登録してから再開してください。"),
        )
        return redirect("jobs:cleansing", connection.pk)
    if number:
        messages.success(
            request,
            ngettext(
                "%s件の連携を再開しました。次回の実行から連携します。",
                "%s件の連携を再開しました。次回の実行から連携します。",
                number,
            )
            % number,
        )
    return redirect("jobs:dashboard")


def _line(mapping: Mapping) -> KeyLine:
    field = form_of(mapping).fields.get(mapping.update_key)
    spec = next(
        (
            one
            for one in rules.specs_of(mapping)
            if one.field == mapping.update_key and not one.table
        ),
        None,
    )
    labels = {item.key: str(item.label) for item in rules.source_of(mapping).items}
    item = ""
    if spec is not None:
        item = labels.get(spec.source, spec.source or spec.template or spec.fixed)
    return KeyLine(
        mapping=mapping,
        field=(field.label if field else "") or mapping.update_key,
        item=item,
        by_id=spec is not None and spec.source == "external_id",
        stopped=bool(drift_of(mapping)),
        effect=cleansings.effect_of(mapping),
        owed=enabling.owed_since_disabled(mapping),
    )


def _aliases_since(since: datetime | None) -> int:
    return Alias.objects.filter(made_at__gte=since).count() if since else 0
