"""Any program that takes JSON, signed if it has a key.

Source: standardwebhooks.com, specification 1.0.0: `type`, `timestamp` and `data`; the headers
`webhook-id`, `webhook-timestamp` and `webhook-signature`; HMAC-SHA256 over "ID.TIMESTAMP.BODY" with
the key behind `whsec_`, in base64.
"""

import base64
import binascii
import hashlib
import hmac
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import orjson

from jobs.notices.channels.base import JSON, Answer, Request
from jobs.notices.message import Message

PREFIX = "whsec_"
#: Bytes of a key. Source: the specification, "Signature scheme".
SHORTEST_KEY, LONGEST_KEY = 24, 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """Posts the notices by their parts, and the whole text."""

    url: str = field(repr=False)
    secret: str = field(default="", repr=False)
    """`whsec_…`; "" for no signature."""
    now: Callable[[], float] = time.time

    def request(self, message: Message) -> Request:
        """The request with its identity, and its signature where there is a key."""
        data = {"title": message.title, "text": message.text, "notices": list(message.notices)}
        body = orjson.dumps({"type": message.event, "timestamp": message.at, "data": data})
        stamp = str(int(self.now()))
        headers = {**JSON, "webhook-id": message.id, "webhook-timestamp": stamp}
        if self.secret:
            headers["webhook-signature"] = signature(
                self.secret, message_id=message.id, stamp=stamp, body=body
            )
        return Request(url=self.url, headers=headers, body=body)

    def took(self, _answer: Answer, /) -> bool:
        """Always: a program that says 2xx has it."""
        return True


def signature(secret: str, *, message_id: str, stamp: str, body: bytes) -> str:
    """`v1,…`, by which the receiver knows that it is from us and unchanged.

    Raises:
        ValueError: the key is none (`key_of`).
    """
    signed = b".".join((message_id.encode(), stamp.encode(), body))
    digest = hmac.new(key_of(secret), signed, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"


def key_of(secret: str) -> bytes:
    """The key in `whsec_…`.

    Raises:
        ValueError: it does not begin so, is no base64, too short or too long.
    """
    if not secret.startswith(PREFIX):
        raise ValueError
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error as error:
        raise ValueError from error
    if not SHORTEST_KEY <= len(key) <= LONGEST_KEY:
        raise ValueError
    return key
