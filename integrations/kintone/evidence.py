"""What is kept of an exchange for one of its records: its own part of what went and what came.

A request carries up to 500 records. Of each one that was refused only its own JSON is kept, in the
frame in which it was sent, and of kintone's answer only what does not name another record: so a
record can be forgotten without a trace in what is kept of others.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self

import orjson

from integrations.kintone.exchange import Attempt, Call, Exchange
from integrations.kintone.values import JsonValue

#: Characters that are kept of a request, and of an answer.
MOST_CHARACTERS = 50_000

_ANOTHER = re.compile(r"records\[(\d+)\]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where one record stood in a request; all numbers from 1."""

    number: int
    records: int
    part: int = 1
    parts: int = 1
    """Of a bulkRequest; 1 for a request by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What went to kintone of one record, and what came back. Secrets are masked."""

    at: str
    """When the call first left, ISO 8601."""
    method: str
    url: str
    app: int | None
    headers: Mapping[str, str]
    request: str
    """JSON; "" for a call that carried no record."""
    request_length: int
    """In characters: more than are here where it was cut."""
    place: Place | None
    status: int
    """Of the last attempt; 0 where no answer came."""
    answer_headers: Mapping[str, str]
    answer: str
    answer_length: int
    others_left_out: int
    """What kintone said of so many other records of the request is not here."""
    attempts: Sequence[Mapping[str, Any]]
    """`Attempt` each, `at` in ISO 8601."""

    def as_json(self) -> dict[str, Any]:
        """For the database."""
        return asdict(self)

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """What `as_json` stored."""
        place = stored["place"]
        return cls(**{**stored, "place": Place(**place) if place else None})


def evidence_of(exchange: Exchange, *, part: int = 0, index: int = 0) -> Evidence:
    """What is kept for the record at `index` of the call's `part`, both counted from 0."""
    call = exchange.call
    place = _place(call, part=part, index=index)
    request = orjson.dumps(_own_part(call, part=part, index=index)).decode() if place else ""
    answer, left_out = _own_answer(exchange.answer, part=part, index=index)
    # PostgreSQL stores no NUL, in JSON neither.
    answer = answer.replace("\0", "\ufffd")
    return Evidence(
        at=exchange.attempts[0].at.isoformat(),
        method=call.method,
        url=exchange.url,
        app=call.app,
        headers=exchange.headers,
        request=request[:MOST_CHARACTERS],
        request_length=len(request),
        place=place,
        status=exchange.attempts[-1].status,
        answer_headers=exchange.answer_headers,
        answer=answer[:MOST_CHARACTERS],
        answer_length=len(answer),
        others_left_out=left_out,
        attempts=[_attempt(attempt) for attempt in exchange.attempts],
    )


def _place(call: Call, *, part: int, index: int) -> Place | None:
    if not call.parts:
        return None
    return Place(number=index + 1, records=call.parts[part], part=part + 1, parts=len(call.parts))


def _own_part(call: Call, *, part: int, index: int) -> Mapping[str, JsonValue]:
    """The call's body with this record alone."""
    body: Mapping[str, Any] = call.body or {}
    if "requests" not in body:
        return {**body, "records": [body["records"][index]]}
    request = body["requests"][part]
    payload = {**request["payload"], "records": [request["payload"]["records"][index]]}
    return {**body, "requests": [{**request, "payload": payload}]}


def _own_answer(text: str, *, part: int, index: int) -> tuple[str, int]:
    """The answer without what it says of other records, and of how many it says something.

    Where it says nothing of others it is as it came, byte for byte.
    """
    try:
        body = orjson.loads(text)
    except orjson.JSONDecodeError:
        return text, 0
    results = body.get("results") if isinstance(body, dict) else None
    refusal = body
    if isinstance(results, list) and part < len(results):
        refusal = results[part]
    errors = refusal.get("errors") if isinstance(refusal, dict) else None
    if not isinstance(errors, dict):
        return text, 0
    others = {
        key: place[1] for key in errors if (place := _ANOTHER.match(key)) and int(place[1]) != index
    }
    if not others:
        return text, 0
    refusal["errors"] = {key: said for key, said in errors.items() if key not in others}
    return orjson.dumps(body).decode(), len(set(others.values()))


def _attempt(attempt: Attempt) -> dict[str, Any]:
    return {**asdict(attempt), "at": attempt.at.isoformat()}
