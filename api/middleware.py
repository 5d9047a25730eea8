"""What all answers under `/api/` have in common: the caller's language, and the form of errors."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.translation.trans_real import parse_accept_lang_header

from api import problems
from api.access import is_for_programs


class ApiMiddleware:
    """Answers in a language of `Accept-Language`, else in the operator's; every error is a problem.

    Stands outside of everything that may refuse or fail.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """The answer; pages are not touched."""
        if not is_for_programs(request):
            return self.get_response(request)
        with translation.override(_language(request)):
            response = self.get_response(request)
            if response.status_code >= 400 and response["Content-Type"] != problems.MEDIA_TYPE:
                response = problems.instead_of(response)
            response.headers["Content-Language"] = translation.get_language() or ""
        response.headers["Cache-Control"] = "no-store"
        patch_vary_headers(response, ("Accept-Language", "Authorization"))
        return response


def _language(request: HttpRequest) -> str:
    """The first of ours that the caller reads."""
    ours = dict(settings.LANGUAGES)
    for wanted, _quality in parse_accept_lang_header(request.headers.get("Accept-Language", "")):
        language = wanted.split("-")[0]
        if language in ours:
            return language
    return str(settings.LANGUAGE_CODE)
