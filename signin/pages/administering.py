"""What administrators do about other people's way in, and demand of each other."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe
from redis.exceptions import RedisError

from common import clock
from crm.models import Account
from crm.pages.answers import get_or_post, show_form
from crm.pages.paging import number_in
from signin import factors, history, policy, sessions, throttle
from signin.forms import HistoryFilter, SettingsForm
from signin.pages.mine import own_account


@require_safe
def show_history(request: HttpRequest) -> HttpResponse:
    """サインイン履歴: every try, newest first."""
    filters = HistoryFilter(request.GET)
    query = filters.query(now=clock.now())
    below = number_in(request, "below")
    page = history.page(query, below=below)
    context = {
        "filters": filters,
        "page": page,
        "days": settings.SIGN_IN_HISTORY_DAYS,
        "first": _address(request.GET, below=None) if below is not None else "",
        "older": _address(request.GET, below=page.older_than) if page.older_than else "",
    }
    return render(request, "signin/history.html", context)


@get_or_post
def change_settings(request: HttpRequest) -> HttpResponse:
    """サインインの設定: whether a second factor is demanded, and who has none."""
    initial = {"second_factor_required": policy.second_factor_required()}
    form = SettingsForm(request.POST or None, initial=initial)
    if request.method == "POST":
        form = SettingsForm(request.POST)
        if form.is_valid() and _settings_taken(request, form):
            messages.success(request, _("サインインの設定を保存しました。"))
            return redirect("signin:settings")
    administrators = Account.objects.filter(is_active=True, role=Account.Role.ADMINISTRATOR)
    without = administrators.filter(second_factor__confirmed_at__isnull=True).order_by("username")
    context = {
        "without": list(without),
        "idle": settings.SESSION_IDLE,
        "longest": settings.SESSION_LONGEST,
        "again": settings.PASSWORD_AGAIN_AFTER,
        "days": settings.SIGN_IN_HISTORY_DAYS,
    }
    return show_form(request, "signin/settings.html", form, **context)


@get_or_post
def reset_factor(request: HttpRequest, pk: int) -> HttpResponse:
    """For somebody who lost the app and the recovery codes: the password is enough once more."""
    account = get_object_or_404(Account, pk=pk)
    if factors.factor_of(account) is None or account == request.user:
        return redirect("crm:account", pk)
    if request.method == "POST":
        factors.remove(account)
        sessions.end_all(account)
        messages.success(
            request, _("ユーザー「%s」の2要素認証をリセットしました。") % account.username
        )
        return redirect("crm:account", pk)
    context = {"account": account, "required": policy.second_factor_required()}
    return render(request, "signin/factor_reset.html", context)


@require_POST
def unlock(request: HttpRequest, pk: int) -> HttpResponse:
    """Wrong passwords and codes count no more."""
    account = get_object_or_404(Account, pk=pk)
    factors.unlock(account)
    try:
        throttle.unlock(account.username)
    except RedisError:
        text = _("待ち時間を解除できませんでした。時間をおいて、もう一度押してください。")
        messages.error(request, text)
    else:
        text = _("ユーザー「%s」のサインインの待ち時間を解除しました。")
        messages.success(request, text % account.username)
    return redirect("crm:account", pk)


def _settings_taken(request: HttpRequest, form: SettingsForm) -> bool:
    required = form.cleaned_data["second_factor_required"]
    try:
        policy.require_second_factor(required, by=own_account(request))
    except policy.OwnFactorMissingError:
        form.add_error(
            "second_factor_required",
            _("自分の2要素認証が設定されていません。先に自分のアカウントで設定してください。"),
        )
        return False
    return True


def _address(given: QueryDict, *, below: int | None) -> str:
    """The address of another page of the list, with its filters."""
    asked = given.copy()
    asked.pop("below", None)
    if below is not None:
        asked["below"] = str(below)
    return f"?{asked.urlencode()}"
