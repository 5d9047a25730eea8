"""One request to kintone and what came of it, as values between client, transport and answers."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from integrations.kintone.errors import KintoneError
from integrations.kintone.values import JsonValue


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What is asked of kintone; `str()` names it without any value of a record."""

    method: str
    path: str
    app: int | None
    """The app that kintone counts this call against; None: it counts it against none."""
    query: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, JsonValue] | None = None
    records: int = 0
    """How many records the call carries: refusals name them by index."""
    key_field: str = ""

    @property
    def writes(self) -> bool:
        """Whether it may change records."""
        return self.method != "GET"

    def __str__(self) -> str:
        return f"{self.method} {self.path} app={self.app}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer that came in whole."""

    status: int
    body: bytes
    asks_for_basic: bool = False
    """Whether it has the header `WWW-Authenticate: Basic`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """An exchange that did not do what was asked: what to raise, and whether to try again first."""

    error: KintoneError
    retry: bool = False
