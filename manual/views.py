"""The pages of the manual: its contents, its search, and each page."""

import hashlib
import re

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import get_conditional_response, patch_cache_control
from django.views.decorators.http import require_safe

from manual.pages import chapters, language, neighbours, page_of
from manual.searching import find

#: Tokens against forged requests: others in each answer, but each as good as the other.
_TOKEN = re.compile(rb"\b[A-Za-z0-9]{64}\b")


@require_safe
def contents(request: HttpRequest) -> HttpResponse:
    """The table of contents, or what was found."""
    words = request.GET.get("q", "").strip()[:200]
    hits = find(words, language())
    context = {"chapters": chapters(language()), "words": words, "hits": hits}
    return _kept(request, render(request, "manual/contents.html", context))


@require_safe
def page(request: HttpRequest, slug: str) -> HttpResponse:
    """One page.

    Raises:
        Http404: there is none of that name.
    """
    try:
        shown = page_of(slug, language())
    except KeyError as error:
        raise Http404(slug) from error
    before, after = neighbours(slug, language())
    context = {"page": shown, "before": before, "after": after, "chapters": chapters(language())}
    return _kept(request, render(request, "manual/page.html", context))


def _kept(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """The answer, which the browser keeps and asks about: 304 where it would be the same.

    A token of an older answer is good as long as the cookie is the same, which stands for it.
    """
    content = _TOKEN.sub(b"", response.content)
    secret = request.META.get("CSRF_COOKIE", "")
    etag = f'"{hashlib.sha256(content + secret.encode()).hexdigest()[:32]}"'
    response.headers["ETag"] = etag
    patch_cache_control(response, private=True, no_cache=True)
    kept = get_conditional_response(request, etag=etag, response=response)
    assert kept is not None
    return kept
