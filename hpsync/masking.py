"""Keeps secrets out of the logs, whoever writes them."""

import logging
import re
from collections.abc import Iterable

MASK = "********"

#: Shorter values would mask ordinary words.
SHORTEST_SECRET = 6

#: What looks like a secret wherever it stands; the first group is kept.
_PATTERNS = (
    # kintone's and HTTP's own headers, as a header line or as an entry of a printed dictionary.
    re.compile(
        r"((?:X-Cybozu-(?:Authorization|API-Token)|(?:Proxy-)?Authorization|(?:Set-)?Cookie)"
        r"['\"]?\s*[:=]\s*['\"]?)[^'\"\r\n}]+",
        re.IGNORECASE,
    ),
    # Our own API's tokens, wherever they stand.
    re.compile(r"(\bhps_)[\w-]{20,}"),
    # A login in an address.
    re.compile(r"(\w+://[^\s:/@]*:)[^\s/@]+(?=@)"),
    # password=…, "token": "…" and their like.
    re.compile(
        r"(\b\w*(?:password|passwd|secret|token|api_?key|credential_keys?)['\"]?\s*[:=]\s*['\"]?)"
        r"[^\s'\",;&)}\]]+",
        re.IGNORECASE,
    ),
)


class SecretFilter(logging.Filter):
    """Masks known secrets, and what looks like one, in message, arguments and traceback."""

    def __init__(self, *, secrets: Iterable[str] = ()) -> None:
        super().__init__()
        known = {secret for secret in secrets if len(secret) >= SHORTEST_SECRET}
        # The longest first, so that no secret hides the rest of one that it begins.
        self._known = sorted(known, key=len, reverse=True)

    def filter(self, record: logging.LogRecord) -> bool:
        """True: every record passes, masked."""
        record.msg = self.mask(record.getMessage())
        record.args = ()
        if record.exc_info:
            # Formatters take a text that is there already.
            record.exc_text = logging.Formatter().formatException(record.exc_info)
        if record.exc_text:
            record.exc_text = self.mask(record.exc_text)
        if record.stack_info:
            record.stack_info = self.mask(record.stack_info)
        return True

    def mask(self, text: str) -> str:
        """`text` with every secret in it replaced."""
        for secret in self._known:
            text = text.replace(secret, MASK)
        for pattern in _PATTERNS:
            text = pattern.sub(rf"\g<1>{MASK}", text)
        return text
