"""Setting up ones own second factor, its recovery codes, and doing without it again."""

from urllib.parse import quote

import segno
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_POST

from common import clock
from crm.pages.answers import get_or_post, show_form
from signin import demands, factors, policy, sessions
from signin.forms import CodeForm
from signin.models import SecondFactor
from signin.pages.mine import own_account


@require_POST
def begin(request: HttpRequest) -> HttpResponse:
    """A secret is made, to be shown on the next page."""
    factors.set_up(own_account(request), now=clock.now())
    return redirect("signin:factor")


@never_cache
@sensitive_variables()
@get_or_post
def set_up(request: HttpRequest) -> HttpResponse:
    """The QR code and a field for a code that proves it; then the recovery codes, once."""
    account = own_account(request)
    pending = factors.pending_of(account, now=clock.now())
    if pending is None:
        context = {"factor": factors.factor_of(account)}
        return render(request, "signin/factor_begin.html", context)
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        codes = factors.confirm(account, form.cleaned_data["code"], now=clock.now())
        if codes is not None:
            demands.is_content(request)
            sessions.end_all(account, but=request.session.session_key)
            return _show_recovery(request, codes, is_new=True)
        error = _(
            "確認コードが正しくありません。最新のコードを入力してください。続く場合は、"
            "スマートフォンの時刻が合っていることを確認してください。"
        )
        form.add_error("code", error)
    key = " ".join(_in_fours(pending.pending))
    return show_form(request, "signin/factor.html", form, qr=_qr(pending), key=key)


@never_cache
@get_or_post
def renew_recovery(request: HttpRequest) -> HttpResponse:
    """How many recovery codes are left; a button that makes new ones and shows them once."""
    account = own_account(request)
    factor = factors.factor_of(account)
    if factor is None:
        return redirect("signin:mine")
    if request.method == "POST" and (codes := factors.renew_recovery(account)):
        return _show_recovery(request, codes, is_new=False)
    context = {"left": factors.recovery_left(factor)}
    return render(request, "signin/recovery_renew.html", context)


@get_or_post
def remove(request: HttpRequest) -> HttpResponse:
    """What it means to do without; a button that does. Not where administrators demand it."""
    account = own_account(request)
    if factors.factor_of(account) is None:
        return redirect("signin:mine")
    required = policy.second_factor_required()
    if request.method == "POST" and not required:
        factors.remove(account)
        sessions.end_all(account, but=request.session.session_key)
        messages.success(request, _("2要素認証を解除しました。"))
        return redirect("signin:mine")
    return render(request, "signin/factor_remove.html", {"required": required})


@sensitive_variables()
def _show_recovery(request: HttpRequest, codes: list[str], *, is_new: bool) -> HttpResponse:
    # No redirect: the codes would have to be kept somewhere until the next page.
    heading = _("hpsyncのリカバリーコード（%s）") % own_account(request).username
    file = quote("\r\n".join([heading, "", *codes, ""]))
    context = {"codes": codes, "file": f"data:text/plain;charset=utf-8,{file}", "is_new": is_new}
    return render(request, "signin/recovery_codes.html", context)


def _qr(factor: SecondFactor) -> SafeString:
    """The QR code as SVG, dark on light in either theme, or cameras would not see it."""
    code = segno.make(factors.address(factor), error="m", micro=False)
    drawn = code.svg_inline(scale=5, border=4, light="#fff", title=_("認証アプリ用のQRコード"))
    return SafeString(drawn)  # of our own making: an address without markup, in modules


def _in_fours(text: str) -> list[str]:
    return [text[at : at + 4] for at in range(0, len(text), 4)]
