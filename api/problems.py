"""What went wrong, as every error under `/api/` says it: RFC 9457, application/problem+json."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

import orjson
from django.http import HttpResponse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

MEDIA_TYPE: Final = "application/problem+json"
_TYPE: Final = "urn:hpsync:problem:"


class ApiError(Exception):
    """The request ends here; what is said about it is in the reader's language."""

    def __init__(
        self,
        status: int,
        code: str,
        *,
        title: str,
        detail: str,
        errors: Sequence[Mapping[str, str]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """`code` tells programs what happened; `errors` say where: {pointer, detail}."""
        super().__init__(title)
        self.status = status
        self.code = code
        self.title = title
        self.detail = detail
        self.errors = errors
        self.headers = headers or {}


def answer(error: ApiError) -> HttpResponse:
    """The error as a response."""
    body: dict[str, Any] = {
        "type": f"{_TYPE}{error.code}",
        "title": error.title,
        "status": error.status,
        "detail": error.detail,
    }
    if error.errors:
        body["errors"] = error.errors
    return HttpResponse(
        orjson.dumps(body),
        status=error.status,
        content_type=MEDIA_TYPE,
        headers=dict(error.headers),
    )


def instead_of(response: Any) -> HttpResponse:
    """The problem that says what `response`, made by Django or a library, says in another form."""
    status: int = response.status_code
    title, detail = _WORDS.get(status) or _WORDS[500 if status >= 500 else 400]
    kept = {name: response[name] for name in ("Allow", "Retry-After") if name in response}
    code = HTTPStatus(status).phrase.lower().replace(" ", "-")
    return answer(ApiError(status, code, title=str(title), detail=str(detail), headers=kept))


_WORDS: Final[Mapping[int, tuple[Promise, Promise]]] = {
    400: (
        _("リクエストを読み取れません"),
        _("形式が正しくありません。APIの説明（/api/v1/docs）のとおりに送信してください。"),
    ),
    404: (
        _("見つかりません"),
        _("このアドレスには何もありません。APIの説明（/api/v1/docs）を確認してください。"),
    ),
    405: (
        _("このメソッドは使用できません"),
        _("使用できるメソッドは、応答のAllowヘッダーにあります。"),
    ),
    413: (
        _("リクエストが大きすぎます"),
        _("分割して送信してください。"),
    ),
    500: (
        _("hpsyncで問題が起きました"),
        _(
            "時間をおいて、同じリクエストをもう一度送信してください。"
            "続く場合は、hpsyncのログを確認してください。"
        ),
    ),
}
