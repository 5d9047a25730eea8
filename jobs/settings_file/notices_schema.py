"""How people are told, as it may stand in a settings file."""

from collections.abc import Callable, Mapping, Sequence
from datetime import time

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from jobs.notices.checks import check_key, check_token, check_url
from jobs.notices.states import ChannelKind, Digest
from jobs.settings_file.document import Node, Reader
from jobs.settings_file.specs import ABSENT, Absent, NoticeChannelSpec, NoticesSpec, Secret

LONGEST_NAME = 64


class NoticesSchema:
    """Reads `notices:` with what the whole file's schema knows of secrets and addresses."""

    def __init__(
        self,
        reader: Reader,
        *,
        secret: Callable[[Node], Secret | None],
        emails: Callable[[Node], tuple[str, ...]],
    ) -> None:
        self._reader = reader
        self._secret = secret
        self._emails = emails

    def read(self, node: Node, *, kinds: Sequence[str]) -> NoticesSpec:
        """What the node says.

        Args:
            kinds: Of alerts that go by addresses and channels of their own; none where all are
                of one kind.
        """
        known = ["quiet", "urgent_at_once", "digest", "channels", *(["addresses"] if kinds else [])]
        fields = self._reader.fields(node, known=known)
        get = fields.get
        addresses = get("addresses") if kinds else None
        return NoticesSpec(
            addresses=self._addresses(addresses, kinds) if addresses else ABSENT,
            quiet=self._quiet(one) if (one := get("quiet")) else ABSENT,
            urgent_at_once=self._reader.flag(one) if (one := get("urgent_at_once")) else ABSENT,
            digest=self._reader.choice(one, Digest.values) if (one := get("digest")) else ABSENT,
            channels=self._channels(one, kinds) if (one := get("channels")) else ABSENT,
        )

    def _addresses(self, node: Node, kinds: Sequence[str]) -> Mapping[str, tuple[str, ...] | None]:
        if node.is_null:
            return {}
        fields = self._reader.fields(node, known=kinds)
        return {
            kind: None if value.is_null else self._emails(value)
            for kind, value in fields.items()
            if kind in kinds
        }

    def _quiet(self, node: Node) -> tuple[time, time] | None:
        if node.is_null:
            return None
        known = ("from", "until")
        fields = self._reader.fields(node, known=known, required=known)
        if set(fields) < set(known):
            return None
        begin, end = (self._time(fields[name]) for name in known)
        if begin == end:
            self._reader.refuse(fields["until"], _("開始とは別の時刻を書いてください。"))
        return begin, end

    def _time(self, node: Node) -> time:
        text = self._reader.text(node)
        hour, _colon, minute = text.partition(":")
        try:
            return time(int(hour), int(minute))
        except ValueError:
            self._reader.refuse(node, _("時刻を 22:00 の形で書いてください。"))
            return time()

    def _channels(self, node: Node, kinds: Sequence[str]) -> tuple[NoticeChannelSpec, ...]:
        specs = tuple(self._channel(item, kinds) for item in self._reader.items(node))
        seen: set[str] = set()
        for spec in specs:
            if spec.name in seen:
                message = _("「%(key)s」が2回書かれています。") % {"key": spec.name}
                self._reader.refuse(spec.node, message)
            seen.add(spec.name)
        return specs

    def _channel(self, node: Node, kinds: Sequence[str]) -> NoticeChannelSpec:
        reader = self._reader
        known = ["name", "type", "url", "secret", "token", "room", "enabled"]
        known += ["kinds"] if kinds else []
        fields = reader.fields(node, known=known, required=("name",))
        get = fields.get
        name = get("name")
        return NoticeChannelSpec(
            node=node,
            name=reader.text(name, max_length=LONGEST_NAME) if name else "",
            kind=reader.choice(one, ChannelKind.values) if (one := get("type")) else ABSENT,
            url=self._checked(one, check_url) if (one := get("url")) else ABSENT,
            secret=self._either_secret(get("secret"), get("token")),
            room=self._room(one) if (one := get("room")) else ABSENT,
            kinds=self._kinds(one, kinds) if kinds and (one := get("kinds")) else ABSENT,
            enabled=reader.flag(one) if (one := get("enabled")) else ABSENT,
        )

    def _either_secret(self, key: Node | None, token: Node | None) -> Secret | Absent | None:
        if token is not None:
            return self._checked(token, check_token)
        if key is None:
            return ABSENT
        return None if key.is_null else self._checked(key, check_key)

    def _checked(self, node: Node, check: Callable[[str], str]) -> Secret | None:
        secret = self._secret(node)
        if secret is None:
            return None
        try:
            return Secret(variable=secret.variable, value=check(secret.value))
        except ValidationError as error:
            self._reader.refuse(node, error.messages[0])
            return None

    def _room(self, node: Node) -> str:
        return str(self._reader.positive(node))

    def _kinds(self, node: Node, kinds: Sequence[str]) -> tuple[str, ...]:
        return tuple(self._reader.choice(item, kinds) for item in self._reader.items(node))
