"""A request as it came in and an answer as it goes out."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit


class ConnectionCut(Exception):  # noqa: N818 — an event that was asked for
    """Close the connection without an answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """An HTTP request; header names in lower case, repeated headers joined by commas."""

    method: str
    target: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    loopback: bool = True
    """Whether it came from this machine."""

    @property
    def path(self) -> str:
        """The path without the query string."""
        return urlsplit(self.target).path

    @property
    def query(self) -> str:
        """The query string."""
        return urlsplit(self.target).query


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An HTTP answer."""

    status: int
    body: bytes
    content_type: str
    headers: Mapping[str, str] = field(default_factory=dict)


def json_answer(
    value: Any, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> Answer:
    """`value` as JSON, Japanese as it is."""
    body = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    return Answer(
        status=status,
        body=body,
        content_type="application/json;charset=utf-8",
        headers=headers or {},
    )


def html_answer(page: str, *, status: int = 200) -> Answer:
    """A page."""
    return Answer(status=status, body=page.encode(), content_type="text/html;charset=utf-8")


def text_answer(text: str, *, status: int) -> Answer:
    """Plain text, as gateways in front of kintone answer."""
    return Answer(status=status, body=text.encode(), content_type="text/plain;charset=utf-8")
