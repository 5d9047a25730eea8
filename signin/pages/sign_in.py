"""Signing in: name and password, then the code where the account has a second factor."""

from datetime import timedelta
from math import ceil
from typing import Any

from django.contrib import messages
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from common import clock
from crm.models import Account
from crm.pages.answers import get_or_post, show_form
from signin import entering, factors, history, pending, throttle
from signin.factors import Verdict
from signin.forms import CodeForm, RecoveryForm, wait_text
from signin.models import SignIn


class SignInView(LoginView):
    """The sign-in page; who was wrong too often is told how long to wait (`signin.throttle`)."""

    template_name = "signin/sign_in.html"
    redirect_authenticated_user = True

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The next page, or this one again with what was wrong."""
        name = request.POST.get("username", "")
        self.attempt = throttle.attempt_of(request, username=name)
        wait = self.attempt.wait()
        if wait is None:
            return super().post(request, *args, **kwargs)
        if self.attempt.first_to_wait(wait):
            account = history.find_account(name)
            history.note(request, SignIn.Result.HAD_TO_WAIT, account=account, name=name)
        return self._ask_to_wait(wait)

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        """Signed in, or led to the second step."""
        account = form.get_user()
        assert isinstance(account, Account)
        self.attempt.note_right()
        if factors.factor_of(account):
            pending.remember(self.request, account, next_page=self.get_success_url())
            return redirect("sign-in-code")
        return entering.let_in(
            self.request,
            account,
            result=SignIn.Result.PASSWORD,
            next_page=self.get_success_url(),
        )

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        """Not signed in; what was left empty is no guess."""
        if form.non_field_errors():
            self.attempt.note_wrong()
            self._write_down(form.cleaned_data.get("username", ""))
        return super().form_invalid(form)

    def _write_down(self, name: str) -> None:
        account = history.find_account(name)
        result = SignIn.Result.WRONG_PASSWORD if account else SignIn.Result.NO_ACCOUNT
        if account and not account.is_active:
            result = SignIn.Result.DISABLED
        history.note(self.request, result, account=account, name=name)

    def _ask_to_wait(self, wait: timedelta) -> HttpResponse:
        """The page without a look at the password."""
        form = AuthenticationForm(initial={"username": self.request.POST.get("username", "")})
        minutes = ceil(wait / timedelta(minutes=1))
        context = self.get_context_data(form=form, minutes=minutes)
        response = self.render_to_response(context, status=429)
        response.headers["Retry-After"] = str(ceil(wait.total_seconds()))
        return response


sign_in = SignInView.as_view()
sign_out = LogoutView.as_view()


@never_cache
@sensitive_post_parameters()
@get_or_post
def enter_code(request: HttpRequest) -> HttpResponse:
    """The second step: a code of the app, or with `?recovery=1` a recovery code."""
    waiting = pending.recall(request)
    if waiting is None:
        if request.user.is_authenticated:
            return redirect("/")
        messages.info(request, _("時間が経過しました。もう一度サインインしてください。"))
        return redirect("sign-in")
    by_recovery = bool(request.GET.get("recovery"))
    form_class = RecoveryForm if by_recovery else CodeForm
    form = form_class(request.POST or None)
    if request.method == "POST" and form.is_valid():
        judge = _judge_recovery_code if by_recovery else _judge_code
        error, result = judge(waiting.account, form.cleaned_data["code"])
        if not error:
            if by_recovery:
                _warn_of_few(request, waiting.account)
            return entering.let_in(
                request, waiting.account, result=result, next_page=waiting.next_page
            )
        if result is not SignIn.Result.HAD_TO_WAIT:
            history.note(request, result, account=waiting.account)
        form.add_error("code", error)
    return show_form(request, "signin/code.html", form, by_recovery=by_recovery)


def _judge_code(account: Account, code: str) -> tuple[str, SignIn.Result]:
    """What is wrong with a code of the app, "" for nothing; and what is written down."""
    now = clock.now()
    verdict = factors.take_code(account, code, now=now)
    if verdict is Verdict.TAKEN:
        return "", SignIn.Result.CODE
    factor = factors.factor_of(account)
    wait = factors.wait(factor, now=now) if factor else None
    if verdict is Verdict.CLOSED and wait:
        return wait_text(wait), SignIn.Result.HAD_TO_WAIT
    if verdict is Verdict.USED:
        text = _("この確認コードは使用済みです。次のコードが表示されてから入力してください。")
        return text, SignIn.Result.USED_CODE
    text = _(
        "確認コードが正しくありません。認証アプリに表示されている最新のコードを入力してください。"
    )
    return text, SignIn.Result.WRONG_CODE


def _judge_recovery_code(account: Account, code: str) -> tuple[str, SignIn.Result]:
    if factors.take_recovery_code(account, code) is Verdict.TAKEN:
        return "", SignIn.Result.RECOVERY
    text = _(
        "リカバリーコードが正しくないか、使用済みです。別のリカバリーコードを入力してください。"
    )
    return text, SignIn.Result.WRONG_CODE


def _warn_of_few(request: HttpRequest, account: Account) -> None:
    factor = factors.factor_of(account)
    left = factors.recovery_left(factor) if factor else 0
    messages.warning(
        request,
        ngettext(
            "リカバリーコードでサインインしました。残りは%d個です。",
            "リカバリーコードでサインインしました。残りは%d個です。",
            left,
        )
        % left,
    )
