"""What a settings file says, as plain values. What it leaves out is `ABSENT`: left alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from enum import Enum
from typing import Final, Literal, TypeAlias

from common.types import Kind, RecordType
from crm.models import AccessMode
from jobs.settings_file.document import Node
from mapping.rulespec import RuleSpec


class _Absence(Enum):
    ABSENT = "absent"

    def __bool__(self) -> Literal[False]:
        return False


Absent: TypeAlias = Literal[_Absence.ABSENT]
ABSENT: Final = _Absence.ABSENT


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """A secret and the environment variable that it came from."""

    variable: str
    value: str

    def __repr__(self) -> str:
        return f"Secret(variable={self.variable!r})"


@dataclass(frozen=True, slots=True, kw_only=True)
class BasicSpec:
    user: str
    password: Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateSpec:
    file: str
    password: Secret | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthSpec:
    """A login with its password, or tokens; one takes the other away. Neither: left alone."""

    login: str = ""
    password: Secret | None = None
    tokens: tuple[Secret, ...] = ()
    basic: BasicSpec | Absent | None = ABSENT
    certificate: CertificateSpec | Absent | None = ABSENT


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomItemSpec:
    node: Node
    key: str
    label: str
    kind: Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleEntry:
    node: Node
    spec: RuleSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class MappingSpec:
    node: Node
    record_type: RecordType
    app: int
    guest_space: int | Absent | None = ABSENT
    daily_requests: int | Absent = ABSENT
    update_key: str | Absent = ABSENT
    enabled: bool | Absent = ABSENT
    rules: Mapping[str, RuleEntry] | Absent = ABSENT
    """By field code, of a table's column `TABLE.COLUMN`."""
    formerly: int | Absent = ABSENT
    """The app that it goes to now, from which it is moved; no file says that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeChannelSpec:
    """A way to tell somebody beside mail, by name."""

    node: Node
    name: str
    kind: str | Absent = ABSENT
    url: Secret | Absent | None = ABSENT
    secret: Secret | Absent | None = ABSENT
    """Of a webhook the key (None takes it away), of Chatwork the token."""
    room: str | Absent = ABSENT
    kinds: tuple[str, ...] | Absent = ABSENT
    """Of alerts; none: all."""
    enabled: bool | Absent = ABSENT


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticesSpec:
    """How people are told about a connection, or about the tenant."""

    addresses: Mapping[str, tuple[str, ...] | None] | Absent = ABSENT
    """By kind of alert; None: to those of the others."""
    quiet: tuple[time, time] | Absent | None = ABSENT
    urgent_at_once: bool | Absent = ABSENT
    digest: str | Absent = ABSENT
    channels: tuple[NoticeChannelSpec, ...] | Absent = ABSENT


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionSpec:
    node: Node
    name: str
    subdomain: str | Absent = ABSENT
    domain: str | Absent = ABSENT
    auth: AuthSpec | Absent = ABSENT
    interval: str | Absent = ABSENT
    sync_user: str | Absent = ABSENT
    """E-mail; "" for nobody."""
    notify: tuple[str, ...] | Absent = ABSENT
    notices: NoticesSpec | Absent = ABSENT
    users: Mapping[str, str] | Absent = ABSENT
    """E-mail address of a member, in small letters → login name in kintone; "" for nobody."""
    mappings: tuple[MappingSpec, ...] | Absent = ABSENT
    new_name: str | Absent = ABSENT
    """What it is called from now on; no file says that."""
    without: tuple[tuple[RecordType, int], ...] = ()
    """Mappings, by type and app, that go; no file says that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceSpec:
    """The Hot Profile that data is pulled from."""

    node: Node
    host: str | Absent = ABSENT
    api_key: Secret | Absent | None = ABSENT
    enabled: bool | Absent = ABSENT
    notify: tuple[str, ...] | Absent = ABSENT
    notices: NoticesSpec | Absent = ABSENT


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsSpec:
    access_mode: AccessMode | Absent = ABSENT
    source: SourceSpec | Absent = ABSENT
    custom_items: Mapping[RecordType, tuple[CustomItemSpec, ...]] | Absent = ABSENT
    connections: tuple[ConnectionSpec, ...] | Absent = ABSENT
