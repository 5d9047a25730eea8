"""What step 1 writes: a connection with its schedule, its apps and their daily limits."""

from datetime import datetime

from audit.kinds import Kind
from integrations import budget
from integrations.models import Connection
from jobs import alerts, connection_log, schedules
from jobs.models import Schedule
from jobs.pages.forms import ConnectionForm
from jobs.pages.forms_apps import AppForm, BaseAppFormSet
from mapping.mappings import forget_target
from mapping.models import Mapping


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


def _save_schedule(connection: Connection, form: ConnectionForm, *, now: datetime) -> None:
    given = form.cleaned_data
    schedule = schedules.ensure(connection, now=now, interval=given["interval"])
    schedules.set_interval(schedule, interval=given["interval"], now=now)
    member = given["sync_user"]
    email = member.email if member else ""
    if member is None and "sync_user" not in form.changed_data:
        email = schedule.sync_user_email  # chosen by a settings file before the member came in
    Schedule.objects.filter(pk=schedule.pk).update(
        sync_user=member, sync_user_email=email, notify=given["notify"]
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
