"""Reading what is sent: no more of it than is borne, in the form that was asked for."""

import json
from collections.abc import Iterator
from typing import Any, Final, NoReturn

from django.http import HttpRequest
from django.utils.translation import gettext as _

from api.problems import ApiError

#: A thousand records with every item filled are some five megabytes.
MEGABYTES: Final = 10
_MEGABYTE: Final = 1024 * 1024
_BLOCK: Final = 64 * 1024


def read_json(request: HttpRequest) -> tuple[Any, bytes]:
    """The value, and the bytes that it was read of. Numbers come as the text that was written.

    A number is kept digit by digit that way, and one with a million of them costs nothing.

    Raises:
        ApiError: it is no JSON (400, 415), or too large (413).
    """
    if request.content_type != "application/json":
        raise ApiError(
            415,
            "not-json",
            title=_("この形式は受け取れません"),
            detail=_("JSONを、Content-Type: application/jsonで送信してください。"),
        )
    body = b"".join(blocks(request, megabytes=MEGABYTES))
    try:
        value = json.loads(body, parse_float=str, parse_int=str, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise ApiError(
            400,
            "not-readable",
            title=_("リクエストを読み取れません"),
            detail=_("JSONとして読み取れません：%(reason)s") % {"reason": _where(error)},
        ) from error
    return value, body


def blocks(request: HttpRequest, *, megabytes: int, beside: int = 0) -> Iterator[bytes]:
    """The body, block by block; nothing is read of one that is too large.

    Args:
        beside: Bytes that are allowed beside: names and borders of a form.

    Raises:
        ApiError: it is too large (413), does not say how long it is (411), or was cut off (400).
    """
    length = _length(request)
    if length > megabytes * _MEGABYTE + beside:
        raise ApiError(
            413,
            "too-large",
            title=_("リクエストが大きすぎます"),
            detail=_("%(limit)sMB以内になるように分割して送信してください。")
            % {"limit": megabytes},
        )
    read = 0
    while block := request.read(_BLOCK):
        read += len(block)
        yield block
    if read < length:
        # The connection broke. Half a file looks like a whole one whose last value is shorter.
        raise ApiError(
            400,
            "incomplete",
            title=_("リクエストが途中で切れています"),
            detail=_("もう一度送信してください。"),
        )


def _length(request: HttpRequest) -> int:
    if "CONTENT_LENGTH" not in request.META and "Transfer-Encoding" in request.headers:
        raise ApiError(
            411,
            "length-required",
            title=_("リクエストの長さがわかりません"),
            detail=_("Content-Lengthヘッダーを付けて送信してください。"),
        )
    # What is no number reads as nothing, by Django and by us.
    length = request.META.get("CONTENT_LENGTH") or "0"
    return int(length) if length.isdecimal() else 0


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _where(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return _("%(line)s行%(column)s文字目") % {"line": error.lineno, "column": error.colno}
    if isinstance(error, UnicodeDecodeError):
        return _("文字コードがUTF-8ではありません。")
    return _("値が大きすぎるか、入れ子が深すぎます。")
