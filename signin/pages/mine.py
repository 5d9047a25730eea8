"""自分のアカウント: ones own password, second factor and sessions."""

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from crm import accounts
from crm.models import Account
from crm.pages.answers import get_or_post, show_form
from signin import factors, history, policy, sessions, throttle
from signin.forms import OwnPasswordForm

TRIES_SHOWN = 10


def own_account(request: HttpRequest) -> Account:
    """Who is signed in; the gate lets nobody else in."""
    account = request.user
    assert isinstance(account, Account)
    return account


@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """Everything about ones own way in, on one page."""
    account = own_account(request)
    factor = factors.factor_of(account)
    context = {
        "account": account,
        "factor": factor,
        "recovery_left": factors.recovery_left(factor) if factor else 0,
        "required": policy.second_factor_required(),
        "sessions": sessions.open_sessions(account),
        "this_session": request.session.session_key,
        "tries": history.latest(account, count=TRIES_SHOWN),
    }
    return render(request, "signin/mine.html", context)


@sensitive_post_parameters()
@get_or_post
def change_password(request: HttpRequest) -> HttpResponse:
    """A form for the old password and the new; the sessions elsewhere end."""
    account = own_account(request)
    if request.method != "POST":
        form = OwnPasswordForm(account=account)
        return show_form(request, "signin/password.html", form, account=account)
    attempt = throttle.attempt_of(request, username=account.username)
    form = OwnPasswordForm(request.POST, account=account, wait=attempt.wait())
    if form.is_valid():
        attempt.note_right()
        accounts.set_password(account, password=form.cleaned_data["password"])
        update_session_auth_hash(request, account)
        sessions.end_all(account, but=request.session.session_key)
        sessions.confirm(request)
        messages.success(
            request, _("パスワードを変更しました。ほかの端末でのサインインは終了しました。")
        )
        return redirect("signin:mine")
    if form.was_wrong:
        attempt.note_wrong()
    return show_form(request, "signin/password.html", form, account=account)


@require_POST
def end_other_sessions(request: HttpRequest) -> HttpResponse:
    """Signed out everywhere but here."""
    account = own_account(request)
    others = len(sessions.open_sessions(account)) - 1
    sessions.end_all(account, but=request.session.session_key)
    messages.success(
        request,
        ngettext(
            "ほかの%d個の端末からサインアウトしました。",
            "ほかの%d個の端末からサインアウトしました。",
            others,
        )
        % others,
    )
    return redirect("signin:mine")
