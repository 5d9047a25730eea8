"""One request to kintone and what came of it, as values between client, transport and answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

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
    parts: Sequence[int] = ()
    """How many records the call carries, in each request of a bulkRequest: refusals name them by
    index. One number for a call by itself."""
    key_field: str = ""

    @property
    def counted(self) -> int:
        """As how many requests kintone counts it: a bulkRequest as those inside it (§2.2)."""
        return max(len(self.parts), 1)

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
    running: int = 0
    """Calls that kintone says are under way in the domain; 0 if it does not say."""
    asks_for_basic: bool = False
    """Whether it has the header `WWW-Authenticate: Basic`."""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """An exchange that did not do what was asked: what to raise, and whether to try again first."""

    error: KintoneError
    retry: bool = False
    too_much: bool = False
    """Whether kintone says that more is asked of it at once than it can bear."""
    lost: str = ""
    """Why no answer came, in names of exceptions; "" where one came."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One time that a call left, in vain."""

    at: datetime
    seconds: float
    status: int = 0
    """0 where no answer came."""
    code: str = ""
    lost: str = ""
    """As in `Failure`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """A call that was refused or not answered, as it went and as it came; secrets are masked.

    Its repr holds no record's values, as logs and error reporters may show it.
    """

    call: Call = field(repr=False)
    url: str
    headers: Mapping[str, str]
    attempts: Sequence[Attempt]
    """In their order; at least one."""
    answer: str = field(default="", repr=False)
    """The body of the last answer that came, no more than its beginning where it is very long."""
    answer_headers: Mapping[str, str] = field(default_factory=dict, repr=False)
