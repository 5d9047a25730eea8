"""How we prove to kintone who we are; nothing here shows a secret in a repr, a log or an error."""

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from integrations.kintone.errors import ConfigReason, KintoneConfigError

#: Source: "認証" of the REST API: tokens of one request.
MOST_TOKENS = 9

#: What can stand in a header between two commas.
_TOKEN = re.compile(r"[!-+\--~]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class BasicLogin:
    """The Basic authentication that a domain may have in front of everything else."""

    user: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientCertificate:
    """A certificate with its key: a PEM file, or a PFX file (PKCS #12)."""

    file: Path
    password: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """A login name with password, or API tokens; where both are given, the password is used.

    Raises:
        KintoneConfigError: neither is given, or what is given cannot be sent.

    Source: kintone-api.md §1.2. cli-kintone prefers the password too.
    """

    login: str = ""
    password: str = field(default="", repr=False)
    tokens: tuple[str, ...] = field(default=(), repr=False)
    """Of different apps: the app itself, and each one that its lookups read."""
    basic: BasicLogin | None = None
    certificate: ClientCertificate | None = None

    def __post_init__(self) -> None:
        if self.uses_password:
            return
        if not self.tokens:
            summary = "neither a login name with password nor an API token is given"
            raise KintoneConfigError(summary, reason=ConfigReason.LOGIN)
        if len(self.tokens) > MOST_TOKENS:
            summary = f"{len(self.tokens)} API tokens: kintone takes {MOST_TOKENS} at most"
            raise KintoneConfigError(summary, reason=ConfigReason.TOKEN)
        if not all(_TOKEN.fullmatch(token) for token in self.tokens):
            summary = "an API token has characters that no token has"
            raise KintoneConfigError(summary, reason=ConfigReason.TOKEN)

    @property
    def uses_password(self) -> bool:
        """Whether the login name and password are sent, not the tokens."""
        return bool(self.login and self.password)

    def headers(self) -> Mapping[str, str]:
        """The request headers that carry the credentials."""
        headers = {}
        if self.uses_password:
            headers["X-Cybozu-Authorization"] = _pair(self.login, self.password)
        else:
            headers["X-Cybozu-API-Token"] = ",".join(self.tokens)
        if self.basic:
            headers["Authorization"] = f"Basic {_pair(self.basic.user, self.basic.password)}"
        return headers


def _pair(name: str, password: str) -> str:
    return base64.b64encode(f"{name}:{password}".encode()).decode()
