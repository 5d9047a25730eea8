"""Forms for the people who sign in."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth import password_validation
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from crm.models import Account


class AccountForm(forms.Form):
    """Name, address and right of one account; `account` is the one being changed, if any."""

    username = forms.CharField(
        label=_("ユーザー名"),
        max_length=150,
        validators=[UnicodeUsernameValidator()],
        help_text=_("サインインに使用します。"),
        error_messages={"required": _("ユーザー名を入力してください。")},
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none"}),
    )
    email = forms.EmailField(label=_("メールアドレス"), required=False, max_length=254)
    role = forms.ChoiceField(
        label=_("システム権限"),
        choices=Account.Role.choices,
        initial=Account.Role.ADMINISTRATOR,
        help_text=_("hpsyncの画面を使用できるのは管理者だけです。"),
        widget=forms.RadioSelect,
    )

    def __init__(self, *args: Any, account: Account | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.account = account

    def clean_username(self) -> str:
        """A name that no other account has, whatever its capitals."""
        username: str = self.cleaned_data["username"]
        others = Account.objects.exclude(pk=self.account.pk if self.account else 0)
        if others.filter(username__iexact=username).exists():
            message = _("このユーザー名はすでに使用されています。別の名前を入力してください。")
            raise ValidationError(message)
        return username


class ChangeAccountForm(AccountForm):
    """The same, with the switch that shuts an account out."""

    active = forms.BooleanField(
        label=_("サインインを許可する"),
        required=False,
        help_text=_("チェックを外すと、このユーザーはサインインできなくなります。"),
    )


class PasswordForm(forms.Form):
    """A new password for `account`."""

    password = forms.CharField(
        label=_("パスワード"),
        strip=False,
        help_text=_("12文字以上で、推測されにくいものを入力してください。"),
        error_messages={"required": _("パスワードを入力してください。")},
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, *args: Any, account: Account | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.account = account

    def clean_password(self) -> str:
        """A password that the validators of the settings accept."""
        password: str = self.cleaned_data["password"]
        if len(password) < settings.PASSWORD_LENGTH:
            message = _(
                "パスワードが12文字より短いため、登録できません。12文字以上で入力してください。"
            )
            raise ValidationError(message)
        password_validation.validate_password(password, self.owner())
        return password

    def owner(self) -> Account | None:
        """Whose name and address the password must not be like."""
        return self.account


class AddAccountForm(PasswordForm, AccountForm):
    """A new account with its first password."""

    field_order = ["username", "email", "role", "password"]

    def owner(self) -> Account:
        """The account that is to be."""
        given = self.cleaned_data
        return Account(username=given.get("username", ""), email=given.get("email", ""))
