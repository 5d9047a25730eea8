"""What 操作履歴 says of a connection: its document, and the change that is under way."""

from collections.abc import Iterator
from collections.abc import Mapping as MappingOf
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from django.db.models import QuerySet

from audit import recording
from audit.kinds import Kind
from audit.recording import Change, Document, Thing
from common.types import RecordType
from integrations.models import Connection
from jobs.models import Schedule
from mapping import document
from mapping.document import connection_thing, mapping_thing
from mapping.models import Mapping
from mapping.rules import specs_of

#: Columns that say which kintone it is, and how we log in there.
COLUMNS = ("name", "subdomain", "domain", "login", "basic_user", "certificate_file")
#: Columns that are never shown, nor kept.
SECRETS = ("password", "tokens", "basic_password", "certificate_password")


@contextmanager
def changing(connection: Connection, kind: Kind, *, whole: bool = False) -> Iterator[Change]:
    """One transaction; an entry if the connection is another one at its end.

    Args:
        connection: May be new, and may be gone afterwards.
        whole: Whether rules, switches and user ties may change, too.
    """

    def stored() -> Connection | None:
        if connection.pk is None:
            return None
        # Locked: what somebody else changes at the same time is an entry of its own.
        return Connection.objects.select_for_update(no_key=True).filter(pk=connection.pk).first()

    def documented() -> Document:
        one = stored()
        return connection_document(one, whole=whole) if one else {}

    def secrets() -> MappingOf[str, object]:
        one = stored()
        return {name: getattr(one, name) for name in SECRETS} if one else {}

    if connection.pk is None and kind is Kind.CONNECTION_CHANGE:
        kind = Kind.CONNECTION_ADD
    with recording.changing(
        kind,
        documented,
        thing=lambda: connection_thing(one) if (one := stored()) else None,
        secrets=secrets,
    ) as change:
        yield change


def adding(
    connection: Connection, *, record_type: RecordType, app: int
) -> AbstractContextManager[Change]:
    """One transaction in which a mapping of that type into that app comes."""
    added = Mapping.objects.filter(connection=connection, record_type=record_type, app=app)
    return _of_mappings(Kind.MAPPING_ADD, added)


def removing(mapping: Mapping) -> AbstractContextManager[Change]:
    """One transaction in which the mapping goes."""
    return _of_mappings(Kind.MAPPING_DELETE, Mapping.objects.filter(pk=mapping.pk))


def _of_mappings(kind: Kind, which: QuerySet[Mapping]) -> AbstractContextManager[Change]:
    stored = which.select_related("connection")

    def document() -> Document:
        return {
            "mappings": {str(mapping.pk): mapping_document(mapping) for mapping in stored.all()}
        }

    def thing() -> Thing | None:
        mapping = stored.first()
        return mapping_thing(mapping) if mapping else None

    return recording.changing(kind, document, thing=thing)


def connection_document(connection: Connection, *, whole: bool) -> dict[str, Any]:
    """What step 1 says of it; the `whole` with rules, switches and user ties."""
    schedule = Schedule.objects.select_related("sync_user").filter(connection=connection).first()
    mappings = Mapping.objects.filter(connection=connection).order_by("id")
    mappings = mappings.select_related("connection").defer("form", "made_on", "access")
    found: dict[str, Any] = {name: getattr(connection, name) for name in COLUMNS}
    if schedule:
        found["schedule"] = schedule.interval
        found["sync_user"] = sync_user_of(schedule)
        found["notify"] = list(schedule.notify)
    if whole:
        found["users"] = document.users_document(connection)
    shape = mapping_document if whole else document.target_document
    found["mappings"] = {str(mapping.pk): shape(mapping) for mapping in mappings}
    return found


def mapping_document(mapping: Mapping) -> dict[str, Any]:
    """All that the settings file says of a mapping."""
    return {
        **document.target_document(mapping),
        "update_key": mapping.update_key,
        "enabled": mapping.enabled,
        "rules": document.rules_document(specs_of(mapping)),
    }


def sync_user_of(schedule: Schedule) -> str:
    """The sync user's e-mail address; "" for nobody."""
    return (schedule.sync_user.email if schedule.sync_user else "") or schedule.sync_user_email
