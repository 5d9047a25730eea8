"""The gate: every route is for administrators, but for the few that are written here."""

from collections.abc import Callable
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.urls import Resolver404, ResolverMatch, resolve
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails

from api.access import DOCUMENT_ROUTE, is_for_programs, refusal

#: Route names that strangers may see. Static files are served before the gate and have no route.
OPEN_ROUTES = (
    *("sign-in", "sign-in-code", "sign-out"),
    *("language", "health-live", "health-ready"),
    "metrics",  # for who has its token
)


class AdministratorsOnlyMiddleware:
    """Refuses everybody but administrators, before a view is even looked up.

    Strangers are led to the sign-in page and back afterwards, also from a path that leads nowhere:
    what exists is no business of theirs. Ordinary accounts get a refusal. What is under `/api/` is
    for programs, and opened by a token alone (`api.access`).
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """The page, for those who may see it."""
        match = _match(request)
        if is_for_programs(request):
            return self._for_programs(request, match)
        if _is_open(match) or is_administrator(request):
            return self.get_response(request)
        if request.user.is_authenticated:
            return render(request, "403.html", status=403)
        return _to_sign_in(request)

    def _for_programs(self, request: HttpRequest, match: ResolverMatch | None) -> HttpResponse:
        """The API is for those who have a token; its document also for who is signed in here."""
        document = match is not None and match.view_name == DOCUMENT_ROUTE
        if document and is_administrator(request):
            return self.get_response(request)
        return refusal(request, match) or self.get_response(request)


def is_administrator(request: HttpRequest) -> bool:
    """Whether whoever asks may see the product."""
    account = request.user
    return not isinstance(account, AnonymousUser) and account.is_administrator


def _match(request: HttpRequest) -> ResolverMatch | None:
    """What the path leads to, if anything."""
    try:
        return resolve(request.path_info)
    except Resolver404:
        return None


def _is_open(match: ResolverMatch | None) -> bool:
    return match is not None and match.view_name in OPEN_ROUTES


def _to_sign_in(request: HttpRequest) -> HttpResponse:
    """To the sign-in page; a fragment's request takes the whole window there."""
    _say_that_it_ended(request)
    htmx = HtmxDetails(request)
    if htmx:
        return HttpResponseClientRedirect(_sign_in_url(htmx.current_url_abs_path))
    # A form that was sent cannot be sent again by a redirect: start where it stood, at the top.
    return redirect(_sign_in_url(request.get_full_path() if request.method == "GET" else None))


def _say_that_it_ended(request: HttpRequest) -> None:
    """Whoever comes with the key of a session that is no more was signed in until now."""
    if request.COOKIES.get(settings.SESSION_COOKIE_NAME) and request.session.is_empty():
        text = _(
            "サインインの有効期限が切れたか、サインアウトされました。"
            "もう一度サインインしてください。"
        )
        messages.info(request, text)


def _sign_in_url(back: str | None) -> str:
    page = resolve_url("sign-in")
    return f"{page}?{urlencode({'next': back})}" if back and back != "/" else page
