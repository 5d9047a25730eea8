"""What step 1 writes: a connection with its schedule, its apps and their daily limits.

Of a connection at work it writes a draft, but for apps that no run goes to yet.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from audit.kinds import Kind
from integrations import budget
from integrations.models import Connection
from jobs import alerts, connection_log, schedules
from jobs.connection_log import connection_document
from jobs.models import Schedule
from jobs.pages.forms import ConnectionForm
from jobs.pages.forms_apps import AppForm, BaseAppFormSet
from mapping import settings_drafts
from mapping.mappings import forget_target
from mapping.models import Mapping, SettingsDraft


def save_connection(
    form: ConnectionForm, apps: BaseAppFormSet, *, now: datetime
) -> tuple[Connection, list[Mapping]]:
    """Store what both valid forms say; return the connection and the mappings of its apps.

    A mapping that now goes to another kintone or another app has its form to be read anew.
    """
    moved = form.moves_elsewhere
    with connection_log.changing(form.instance, Kind.CONNECTION_CHANGE):
        connection: Connection = form.save()
        _save_schedule(connection, form, now=now)
        mappings = [_save_mapping(connection, app) for app in apps.given()]
        for mapping in Mapping.objects.filter(connection=connection) if moved else ():
            forget_target(mapping)
        alerts.review_connection(connection, now=now)
    return connection, mappings


def keep_draft(
    connection: Connection,
    form: ConnectionForm,
    apps: BaseAppFormSet,
    *,
    draft: SettingsDraft | None,
    now: datetime,
) -> tuple[SettingsDraft | None, list[Mapping]]:
    """Let the connection's draft say what both valid forms say.

    Apps of mappings that are off are stored at once: no run knows of them.

    Args:
        connection: As registered; the form is about it as drafted.

    Returns:
        The draft, None if nothing is to be another one any more; the mappings of the apps given.
    """
    drafted = []
    with connection_log.changing(connection, Kind.CONNECTION_CHANGE):
        mappings = []
        for app in apps.given():
            mapping = Mapping.objects.filter(connection=connection, pk=app.cleaned_data["mapping"])
            known = mapping.select_related("connection").first()
            if known is not None and settings_drafts.takes_drafts(known, draft):
                drafted.append((known, app))
                mappings.append(known)
            else:
                mappings.append(_save_mapping(connection, app))
    wanted = _wanted(form, drafted)
    present = connection_document(connection, whole=False)
    kept = settings_drafts.keep(
        connection,
        present=_as_far_as(wanted, present),
        wanted=wanted,
        secrets={
            name: (getattr(connection, name), getattr(form.instance, name))
            for name in connection_log.SECRETS
            if getattr(connection, name) != getattr(form.instance, name)
        },
        now=now,
    )
    return kept, mappings


def _wanted(form: ConnectionForm, drafted: Sequence[tuple[Mapping, AppForm]]) -> dict[str, Any]:
    """What the forms say, as a document."""
    given = form.cleaned_data
    named = {name: getattr(form.instance, name) for name in connection_log.COLUMNS}
    return {
        **named,
        "schedule": given["interval"],
        "sync_user": _sync_user(form),
        "notify": given["notify"],
        "mappings": {
            str(mapping.pk): {
                name: app.cleaned_data[name] for name in ("app", "guest_space", "daily_requests")
            }
            for mapping, app in drafted
        },
    }


def _as_far_as(wanted: dict[str, Any], present: dict[str, Any]) -> dict[str, Any]:
    """What `present` says of all that `wanted` says."""
    return {
        name: {pk: _as_far_as(one, present[name][pk]) for pk, one in value.items()}
        if name == "mappings"
        else present.get(name)
        for name, value in wanted.items()
    }


def _sync_user(form: ConnectionForm) -> str:
    """The e-mail address of who was chosen."""
    member = form.cleaned_data["sync_user"]
    if member is None and "sync_user" not in form.changed_data and form.schedule:
        # Chosen by a settings file before the member came in.
        return form.schedule.sync_user_email
    return member.email if member else ""


def _save_schedule(connection: Connection, form: ConnectionForm, *, now: datetime) -> None:
    given = form.cleaned_data
    schedule = schedules.ensure(connection, now=now, interval=given["interval"])
    schedules.set_interval(schedule, interval=given["interval"], now=now)
    Schedule.objects.filter(pk=schedule.pk).update(
        sync_user=given["sync_user"], sync_user_email=_sync_user(form), notify=given["notify"]
    )


def _save_mapping(connection: Connection, form: AppForm) -> Mapping:
    given = form.cleaned_data
    budget.set_daily_requests(connection.host, given["app"], given["daily_requests"])
    mapping = Mapping.objects.filter(connection=connection, pk=given["mapping"]).first()
    if mapping is None:
        return Mapping.objects.create(
            connection=connection,
            record_type=given["record_type"],
            app=given["app"],
            guest_space=given["guest_space"],
        )
    moved = mapping.app != given["app"]
    Mapping.objects.filter(pk=mapping.pk).update(app=given["app"], guest_space=given["guest_space"])
    mapping.refresh_from_db()
    if moved:
        forget_target(mapping)
    return mapping
