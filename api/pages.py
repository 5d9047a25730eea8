"""Pages for the tokens of the API."""

from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from api import tokens
from api.forms import TokenForm
from api.models import ApiToken
from api.tokens import Standing
from common import clock
from common.types import RecordType
from common.wording import listed
from crm.labels import record_type_label
from crm.models import Account
from crm.pages.answers import get_or_post, show_form


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One token as the pages show it."""

    token: ApiToken
    standing: Standing

    @property
    def is_valid(self) -> bool:
        """Whether it opens anything now."""
        return self.standing is Standing.VALID

    @property
    def record_types(self) -> str:
        """What it may touch, in words."""
        return listed(record_type_label(RecordType(name)) for name in self.token.record_types)


@require_safe
def token_list(request: HttpRequest) -> HttpResponse:
    """Every token, also those that open nothing any more."""
    lines = [_line(token) for token in ApiToken.objects.all()]
    return render(request, "api/tokens.html", {"lines": lines})


@never_cache
@get_or_post
def add_token(request: HttpRequest) -> HttpResponse:
    """A form for a new token; then the token, once."""
    form = TokenForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return show_form(request, "api/token_add.html", form)
    account = request.user
    assert isinstance(account, Account)  # the gate lets nobody else in
    token, secret = tokens.make(**form.values(), account=account, now=clock.now())
    # No redirect: the secret would have to be kept somewhere until the next page.
    context = {
        "line": _line(token),
        "secret": secret,
        "root": request.build_absolute_uri("/api/v1/"),
        "first_type": token.record_types[0],
    }
    return render(request, "api/token_added.html", context)


@get_or_post
def revoke_token(request: HttpRequest, pk: int) -> HttpResponse:
    """What a token may do and when it was used; a button that revokes it for good."""
    token = get_object_or_404(ApiToken.objects.select_related("created_by"), pk=pk)
    if request.method == "POST":
        tokens.revoke(token, now=clock.now())
        messages.success(request, _("APIトークン「%s」を失効させました。") % token.name)
        return redirect("api-tokens")
    return render(request, "api/token.html", {"line": _line(token)})


def _line(token: ApiToken) -> Line:
    return Line(token=token, standing=tokens.standing_of(token, now=clock.now()))
