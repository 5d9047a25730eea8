"""What a person looks at before 「登録」: that it is the right app, when it goes, whose leads."""

from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from common.types import RecordType
from crm.models import Member
from integrations import connections
from integrations.kintone.errors import AllowanceSpentError, KintoneError
from jobs.execute import sync_user_of
from jobs.models import Schedule
from jobs.states import Interval
from mapping import settings_drafts
from mapping.models import Mapping, SettingsDraft
from mapping.problem_texts import describe
from mapping.rules import specs_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """How many records kintone's app holds, or why it did not say."""

    records: int | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """One mapping as it would be."""

    mapping: Mapping
    app_url: str
    key: str
    """The update key, by its label."""
    rules: int
    interval: str
    """"" without a schedule."""
    next_at: datetime | None
    notify: tuple[str, ...]
    needs_sync_user: bool
    sync_user: Member | None
    counted: Counted | None
    """None: nobody asked yet."""


def facts_of(
    mapping: Mapping, *, draft: SettingsDraft | None = None, counted: Counted | None = None
) -> Facts:
    """The facts of a mapping as drafted; three queries.

    Args:
        draft: What its connection's schedule is drafted to be.
    """
    schedule = Schedule.objects.filter(connection=mapping.connection_id).first()
    said = {one.path[0]: one.after for one in settings_drafts.changes_of(draft)}
    interval = said.get("schedule", schedule.interval if schedule else "")
    changes_pace = schedule is not None and interval != schedule.interval
    needs_sync_user = mapping.record_type == RecordType.LEAD
    return Facts(
        mapping=mapping,
        app_url=connections.app_url(mapping.connection, mapping.app, mapping.guest_space),
        key=_label_of_key(mapping),
        rules=len(specs_of(mapping)),
        interval=str(Interval(interval).label) if interval else "",
        next_at=schedule.next_due_at if schedule and not changes_pace else None,
        notify=tuple(said.get("notify", schedule.notify if schedule else ())),
        needs_sync_user=needs_sync_user,
        sync_user=sync_user_of(mapping) if needs_sync_user else None,
        counted=counted,
    )


def _label_of_key(mapping: Mapping) -> str:
    properties = mapping.form.get("properties", {})
    field = properties.get(mapping.update_key, {})
    return str(field.get("label") or mapping.update_key)


def count(mapping: Mapping) -> Counted:
    """Ask kintone how many records the mapping's app holds: one request."""
    try:
        client = connections.page_client_for(mapping.connection, guest_space=mapping.guest_space)
        with client:
            return Counted(records=client.count_records(mapping.app))
    except AllowanceSpentError:
        return Counted(problem=_("本日のAPIリクエストの上限に達しています。"))
    except KintoneError as error:
        text = describe(
            connections.error_problem(error, connection=mapping.connection, app=mapping.app)
        )
        return Counted(problem=_("%(heading)s。") % {"heading": text.heading})


def number_asked_for(request: HttpRequest, mapping: Mapping) -> Counted | None:
    """The count where the address asks for this mapping's: without script, a link does."""
    return count(mapping) if request.GET.get("count") == str(mapping.pk) else None


@require_safe
def app_count(request: HttpRequest, pk: int) -> HttpResponse:
    """How many records the mapping's app holds, as drafted: a fragment that a page fills in."""
    registered = get_object_or_404(Mapping.objects.select_related("connection"), pk=pk)
    if not request.headers.get("HX-Request"):
        return redirect(f"{reverse('jobs:trial', args=[pk])}?count={pk}")
    draft = settings_drafts.draft_of(registered.connection)
    mapping = settings_drafts.aimed_as_drafted(registered, draft)
    context = {"mapping": mapping, "counted": count(mapping)}
    return render(request, "jobs/app_count.html", context)
