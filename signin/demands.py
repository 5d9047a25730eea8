"""What is asked of somebody who is signed in, before a page: a second factor, the password again.

Both stand before the view and behind the check of the form's origin (`process_view`): a form that
another site sent is never shown for confirmation.
"""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, resolve_url
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables
from django_htmx.http import HttpResponseClientRedirect

from common import sealing
from crm.models import Account
from crm.pages.answers import show_form
from signin import policy, sessions, throttle
from signin.forms import PasswordAgainForm

MUST_SET_UP = "must_set_up_second_factor"
SETUP_PAGE = "signin:factor"
#: Open to somebody who has to set up a second factor first.
OPEN_MEANWHILE = ("signin:factor", "signin:factor-begin", "sign-in", "sign-out", "language")
#: Forms that ask for the password again where it was not given lately.
SENSITIVE = (
    *("crm:account", "crm:account-add", "crm:account-password"),
    *("signin:factor", "signin:factor-begin", "signin:factor-remove", "signin:recovery"),
    *("signin:factor-reset", "signin:unlock", "signin:settings"),
    "api-token-add",
)

#: Where the button for a form stands that has no page of its own.
SENT_FROM = {"signin:factor-begin": "signin:factor", "signin:unlock": "crm:account"}


def demand_second_factor(request: HttpRequest) -> None:
    """Until there is one, every page leads to where it is set up."""
    request.session[MUST_SET_UP] = True


def is_content(request: HttpRequest) -> None:
    """There is one now."""
    request.session.pop(MUST_SET_UP, None)


class DemandsMiddleware:
    """Leads to the second factor, or shows 「パスワードの確認」 with what was typed kept in it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """The page."""
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, _view: object, _args: object, _kwargs: object
    ) -> HttpResponse | None:
        """What is asked first; None where the view may answer."""
        account = request.user
        if not isinstance(account, Account) or request.resolver_match is None:
            return None
        name = request.resolver_match.view_name
        if request.session.get(MUST_SET_UP) and name not in OPEN_MEANWHILE:
            if policy.must_set_up(account):
                return _to_setup(request)
            is_content(request)
        if request.method == "POST" and name in SENSITIVE:
            return _ask_for_password(request, account)
        return None


def _to_setup(request: HttpRequest) -> HttpResponse:
    if request.headers.get("HX-Request"):
        return HttpResponseClientRedirect(resolve_url(SETUP_PAGE))
    messages.info(request, _("管理者には2要素認証が必要です。設定すると、操作を続けられます。"))
    return redirect(SETUP_PAGE)


@sensitive_variables()
def _ask_for_password(request: HttpRequest, account: Account) -> HttpResponse | None:
    """The page that asks; None where the password was given, with the form as it was sent first."""
    if "kept" not in request.POST:
        if sessions.is_confirmed(request):
            return None
        sent = {"kept": sealing.seal({"post": request.POST.urlencode()})}
        return _show_again(request, PasswordAgainForm(initial=sent))
    kept = sealing.unseal(request.POST["kept"])
    if not kept:
        messages.info(request, _("時間が経過しました。もう一度入力してください。"))
        return redirect(_back(request))
    attempt = throttle.attempt_of(request, username=account.username)
    form = PasswordAgainForm(request.POST, account=account, wait=attempt.wait())
    if not form.is_valid():
        if form.was_wrong:
            attempt.note_wrong()
        return _show_again(request, form)
    attempt.note_right()
    sessions.confirm(request)
    request.POST = QueryDict(kept["post"])
    return None


def _show_again(request: HttpRequest, form: PasswordAgainForm) -> HttpResponse:
    return show_form(request, "signin/again.html", form, back=_back(request))


def _back(request: HttpRequest) -> str:
    """The page with the form; some of them are on another page than where they are sent."""
    match = request.resolver_match
    assert match is not None
    page = SENT_FROM.get(match.view_name)
    return resolve_url(page, **match.kwargs) if page else request.path
