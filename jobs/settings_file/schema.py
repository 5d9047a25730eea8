"""What may stand in a settings file; what is wrong with one, line by line."""

import re
from collections.abc import Mapping, Sequence

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from common.types import Kind, RecordType
from crm.models import AccessMode
from integrations.addresses import SUBDOMAIN
from integrations.models import Connection
from jobs.settings_file.document import Node, Reader, SettingsFileError, read_document
from jobs.settings_file.notices_schema import NoticesSchema
from jobs.settings_file.rules_schema import read_rules
from jobs.settings_file.specs import (
    ABSENT,
    Absent,
    AuthSpec,
    BasicSpec,
    CertificateSpec,
    ConnectionSpec,
    CustomItemSpec,
    MappingSpec,
    NoticesSpec,
    Secret,
    SettingsSpec,
    SourceSpec,
)
from jobs.states import AlertKind, Interval
from pulls.hosts import read_host

CUSTOM_KEY = re.compile(r"[a-z][a-z0-9_]{0,63}")
#: Longest address of a member that is stored.
LONGEST_EMAIL = 200


def parse(text: str, *, environment: Mapping[str, str]) -> SettingsSpec:
    """What the file says, with the secrets that it refers to.

    Raises:
        SettingsFileError: names everything that is wrong, with line and path.
    """
    schema = _Schema(environment)
    spec = schema.settings(read_document(text))
    if schema.reader.problems:
        raise SettingsFileError(schema.reader.problems)
    return spec


class _Schema:
    def __init__(self, environment: Mapping[str, str]) -> None:
        self.reader = Reader()
        self._environment = environment

    def settings(self, node: Node) -> SettingsSpec:
        known = ("version", "access_mode", "hotprofile", "custom_items", "connections")
        fields = self.reader.fields(node, known=known, required=("version",))
        if "version" in fields:
            self.reader.choice(fields["version"], ("1",))
        mode = fields.get("access_mode")
        return SettingsSpec(
            access_mode=AccessMode(self.reader.choice(mode, AccessMode.values)) if mode else ABSENT,
            source=self._source(one) if (one := fields.get("hotprofile")) else ABSENT,
            custom_items=self._custom_items(fields.get("custom_items")),
            connections=self._connections(fields.get("connections")),
        )

    def _source(self, node: Node) -> SourceSpec:
        fields = self.reader.fields(node, known=("host", "api_key", "enabled", "notify", "notices"))
        get = fields.get
        return SourceSpec(
            node=node,
            host=self._host(one) if (one := get("host")) else ABSENT,
            api_key=self._secret(one) if (one := get("api_key")) else ABSENT,
            enabled=self.reader.flag(one) if (one := get("enabled")) else ABSENT,
            notify=self._emails(one) if (one := get("notify")) else ABSENT,
            notices=self._notices(one, kinds=()) if (one := get("notices")) else ABSENT,
        )

    def _host(self, node: Node) -> str:
        text = self.reader.text(node, max_length=255)
        try:
            return read_host(text)
        except ValidationError as error:
            self.reader.refuse(node, error.messages[0])
            return text

    def _custom_items(
        self, node: Node | None
    ) -> Mapping[RecordType, tuple[CustomItemSpec, ...]] | Absent:
        if node is None:
            return ABSENT
        types = tuple(RecordType)
        fields = {} if node.is_null else self.reader.fields(node, known=types)
        items = {
            RecordType(key): tuple(self._custom_item(item) for item in self.reader.items(value))
            for key, value in fields.items()
            if key in types
        }
        for specs in items.values():
            self._once([(spec.key, spec.node) for spec in specs])
        return items

    def _custom_item(self, node: Node) -> CustomItemSpec:
        known = ("key", "label", "kind")
        fields = self.reader.fields(node, known=known, required=known)
        key = self.reader.text(fields["key"]) if "key" in fields else ""
        if key and not CUSTOM_KEY.fullmatch(key):
            message = _(
                "キーは半角の英小文字で始め、半角の英小文字、数字、_を使って64文字以内で書いてください。"
            )
            self.reader.refuse(fields["key"], message)
        label = self.reader.text(fields["label"], max_length=128) if "label" in fields else ""
        kind = self.reader.choice(fields["kind"], tuple(Kind)) if "kind" in fields else Kind.TEXT
        return CustomItemSpec(node=node, key=key, label=label, kind=Kind(kind))

    def _connections(self, node: Node | None) -> tuple[ConnectionSpec, ...] | Absent:
        if node is None:
            return ABSENT
        specs = tuple(self._connection(item) for item in self.reader.items(node))
        self._once([(spec.name, spec.node) for spec in specs])
        return specs

    def _connection(self, node: Node) -> ConnectionSpec:
        known = (
            *("name", "subdomain", "domain", "auth"),
            *("schedule", "sync_user", "notify", "notices", "users", "mappings"),
        )
        reader = self.reader
        fields = reader.fields(node, known=known, required=("name",))
        get = fields.get
        return ConnectionSpec(
            node=node,
            name=reader.text(fields["name"], max_length=64) if "name" in fields else "",
            subdomain=self._subdomain(one) if (one := get("subdomain")) else ABSENT,
            domain=reader.choice(one, Connection.Domain.values)
            if (one := get("domain"))
            else ABSENT,
            auth=self._auth(one) if (one := get("auth")) else ABSENT,
            interval=reader.choice(one, Interval.values) if (one := get("schedule")) else ABSENT,
            sync_user=self._email(one, blank=True) if (one := get("sync_user")) else ABSENT,
            notify=self._emails(one) if (one := get("notify")) else ABSENT,
            notices=self._notices(one, kinds=AlertKind.values)
            if (one := get("notices"))
            else ABSENT,
            users=self._users(one) if (one := get("users")) else ABSENT,
            mappings=self._mappings(one) if (one := get("mappings")) else ABSENT,
        )

    def _subdomain(self, node: Node) -> str:
        text = self.reader.text(node)
        if text and not SUBDOMAIN.fullmatch(text):
            message = _("kintoneのURLで、.cybozu.comの前の部分を小文字で書いてください。")
            self.reader.refuse(node, message)
        return text

    def _email(self, node: Node, *, blank: bool = False) -> str:
        text = self.reader.text(node, max_length=LONGEST_EMAIL, blank=blank).strip()
        if text and not _is_email(text):
            self.reader.refuse(node, _("メールアドレスを書いてください。"))
        return text

    def _emails(self, node: Node) -> tuple[str, ...]:
        return tuple(self._email(item) for item in self.reader.items(node))

    def _notices(self, node: Node, *, kinds: Sequence[str]) -> NoticesSpec:
        schema = NoticesSchema(self.reader, secret=self._secret, emails=self._emails)
        return schema.read(node, kinds=kinds)

    def _users(self, node: Node) -> Mapping[str, str]:
        users: dict[str, str] = {}
        for written, value in self.reader.any_fields(node).items():
            email = written.strip().casefold()
            if not _is_email(email):
                self.reader.refuse(value, _("名前に、社員のメールアドレスを書いてください。"))
            if email in users:
                self.reader.refuse(value, _("「%(key)s」が2回書かれています。") % {"key": email})
            users[email] = "" if value.is_null else self.reader.text(value, max_length=128).strip()
        return users

    def _auth(self, node: Node) -> AuthSpec:
        known = ("login", "password", "tokens", "basic", "certificate")
        fields = self.reader.fields(node, known=known)
        if "tokens" in fields and ("login" in fields or "password" in fields):
            self.reader.refuse(
                node, _("login と password、または tokens のどちらかを書いてください。")
            )
        if ("login" in fields) != ("password" in fields):
            self.reader.refuse(node, _("login と password は両方書いてください。"))
        login, password, tokens = fields.get("login"), fields.get("password"), fields.get("tokens")
        basic, certificate = fields.get("basic"), fields.get("certificate")
        items = self.reader.items(tokens) if tokens else ()
        return AuthSpec(
            login=self.reader.text(login, max_length=128) if login else "",
            password=self._secret(password) if password else None,
            tokens=tuple(filter(None, map(self._secret, items))),
            basic=self._basic(basic) if basic else ABSENT,
            certificate=self._certificate(certificate) if certificate else ABSENT,
        )

    def _basic(self, node: Node) -> BasicSpec | None:
        if node.is_null:
            return None
        known = ("user", "password")
        fields = self.reader.fields(node, known=known, required=known)
        if set(fields) < set(known):
            return None
        user = self.reader.text(fields["user"], max_length=128)
        password = self._secret(fields["password"])
        return BasicSpec(user=user, password=password) if password else None

    def _certificate(self, node: Node) -> CertificateSpec | None:
        if node.is_null:
            return None
        fields = self.reader.fields(node, known=("file", "password"), required=("file",))
        if "file" not in fields:
            return None
        password = fields.get("password")
        return CertificateSpec(
            file=self.reader.text(fields["file"], max_length=255),
            password=self._secret(password) if password and not password.is_null else None,
        )

    def _secret(self, node: Node) -> Secret | None:
        """The value of the environment variable that the node names."""
        if node.tag != "fields":
            message = _("値を直接書かずに、環境変数の名前を「{env: 名前}」の形で書いてください。")
            self.reader.refuse(node, message)
            return None
        fields = self.reader.fields(node, known=("env",), required=("env",))
        variable = self.reader.text(fields["env"], max_length=128) if "env" in fields else ""
        value = self._environment.get(variable, "")
        if variable and not value:
            message = _("環境変数「%(name)s」が設定されていません。") % {"name": variable}
            self.reader.refuse(fields["env"], message)
        return Secret(variable=variable, value=value) if value else None

    def _mappings(self, node: Node) -> tuple[MappingSpec, ...]:
        specs = tuple(self._mapping(item) for item in self.reader.items(node))
        self._once([(f"{spec.record_type}/{spec.app}", spec.node) for spec in specs])
        return specs

    def _mapping(self, node: Node) -> MappingSpec:
        known = (
            *("record_type", "app", "guest_space", "daily_requests"),
            *("update_key", "enabled", "rules"),
        )
        reader = self.reader
        fields = reader.fields(node, known=known, required=("record_type", "app"))
        get = fields.get
        record_type = reader.choice(one, tuple(RecordType)) if (one := get("record_type")) else ""
        daily = get("daily_requests")
        key = get("update_key")
        return MappingSpec(
            node=node,
            record_type=RecordType(record_type or RecordType.COMPANY),
            app=reader.positive(one) if (one := get("app")) else 0,
            guest_space=self._guest_space(one) if (one := get("guest_space")) else ABSENT,
            daily_requests=reader.positive(daily) if daily else ABSENT,
            update_key=reader.text(key, max_length=128, blank=True) if key else ABSENT,
            enabled=reader.flag(one) if (one := get("enabled")) else ABSENT,
            rules=read_rules(one, reader) if (one := get("rules")) else ABSENT,
        )

    def _guest_space(self, node: Node) -> int | None:
        return None if node.is_null else self.reader.positive(node)

    def _once(self, named: Sequence[tuple[str, Node]]) -> None:
        seen: set[str] = set()
        for name, node in named:
            if name and name in seen:
                message = _("「%(key)s」が2回書かれています。") % {"key": name}
                self.reader.refuse(node, message)
            seen.add(name)


def _is_email(text: str) -> bool:
    try:
        validate_email(text)
    except ValidationError:
        return False
    return len(text) <= LONGEST_EMAIL
