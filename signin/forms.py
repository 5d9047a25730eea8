"""Forms about signing in."""

import unicodedata
from datetime import datetime, timedelta
from math import ceil
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from crm.models import Account
from crm.pages.forms_accounts import PasswordForm
from signin import history
from signin.models import SignIn

PERIODS = (("", _("すべて")), ("1", _("24時間")), ("7", _("7日間")), ("30", _("30日間")))
UNKNOWN = "unknown"


def wait_text(wait: timedelta) -> str:
    """How long to wait, in words."""
    minutes = ceil(wait / timedelta(minutes=1))
    return ngettext(
        "正しくない入力が続きました。%(minutes)d分後にもう一度入力してください。",
        "正しくない入力が続きました。%(minutes)d分後にもう一度入力してください。",
        minutes,
    ) % {"minutes": minutes}


class OwnPasswordField(forms.CharField):
    """The password that one has."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            strip=False,
            error_messages={"required": _("パスワードを入力してください。")},
            widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
            **options,
        )


class PasswordAgainForm(forms.Form):
    """The password of who is signed in already; `kept` is the sealed form that waits for it."""

    own_password = OwnPasswordField(label=_("パスワード"))
    kept = forms.CharField(widget=forms.HiddenInput)

    def __init__(
        self,
        *args: Any,
        account: Account | None = None,
        wait: timedelta | None = None,
        **options: Any,
    ) -> None:
        super().__init__(*args, **options)
        self.account, self.wait = account, wait
        self.was_wrong = False

    def clean_own_password(self) -> str:
        """The right one."""
        password: str = self.cleaned_data["own_password"]
        if self.wait:
            raise ValidationError(wait_text(self.wait))
        if self.account is None or not self.account.check_password(password):
            self.was_wrong = True
            message = _("パスワードが正しくありません。確認して入力し直してください。")
            raise ValidationError(message)
        return password


class OwnPasswordForm(PasswordForm):
    """The password that one has, and the one that one wants."""

    own_password = OwnPasswordField(label=_("現在のパスワード"))

    field_order = ["own_password", "password"]

    def __init__(self, *args: Any, wait: timedelta | None = None, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["password"].label = _("新しいパスワード")
        self.wait = wait
        self.was_wrong = False

    clean_own_password = PasswordAgainForm.clean_own_password


class CodeForm(forms.Form):
    """The one-time code of the authenticator app."""

    code = forms.CharField(
        label=_("確認コード"),
        max_length=20,
        help_text=_("認証アプリに表示されている6桁の数字です。"),
        error_messages={"required": _("確認コードを入力してください。")},
        widget=forms.TextInput(
            attrs={
                "autocomplete": "one-time-code",
                "inputmode": "numeric",
                "autocapitalize": "none",
                "class": "width-short",
            }
        ),
    )

    def clean_code(self) -> str:
        """Half-width digits, without the space that apps show in their middle."""
        plain = unicodedata.normalize("NFKC", self.cleaned_data["code"])
        return "".join(plain.split())


class RecoveryForm(forms.Form):
    """One of the recovery codes."""

    code = forms.CharField(
        label=_("リカバリーコード"),
        max_length=60,
        help_text=_("2要素認証の設定時に保存した16文字のコードです。1個につき1回使用できます。"),
        error_messages={"required": _("リカバリーコードを入力してください。")},
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
        ),
    )

    def clean_code(self) -> str:
        """The code, however it was typed."""
        return unicodedata.normalize("NFKC", self.cleaned_data["code"])


class SettingsForm(forms.Form):
    """What administrators demand of each other."""

    second_factor_required = forms.BooleanField(
        label=_("管理者に2要素認証を必須にする"),
        required=False,
        help_text=_(
            "2要素認証を設定していない管理者は、次にサインインしたときに設定画面が開きます。"
        ),
    )


class HistoryFilter(forms.Form):
    """Which tries are listed; whatever is not a choice narrows nothing."""

    account = forms.ChoiceField(label=_("ユーザー"), required=False)
    result = forms.ChoiceField(
        label=_("結果"),
        required=False,
        choices=[
            ("", _("すべて")),
            (history.SUCCEEDED, _("成功")),
            (history.FAILED, _("失敗")),
            *SignIn.Result.choices,
        ],
    )
    period = forms.ChoiceField(label=_("期間"), required=False, choices=PERIODS)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        names = Account.objects.order_by("username").values_list("pk", "username")
        choice = self.fields["account"]
        assert isinstance(choice, forms.ChoiceField)
        choice.choices = [
            ("", _("すべて")),
            (UNKNOWN, _("登録のないユーザー名")),
            *((str(pk), name) for pk, name in names),
        ]

    def query(self, *, now: datetime) -> history.Query:
        """What the valid ones of the choices narrow the list to."""
        self.is_valid()
        given = self.cleaned_data
        account, days = given.get("account", ""), given.get("period", "")
        return history.Query(
            account=int(account) if account.isdigit() else None,
            unknown=account == UNKNOWN,
            result=given.get("result", ""),
            since=now - timedelta(days=int(days)) if days else None,
        )

    @property
    def narrows(self) -> bool:
        """Whether any filter is set."""
        return any(self.cleaned_data.get(name) for name in self.fields)
