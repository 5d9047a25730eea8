"""From status and body to a page of records, or to the error that says what to do."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

import orjson

from integrations.hotprofile.errors import (
    ConfigReason,
    HotProfileConfigError,
    HotProfileError,
    HotProfileProtocolError,
    HotProfileTransientError,
)
from integrations.hotprofile.values import Listing, Page

_BLOCKED = re.compile(r"IP\s*アドレス|IP[\s-]*address", re.IGNORECASE)

#: Statuses that say something about the account or the address, and not about the moment.
#: Of a redirect only the sign-in page of another service could come.
_CONFIGURATION: Mapping[int, ConfigReason] = {
    401: ConfigReason.KEY,
    403: ConfigReason.KEY,
    404: ConfigReason.HOST,
    405: ConfigReason.HOST,
    410: ConfigReason.HOST,
    **dict.fromkeys((301, 302, 303, 307, 308), ConfigReason.HOST),
}
_LATER = frozenset({408, 425, 429})

#: Where an answer that is no list may say why not.
_WORDS = ("message", "error_message", "error", "errors")

#: How much of a page is searched for words.
_PAGE_LENGTH = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer that came in whole."""

    status: int
    body: bytes
    date: str = ""
    """Its header `Date`."""


def read_page(answer: Answer, *, listing: Listing, from_id: int, ordered: bool = True) -> Page:
    """The page that the answer is.

    Args:
        ordered: Whether records must come by rising ids from `from_id` on. Who goes on from the
            last id of a page would silently lose what a server without that order sends.

    Raises:
        HotProfileError: it is none. Of a kind that may pass (`HotProfileTransientError`) are also
            answers of 200 that are cut off or are no JSON: gateways give them.
    """
    if not 200 <= answer.status < 300:
        raise _refusal(answer, listing=listing)
    body = _json(answer.body)
    if body is None:
        summary = f"{listing}: {answer.status}, not JSON ({len(answer.body)} bytes)"
        raise HotProfileTransientError(summary, status=answer.status)
    records = body.get(listing.value)
    if not isinstance(records, list):
        raise _no_list(body, answer=answer, listing=listing)
    ids = [number for number in map(_id_of, records) if number is not None]
    if len(ids) < len(records):
        raise HotProfileProtocolError(f"{listing}: a record without id", status=answer.status)
    if ordered and ids != sorted({number for number in ids if number >= from_id}):
        raise HotProfileProtocolError(f"{listing}: not in the order of the ids from {from_id} on")
    remaining = _remaining(body, listing=listing, from_id=from_id)
    if remaining > 0 and not ids:
        raise HotProfileProtocolError(f"{listing}: {remaining} announced from {from_id} on, none")
    return Page(
        records=tuple({**record, "id": one} for record, one in zip(records, ids, strict=True)),
        remaining=remaining,
        at=_moment(answer.date),
    )


def _json(content: bytes) -> Mapping[str, Any] | None:
    try:
        body = orjson.loads(content)
    except orjson.JSONDecodeError:
        return None
    if b"\\u0000" in content:
        # Nobody can see it, and PostgreSQL cannot keep it.
        body = _without_nul(body)
    return body if isinstance(body, dict) else None


def _without_nul(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("\0", "")
    if isinstance(value, list):
        return [_without_nul(one) for one in value]
    if isinstance(value, dict):
        return {key: _without_nul(one) for key, one in value.items()}
    return value


def _id_of(record: object) -> int | None:
    number = record.get("id") if isinstance(record, dict) else None
    if isinstance(number, str) and number.isdecimal():
        number = int(number)
    if isinstance(number, bool) or not isinstance(number, int):
        return None
    return number if number > 0 else None


def _remaining(body: Mapping[str, Any], *, listing: Listing, from_id: int) -> int:
    pages = body.get("pages")
    total = pages.get("total_count") if isinstance(pages, dict) else None
    if isinstance(total, str) and total.isdecimal():
        total = int(total)
    if isinstance(total, bool) or not isinstance(total, int) or total < 0:
        raise HotProfileProtocolError(f"{listing}: no pages.total_count from {from_id} on")
    return total


def _moment(date: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(date)
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def _refusal(answer: Answer, *, listing: Listing) -> HotProfileError:
    """What a status other than 2xx means."""
    body = _json(answer.body)
    summary = f"{listing}: {answer.status}"
    message = _words_in(body)
    if answer.status >= 500 or answer.status in _LATER:
        return HotProfileTransientError(summary, status=answer.status, message=message)
    reason = _CONFIGURATION.get(answer.status)
    text = answer.body[:_PAGE_LENGTH].decode(errors="replace")
    if answer.status in (401, 403) and _BLOCKED.search(text):
        reason = ConfigReason.IP_ADDRESS
    if reason is None:
        return HotProfileProtocolError(summary, status=answer.status, message=message)
    return HotProfileConfigError(summary, reason=reason, status=answer.status, message=message)


def _no_list(
    body: Mapping[str, Any], *, answer: Answer, listing: Listing
) -> HotProfileProtocolError | HotProfileConfigError:
    """An answer of 200 that is JSON and no list: where it speaks of the key, the key is wrong."""
    message = _words_in(body)
    summary = f"{listing}: {answer.status}, no list of that name"
    if re.search(r"api[_ ]?key|apiキー", message, re.IGNORECASE):
        return HotProfileConfigError(
            summary, reason=ConfigReason.KEY, status=answer.status, message=message
        )
    return HotProfileProtocolError(summary, status=answer.status, message=message)


def _words_in(body: Mapping[str, Any] | None) -> str:
    found = [str(body[name]) for name in _WORDS if (body or {}).get(name)] if body else []
    return found[0][:500] if found else ""
