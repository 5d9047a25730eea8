"""The keeper of `/api/`: who may do what there, decided before a view is looked up.

Only a token opens it. Who is signed in on screen gets the document that describes it, no more: a
browser's session must not write customer data because some page asked it to.
"""

from datetime import datetime
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.urls import ResolverMatch
from django.utils.translation import gettext as _

from api import problems, rates, tokens
from api.models import ApiToken
from api.problems import ApiError
from api.tokens import Standing
from common import clock

ROOT: Final = "/api/"
#: The one page among it: for people, behind the gate that all pages have.
DOCS_ROUTE: Final = "api-docs"
DOCS: Final = "/api/v1/docs"
DOCUMENT_ROUTE: Final = "api-document"

_READING: Final = frozenset({"GET", "HEAD", "OPTIONS"})


def is_for_programs(request: HttpRequest) -> bool:
    """Whether this is a request to the API, not to a page."""
    return request.path_info.startswith(ROOT) and request.path_info != DOCS


def refusal(request: HttpRequest, match: ResolverMatch | None) -> HttpResponse | None:
    """Why a request to the API ends here; None lets it pass, its token at `token_of`."""
    now = clock.now()
    try:
        token = _valid_token(request, now=now)
        _refuse_too_many(token, now=now)
        tokens.note_use(token, now=now)
        _refuse_out_of_scope(request, match, token)
        _refuse_other_forms(request, match)
    except ApiError as error:
        return problems.answer(error)
    request.api_token = token  # type: ignore[attr-defined]
    return None


def token_of(request: HttpRequest) -> ApiToken:
    """The token of a request that was let in."""
    token: ApiToken = request.api_token  # type: ignore[attr-defined]
    return token


def _valid_token(request: HttpRequest, *, now: datetime) -> ApiToken:
    scheme, _blank, secret = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not secret.strip():
        raise _unauthorized(
            "token-missing",
            _("Authorizationヘッダーに「Bearer トークン」の形でAPIトークンを指定してください。"),
        )
    token = tokens.find(secret.strip())
    if token is None or tokens.standing_of(token, now=now) is Standing.REVOKED:
        raise _unauthorized(
            "token-unknown",
            _("このAPIトークンはありません。hpsyncの画面［APIトークン］で追加してください。"),
        )
    if tokens.standing_of(token, now=now) is Standing.EXPIRED:
        raise _unauthorized(
            "token-expired",
            _("このAPIトークンは期限切れです。hpsyncの画面［APIトークン］で追加してください。"),
        )
    return token


def _unauthorized(code: str, detail: str) -> ApiError:
    return ApiError(
        401,
        code,
        title=_("APIトークンを確認できません"),
        detail=detail,
        headers={"WWW-Authenticate": 'Bearer realm="hpsync"'},
    )


def _refuse_too_many(token: ApiToken, *, now: datetime) -> None:
    wait = rates.seconds_to_wait(token, now=now)
    if wait:
        raise ApiError(
            429,
            "too-many-requests",
            title=_("リクエストが多すぎます"),
            detail=_("%(seconds)s秒待ってから、もう一度送信してください。") % {"seconds": wait},
            headers={"Retry-After": str(wait)},
        )


def _refuse_out_of_scope(
    request: HttpRequest, match: ResolverMatch | None, token: ApiToken
) -> None:
    if request.method not in _READING and token.scope != ApiToken.Scope.WRITE:
        detail = _(
            "このAPIトークンは読み取り専用です。書き込みできるAPIトークンを使用してください。"
        )
        raise _forbidden(detail)
    record_type = match.kwargs.get("record_type") if match else None
    if record_type is not None and record_type not in token.record_types:
        raise _forbidden(_("このAPIトークンは、この対象データには使用できません。"))


def _forbidden(detail: str) -> ApiError:
    return ApiError(403, "out-of-scope", title=_("権限がありません"), detail=detail)


def _refuse_other_forms(request: HttpRequest, match: ResolverMatch | None) -> None:
    """We speak JSON, and CSV where a file is fetched."""
    form = "text/csv" if match and match.url_name == "import-refused" else "application/json"
    if not request.accepts(form):
        raise ApiError(
            406,
            "not-acceptable",
            title=_("この形式では応答できません"),
            detail=_("Acceptヘッダーに%(form)sを指定してください。") % {"form": form},
        )
