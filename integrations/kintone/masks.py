"""Takes our credentials out of what is kept of an exchange, wherever they turn up."""

import base64
import binascii
import html
import json
from collections.abc import Iterator, Mapping
from urllib.parse import quote

import orjson

MASK = "********"

#: A shorter secret would mask ordinary words; in headers it is masked all the same.
SHORTEST = 4


class Masks:
    """Knows the secrets of one login.

    Args:
        headers: Those that carry the credentials.
    """

    def __init__(self, headers: Mapping[str, str]) -> None:
        self.headers = {name: _masked(value) for name, value in headers.items()}
        """The same headers, without what is secret: how many tokens there are can be told."""
        secrets = {secret for value in headers.values() for secret in _secrets(value)}
        forms = {form for secret in secrets if len(secret) >= SHORTEST for form in _forms(secret)}
        # The longest first, so that no secret hides the rest of one that it begins.
        self._forms = sorted(forms, key=len, reverse=True)

    def mask(self, text: str) -> str:
        """The text without any of the secrets, should somebody have sent them back."""
        for form in self._forms:
            text = text.replace(form, MASK)
        return text

    def mask_bytes(self, body: bytes) -> bytes:
        """The same of a body as it came."""
        for form in self._forms:
            body = body.replace(form.encode(), MASK.encode())
        return body


def _masked(value: str) -> str:
    scheme, space, _ = value.rpartition(" ")
    return scheme + space + ",".join(MASK for _ in value.split(","))


def _secrets(value: str) -> Iterator[str]:
    """What is secret in the value of a header: tokens, a login in base64 and its password."""
    for secret in value.rpartition(" ")[2].split(","):
        yield secret
        try:
            login = base64.b64decode(secret, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            continue
        name, colon, password = login.partition(":")
        if colon and password:
            yield password
            yield f"{name}:{password}"


def _forms(secret: str) -> Iterator[str]:
    """The secret as it stands in text, JSON, HTML and an address."""
    yield secret
    yield orjson.dumps(secret).decode()[1:-1]
    yield json.dumps(secret)[1:-1]
    yield html.escape(secret)
    yield quote(secret, safe="")
