"""Pages for the people who sign in to hpsync (ユーザー)."""

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from crm import accounts
from crm.models import Account
from crm.pages.answers import get_or_post, show_form
from crm.pages.forms_accounts import AddAccountForm, ChangeAccountForm, PasswordForm


@require_safe
def account_list(request: HttpRequest) -> HttpResponse:
    """Everybody who may sign in, and who no longer may."""
    found = Account.objects.select_related("second_factor").order_by("-is_active", "username")
    return render(request, "crm/accounts.html", {"accounts": found})


@get_or_post
def add_account(request: HttpRequest) -> HttpResponse:
    """A form for a new account."""
    form = AddAccountForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        account = accounts.add(**form.cleaned_data)
        messages.success(request, _("ユーザー「%s」を追加しました。") % account.username)
        return redirect("crm:accounts")
    return show_form(request, "crm/account_add.html", form)


@get_or_post
def change_account(request: HttpRequest, pk: int) -> HttpResponse:
    """A form for the name, the right and the switch of one account."""
    account = get_object_or_404(Account, pk=pk)
    initial = {
        "username": account.username,
        "email": account.email,
        "role": account.role,
        "active": account.is_active,
    }
    form = ChangeAccountForm(request.POST or None, initial=initial, account=account)
    if request.method == "POST" and form.is_valid() and _changed(account, form):
        messages.success(request, _("ユーザー「%s」を変更しました。") % account.username)
        return redirect("crm:accounts")
    return show_form(request, "crm/account.html", form, account=account)


@get_or_post
def change_password(request: HttpRequest, pk: int) -> HttpResponse:
    """A form for a new password of one account."""
    account = get_object_or_404(Account, pk=pk)
    form = PasswordForm(request.POST or None, account=account)
    if request.method == "POST" and form.is_valid():
        accounts.set_password(account, password=form.cleaned_data["password"])
        if account == request.user:
            update_session_auth_hash(request, account)
        messages.success(
            request, _("ユーザー「%s」のパスワードを変更しました。") % account.username
        )
        return redirect("crm:accounts")
    return show_form(request, "crm/account_password.html", form, account=account)


def _changed(account: Account, form: ChangeAccountForm) -> bool:
    """Whether the form's values were taken; else the form says why not."""
    try:
        accounts.change(account, **form.cleaned_data)
    except accounts.LastAdministratorError:
        active = form.cleaned_data["active"]
        form.add_error(
            "role" if active else "active",
            _("ほかに有効な管理者がいないため、変更できません。先に別の管理者を追加してください。"),
        )
        return False
    return True
