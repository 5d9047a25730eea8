"""What a channel is: how a message becomes a request, and what its answer means."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from jobs.notices.message import Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One POST. All of it is secret: addresses and headers hold tokens."""

    url: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the other side said."""

    status: int
    text: str
    """At most some kilobytes of it."""


class Channel(Protocol):
    """One way to tell somebody; small, and knows nothing of how requests travel."""

    def request(self, message: Message) -> Request:
        """The message as this service wants it."""
        ...

    def took(self, answer: Answer, /) -> bool:
        """Whether a 2xx answer confirms it, whatever its status says."""
        ...


JSON = {"Content-Type": "application/json; charset=utf-8"}
