"""Forms that a settings file needs, read from kintone before anything is written."""

from collections.abc import Mapping as MappingOf
from dataclasses import dataclass
from typing import TypeAlias

from common.problems import Problem
from common.types import RecordType
from integrations import connections
from integrations.kintone.errors import AllowanceSpentError, KintoneError
from integrations.kintone.form import Form
from integrations.kintone.values import AppInfo
from integrations.models import Connection
from jobs.settings_file.credentials import fill
from jobs.settings_file.specs import ABSENT, ConnectionSpec, MappingSpec, SettingsSpec
from mapping.models import Mapping

#: Connection's name, record type, app.
Target: TypeAlias = tuple[str, RecordType, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadForm:
    """kintone's answers, kept; reads like a client (`mapping.mappings.FormReader`)."""

    info: AppInfo
    form: Form

    def get_app(self, app: int) -> AppInfo:
        """The answer; it is kept for one app only."""
        assert app == self.info.app
        return self.info

    def get_form(self, app: int) -> Form:
        """The answer; it is kept for one app only."""
        assert app == self.info.app
        return self.form


def read_missing_forms(settings: SettingsSpec) -> MappingOf[Target, ReadForm | Problem]:
    """The forms of the file's mappings that were never loaded, or why one cannot be read now.

    This speaks to kintone, so it comes before the transaction that writes.
    """
    answers: dict[Target, ReadForm | Problem] = {}
    for spec in settings.connections or ():
        stored = Connection.objects.filter(name=spec.name).first()
        connection = stored or Connection(name=spec.name)
        host = connection.host
        fill(connection, spec)
        # Another kintone has other forms.
        loaded = _loaded(stored) if stored and connection.host == host else set()
        for wanted in _without_form(spec, loaded):
            answers[spec.name, wanted.record_type, wanted.app] = _read(connection, wanted)
    return answers


def _loaded(connection: Connection) -> set[tuple[str, int]]:
    return {(one.record_type, one.app) for one in connection.mappings.all() if one.form}


def _without_form(spec: ConnectionSpec, loaded: set[tuple[str, int]]) -> list[MappingSpec]:
    return [one for one in spec.mappings or () if (one.record_type, one.app) not in loaded]


def _read(connection: Connection, wanted: MappingSpec) -> ReadForm | Problem:
    space = wanted.guest_space
    if space is ABSENT:
        space = _stored_space(connection, wanted)
    try:
        with connections.client_for(connection, guest_space=space) as client:
            return ReadForm(info=client.get_app(wanted.app), form=client.get_form(wanted.app))
    except AllowanceSpentError:
        return Problem(code="budget")
    except KintoneError as error:
        return connections.error_problem(error)


def _stored_space(connection: Connection, wanted: MappingSpec) -> int | None:
    if connection.pk is None:
        return None
    known = Mapping.objects.filter(
        connection=connection, record_type=wanted.record_type, app=wanted.app
    )
    return known.values_list("guest_space", flat=True).first()
