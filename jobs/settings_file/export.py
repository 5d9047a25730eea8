"""Writes the settings file: what applying it to an empty database would bring back."""

import re
from typing import Any

import yaml

from common.types import RecordType
from crm import access
from crm.models import CustomItem
from integrations.models import Connection
from jobs.connection_log import mapping_document, sync_user_of
from jobs.models import Schedule, SecretName
from jobs.notices.models import NoticeChannel
from jobs.settings_file.export_notices import notices_of
from mapping.document import users_document
from mapping.models import Mapping
from pulls import tenants

#: Part of a derived variable's name, by what `SecretName.secret` calls the secret.
_VARIABLES = {
    "password": "KINTONE_PASSWORD",
    "basic_password": "KINTONE_BASIC_PASSWORD",
    "certificate_password": "KINTONE_CERTIFICATE_PASSWORD",
}


def export() -> str:
    """All settings as YAML; secrets as the names of environment variables."""
    names = _VariableNames()
    settings: dict[str, Any] = {"version": 1, "access_mode": str(access.mode())}
    if source := _source(names):
        settings["hotprofile"] = source
    if items := _custom_items():
        settings["custom_items"] = items
    settings["connections"] = [
        _connection(connection, names) for connection in Connection.objects.order_by("id")
    ]
    dumped: str = yaml.dump(
        settings, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=1000
    )
    return dumped


class _Dumper(yaml.SafeDumper):
    """Lists indented below their key; the same value twice is written twice."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002
        super().increase_indent(flow, indentless=False)

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002
        return True


class _VariableNames:
    """Names of environment variables: as the file that was applied had them, else derived."""

    def __init__(self) -> None:
        self._known = {
            (name.connection_id, name.secret): name.variable for name in SecretName.objects.all()
        }
        self._taken = set(self._known.values())
        for names in NoticeChannel.objects.values_list("url_variable", "secret_variable"):
            self._taken.update(filter(None, names))

    def reference(self, connection: Connection, secret: str) -> dict[str, str]:
        """`{env: NAME}`."""
        known = self._known.get((connection.pk, secret))
        return {"env": known or self._derive(connection, secret)}

    def variable(self, known: str, beginning: str, own: str) -> str:
        """The known name, else one that nothing else has."""
        return known or self._free(f"{beginning}_{_plain(own)}")

    def _derive(self, connection: Connection, secret: str) -> str:
        kind, _, number = secret.partition(".")
        first = _VARIABLES.get(kind, "KINTONE_TOKEN")
        # What a shell takes for a name: Latin letters, digits, underscores.
        own = _plain(connection.name) or _plain(connection.subdomain)
        return self._free("_".join(filter(None, [first, own, number])))

    def _free(self, base: str) -> str:
        name, again = base, 2
        while name in self._taken:
            name, again = f"{base}_{again}", again + 1
        self._taken.add(name)
        return name


def _plain(text: str) -> str:
    return re.sub(r"[^A-Z0-9]+", "_", text.upper()).strip("_")


def _source(names: _VariableNames) -> dict[str, Any]:
    tenant = tenants.tenant()
    if tenant is None:
        return {}
    settings: dict[str, Any] = {
        "host": tenant.host,
        "api_key": {"env": tenant.api_key_variable or "HOTPROFILE_API_KEY"},
        "enabled": tenant.enabled,
        "notify": list(tenant.notify),
    }
    if notices := notices_of(tenant, variable=names.variable):
        settings["notices"] = notices
    return settings


def _custom_items() -> dict[str, list[dict[str, str]]]:
    items: dict[str, list[dict[str, str]]] = {}
    stored = list(CustomItem.objects.order_by("id"))
    for record_type in RecordType:
        of_type = [item for item in stored if item.record_type == record_type]
        if of_type:
            items[record_type.value] = [
                {"key": item.key, "label": item.label, "kind": item.kind} for item in of_type
            ]
    return items


def _connection(connection: Connection, names: _VariableNames) -> dict[str, Any]:
    schedule = Schedule.objects.select_related("sync_user").filter(connection=connection).first()
    settings: dict[str, Any] = {
        "name": connection.name,
        "subdomain": connection.subdomain,
        "domain": connection.domain,
        "auth": _auth(connection, names),
    }
    if schedule:
        settings["schedule"] = schedule.interval
        settings["sync_user"] = sync_user_of(schedule) or None
        settings["notify"] = list(schedule.notify)
    if notices := notices_of(connection, variable=names.variable):
        settings["notices"] = notices
    if users := {email: code or None for email, code in users_document(connection).items()}:
        settings["users"] = users
    settings["mappings"] = [
        mapping_document(mapping)
        for mapping in Mapping.objects.filter(connection=connection).order_by("id")
    ]
    return settings


def _auth(connection: Connection, names: _VariableNames) -> dict[str, Any]:
    auth: dict[str, Any] = {}
    if connection.login and connection.password:
        auth["login"] = connection.login
        auth["password"] = names.reference(connection, "password")
    elif tokens := connection.tokens.split():
        auth["tokens"] = [
            names.reference(connection, f"token.{number}") for number in range(1, len(tokens) + 1)
        ]
    if connection.basic_user and connection.basic_password:
        password = names.reference(connection, "basic_password")
        auth["basic"] = {"user": connection.basic_user, "password": password}
    if connection.certificate_file:
        auth["certificate"] = {"file": connection.certificate_file}
        if connection.certificate_password:
            password = names.reference(connection, "certificate_password")
            auth["certificate"]["password"] = password
    return auth
