"""Requests with an `Idempotency-Key`: done once, however often they are sent.

The key is claimed by a row that only one request can add. While that one works, others with the
key are told to wait; afterwards they get its answer. What failed is forgotten, so that the same key
may try again. A request whose process died is taken over once no request can be so long at work:
what it had written by then is found unchanged.
"""

import re
import zlib
from collections.abc import Callable
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from api.access import token_of
from api.models import IdempotentAnswer
from api.problems import ApiError
from common import clock

#: How long an answer is kept.
LIFE: Final = timedelta(hours=24)
#: No request is at work so long.
GIVEN_UP_AFTER: Final = timedelta(minutes=2)
_KEY: Final = re.compile(r"[\x21-\x7e]{1,255}")


def answered_once(
    request: HttpRequest, *, body_digest: bytes, work: Callable[[], HttpResponse]
) -> HttpResponse:
    """What `work` answers, or answered to the same request before; without a key just `work()`.

    Raises:
        ApiError: the key is none, was used for another request (422), or is being worked on (409).
    """
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return work()
    if not _KEY.fullmatch(key):
        raise ApiError(
            400,
            "idempotency-key-unreadable",
            title=_("Idempotency-Keyを読み取れません"),
            detail=_("空白を含まない、255文字以内の半角英数字と記号を指定してください。"),
        )
    claim = _claim(request, key, fingerprint=_fingerprint(request, body_digest))
    if claim.status is not None:
        return _repeated(claim)
    try:
        response = work()
    except BaseException:
        _forget(claim)
        raise
    _keep(claim, response)
    return response


def forget_old(*, now: datetime) -> int:
    """Remove the answers that are no longer given; how many."""
    removed, _of_type = IdempotentAnswer.objects.filter(begun_at__lt=now - LIFE).delete()
    return removed


def _claim(request: HttpRequest, key: str, *, fingerprint: str) -> IdempotentAnswer:
    """A row of our own, without status; or the one of a request that is done, with it."""
    now = clock.now()
    mine = IdempotentAnswer(token=token_of(request), key=key, fingerprint=fingerprint, begun_at=now)
    old = IdempotentAnswer.objects.filter(token=mine.token, key=key)
    for _attempt in range(2):
        try:
            with transaction.atomic():
                mine.save(force_insert=True)
        except IntegrityError:
            found = old.first()
        else:
            return mine
        if found is None or found.begun_at < now - LIFE:
            old.filter(begun_at__lt=now - LIFE).delete()
            mine.pk = None
            continue
        if found.fingerprint != fingerprint:
            raise _used_otherwise()
        if found.status is None and not _taken_over(found, now=now):
            break
        return found
    raise _at_work()


def _taken_over(found: IdempotentAnswer, *, now: datetime) -> bool:
    """Whether the request at work was given up, and is ours now."""
    if found.begun_at > now - GIVEN_UP_AFTER:
        return False
    same = IdempotentAnswer.objects.filter(pk=found.pk, status=None, begun_at=found.begun_at)
    found.begun_at = now
    return same.update(begun_at=now) == 1


def _keep(claim: IdempotentAnswer, response: HttpResponse) -> None:
    mine = IdempotentAnswer.objects.filter(pk=claim.pk, begun_at=claim.begun_at)
    mine.update(
        status=response.status_code,
        body=zlib.compress(response.content),
        location=response.headers.get("Location", ""),
    )


def _forget(claim: IdempotentAnswer) -> None:
    IdempotentAnswer.objects.filter(pk=claim.pk, begun_at=claim.begun_at).delete()


def _repeated(kept: IdempotentAnswer) -> HttpResponse:
    assert kept.status is not None
    headers = {"Idempotency-Replayed": "true"}
    if kept.location:
        headers["Location"] = kept.location
    body = zlib.decompress(kept.body)
    return HttpResponse(body, status=kept.status, content_type="application/json", headers=headers)


def _fingerprint(request: HttpRequest, body_digest: bytes) -> str:
    asked = f"{request.method} {request.get_full_path()}\n".encode(errors="replace")
    return sha256(asked + body_digest).hexdigest()


def _used_otherwise() -> ApiError:
    return ApiError(
        422,
        "idempotency-key-used",
        title=_("このIdempotency-Keyは使用済みです"),
        detail=_(
            "同じIdempotency-Keyで、内容の異なるリクエストを受け取っています。"
            "内容を変更したリクエストには、新しいIdempotency-Keyを使用してください。"
        ),
    )


def _at_work() -> ApiError:
    return ApiError(
        409,
        "idempotency-key-at-work",
        title=_("同じリクエストを処理中です"),
        detail=_(
            "同じIdempotency-Keyのリクエストを処理しています。少し待ってから送信してください。"
        ),
        headers={"Retry-After": "2"},
    )
