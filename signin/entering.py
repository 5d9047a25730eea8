"""The last step of signing in, the same by whatever way somebody proved who they are."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from crm.models import Account
from signin import demands, history, pending, policy, sessions, tellings, throttle
from signin.models import SignIn


def let_in(
    request: HttpRequest, account: Account, *, result: SignIn.Result, next_page: str
) -> HttpResponse:
    """Signed in, written down, and led to where they wanted to go, or to what is asked first."""
    attempt = throttle.attempt_of(request, username=account.username)
    pending.forget(request)
    sessions.begin(request, account)
    entry = history.note(request, result, account=account)
    if not attempt.is_known:
        tellings.tell_of_new_browser(entry)
    if policy.must_set_up(account):
        demands.demand_second_factor(request)
    response = redirect(next_page)
    attempt.know_browser(response)
    return response
