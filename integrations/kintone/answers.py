"""From status and body to the answer asked for, or to the error that says what to do."""

import re
from collections.abc import Mapping

import orjson

from integrations.kintone.actions import (
    ACTION_BY_CODE,
    ACTION_BY_PAGE,
    ACTION_BY_STATUS,
    TOO_MUCH_AT_ONCE,
    Action,
    Verdict,
)
from integrations.kintone.errors import (
    ConfigReason,
    FieldRefusal,
    KintoneConfigError,
    KintoneError,
    KintoneProtocolError,
    KintoneRejection,
    KintoneTransientError,
)
from integrations.kintone.exchange import Answer, Call, Failure
from integrations.kintone.refusals import parse_refusals

_BLOCKED = re.compile(r"IP\s*アドレス|IP[\s-]*address", re.IGNORECASE)
_NO_CERTIFICATE = re.compile(r"no (required ssl )?cert", re.IGNORECASE)

#: How much of a page is searched for words.
_PAGE_LENGTH = 20_000


def read_answer(answer: Answer, *, call: Call) -> Mapping[str, object] | Failure:
    """kintone's JSON object, or the failure that this answer is."""
    body = _json_object(answer.body)
    if body is not None and 200 <= answer.status < 300:
        return body
    refusal, part = _refusal_in(body)
    if refusal is None:
        return _page(answer, call=call)
    return _refused(refusal, part=part, status=answer.status, call=call)


def _json_object(content: bytes) -> Mapping[str, object] | None:
    try:
        body = orjson.loads(content)
    except orjson.JSONDecodeError:
        return None
    return body if isinstance(body, dict) else None


def _refusal_in(
    body: Mapping[str, object] | None,
) -> tuple[Mapping[str, object] | None, int | None]:
    """The error object in an answer: on top, or in one slot of a bulkRequest's results; and which.

    kintone names the first request that failed, and undoes all of them (kintone-api.md §2.2).
    """
    results = (body or {}).get("results")
    slots = enumerate(results) if isinstance(results, list) else ()
    for part, candidate in ((None, body), *slots):
        if isinstance(candidate, dict) and isinstance(candidate.get("code"), str):
            return candidate, part
    return None, None


def _refused(
    refusal: Mapping[str, object], *, part: int | None, status: int, call: Call
) -> Failure:
    """What kintone's own refusal means. It was refused, so nothing was written."""
    code = str(refusal["code"])
    known = code in ACTION_BY_CODE
    verdict = ACTION_BY_CODE.get(code) or ACTION_BY_STATUS.get(status) or Action.REJECT
    problems: dict[int, tuple[FieldRefusal, ...]] = {}
    errors = refusal.get("errors")
    if isinstance(errors, dict) and errors and verdict is Action.REJECT:
        records = call.parts[part or 0] if call.parts else 0
        problems = parse_refusals(errors, records=records, key_field=call.key_field)
        # All that kintone minds is about the request itself: its size, its app, its query.
        verdict = verdict if problems else Action.BUG
    return _failure(
        verdict,
        call=call,
        status=status,
        code=code,
        error_id=str(refusal.get("id") or ""),
        message=str(refusal.get("message") or ""),
        problems=problems,
        known=known,
        part=part,
    )


def _page(answer: Answer, *, call: Call) -> Failure:
    """What an answer means that is not kintone's: a page of its gateway, or of a stranger."""
    status = answer.status
    text = answer.body[:_PAGE_LENGTH].decode(errors="replace")
    verdict: Verdict
    if status < 500 and not answer.asks_for_basic and _BLOCKED.search(text):
        verdict = ConfigReason.IP_ADDRESS
    elif status == 400 and _NO_CERTIFICATE.search(text):
        verdict = ConfigReason.CERTIFICATE
    elif status >= 500 or 300 <= status < 400:
        verdict = Action.RETRY
    else:
        verdict = ACTION_BY_PAGE.get(status, Action.BUG)
    # A gateway that gives up, or an answer that we cannot read, says nothing about the request;
    # 503 says that it was not taken on (RFC 9110 §15.6.4).
    unclear = status < 300 or status == 408 or (status >= 500 and status != 503)
    return _failure(
        verdict, call=call, status=status, known=False, may_have_written=unclear and call.writes
    )


def _failure(
    verdict: Verdict,
    *,
    call: Call,
    status: int,
    code: str = "",
    error_id: str = "",
    message: str = "",
    problems: Mapping[int, tuple[FieldRefusal, ...]] | None = None,
    known: bool,
    may_have_written: bool = False,
    part: int | None = None,
) -> Failure:
    summary = f"{call}: {status} {code or 'not JSON of kintone'} {error_id}".rstrip()
    answer: dict[str, object] = {
        "status": status,
        "code": code,
        "error_id": error_id,
        "message": message,
        "may_have_written": may_have_written,
        "part": part,
    }
    error: KintoneError
    if isinstance(verdict, ConfigReason):
        error = KintoneConfigError(summary, reason=verdict, **answer)
    elif verdict in (Action.RETRY, Action.LATER):
        error = KintoneTransientError(summary, **answer)  # type: ignore[arg-type]  # as named
    elif verdict is Action.BUG or not call.parts:
        # A call that carries no records has none that could be refused.
        error = KintoneProtocolError(summary, **answer)  # type: ignore[arg-type]  # as named
    else:
        error = KintoneRejection(summary, problems=problems, known=known, **answer)
    return Failure(
        error=error,
        retry=verdict in (Action.RETRY, Action.RETRY_THEN_REJECT),
        too_much=status == 429 or code in TOO_MUCH_AT_ONCE,
    )
