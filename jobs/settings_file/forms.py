"""Forms that a settings file needs, read from kintone before anything is written."""

from collections.abc import Collection
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


def read_missing_forms(
    settings: SettingsSpec, *, patient: bool = True
) -> dict[Target, ReadForm | Problem]:
    """The forms of the file's mappings that were never loaded, or why one cannot be read now.

    This speaks to kintone, so it comes before the transaction that writes.

    Args:
        patient: Whether to try again where kintone does not answer.
    """
    answers: dict[Target, ReadForm | Problem] = {}
    for spec in settings.connections or ():
        stored = Connection.objects.filter(name=spec.name).first()
        connection = stored or Connection(name=spec.name)
        host = connection.host
        fill(connection, spec)
        # Another kintone has other forms.
        loaded = _loaded(stored) if stored and connection.host == host else set()
        for wanted in spec.mappings or ():
            if (wanted.record_type, wanted.app) not in loaded:
                answers[_target(spec, wanted)] = _read(connection, wanted, patient=patient)
    return answers


def read_forms_again(
    settings: SettingsSpec, targets: Collection[Target], *, patient: bool = True
) -> dict[Target, ReadForm | Problem]:
    """The forms of these mappings, as `read_missing_forms` reads them."""
    answers: dict[Target, ReadForm | Problem] = {}
    for spec in settings.connections or ():
        for wanted in spec.mappings or ():
            if (target := _target(spec, wanted)) in targets:
                stored = Connection.objects.filter(name=spec.name).first()
                connection = stored or Connection(name=spec.name)
                fill(connection, spec)
                answers[target] = _read(connection, wanted, patient=patient)
    return answers


def _target(spec: ConnectionSpec, wanted: MappingSpec) -> Target:
    return spec.name, wanted.record_type, wanted.app


def _loaded(connection: Connection) -> set[tuple[str, int]]:
    return {(one.record_type, one.app) for one in connection.mappings.all() if one.form}


def _read(connection: Connection, wanted: MappingSpec, *, patient: bool) -> ReadForm | Problem:
    space = wanted.guest_space
    if space is ABSENT:
        space = _stored_space(connection, wanted)
    client_for = connections.client_for if patient else connections.page_client_for
    try:
        with client_for(connection, guest_space=space) as client:
            return ReadForm(info=client.get_app(wanted.app), form=client.get_form(wanted.app))
    except AllowanceSpentError:
        return Problem(code="budget")
    except KintoneError as error:
        return connections.error_problem(error, connection=connection, app=wanted.app)


def _stored_space(connection: Connection, wanted: MappingSpec) -> int | None:
    if connection.pk is None:
        return None
    known = Mapping.objects.filter(
        connection=connection, record_type=wanted.record_type, app=wanted.app
    )
    return known.values_list("guest_space", flat=True).first()
