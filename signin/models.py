"""What signing in leaves behind.

`SecondFactor` belongs to one account. `OpenSession` is a browser in which somebody is, or begins to
be, signed in. `SignIn` is one try, good or bad. `Policy` is a single row. All of them go with their
account, but for tries under a name that no account has.
"""

from django.db import models
from django.utils.translation import gettext_lazy as _

from common.encrypted import EncryptedTextField
from crm.models import Account
from signin.session_store import OpenSession

__all__ = ["SUCCESSES", "OpenSession", "Policy", "SecondFactor", "SignIn"]


class SecondFactor(models.Model):
    """The authenticator app of one account; it counts once `confirmed_at` is set."""

    account = models.OneToOneField(
        Account, models.CASCADE, primary_key=True, related_name="second_factor"
    )
    secret = EncryptedTextField(blank=True)
    """Base32, as authenticator apps take it; "" until a code proved that one knows it."""
    pending = EncryptedTextField(blank=True)
    """A secret that is being set up; beside `secret` where another app is to take over."""
    pending_at = models.DateTimeField(null=True)
    confirmed_at = models.DateTimeField(null=True)
    last_step = models.BigIntegerField(default=0)
    """The period of the last code that was taken: it, and those before it, are refused."""
    recovery = EncryptedTextField(blank=True)
    """JSON list of the digests of the recovery codes that are left."""
    wrong = models.PositiveIntegerField(default=0)
    """Wrong codes in a row."""
    closed_until = models.DateTimeField(null=True)
    """Until then no code of the app is looked at."""

    def __str__(self) -> str:
        return str(self.account)


class SignIn(models.Model):
    """One try to sign in."""

    class Result(models.TextChoices):
        PASSWORD = "password", _("成功（パスワード）")
        CODE = "code", _("成功（2要素認証）")
        RECOVERY = "recovery", _("成功（リカバリーコード）")
        NO_ACCOUNT = "no_account", _("失敗（登録のないユーザー名）")
        DISABLED = "disabled", _("失敗（無効なユーザー）")
        WRONG_PASSWORD = "wrong_password", _("失敗（パスワード）")
        WRONG_CODE = "wrong_code", _("失敗（確認コード）")
        USED_CODE = "used_code", _("失敗（使用済みの確認コード）")
        HAD_TO_WAIT = "had_to_wait", _("失敗（待ち時間中）")

    at = models.DateTimeField()
    account = models.ForeignKey(Account, models.CASCADE, null=True, related_name="sign_ins")
    name = models.CharField(max_length=16, blank=True)
    """Where no account has it: the beginning of what was typed, which may be a password."""
    result = models.CharField(max_length=20, choices=Result)
    address = models.CharField(max_length=64, blank=True)
    browser = models.CharField(max_length=64, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["at"], name="sign_in_at"),
            models.Index(fields=["account", "id"], name="sign_in_account"),
        ]

    def __str__(self) -> str:
        return self.get_result_display()

    @property
    def succeeded(self) -> bool:
        """Whether somebody is signed in by it."""
        return self.result in SUCCESSES


SUCCESSES = (SignIn.Result.PASSWORD, SignIn.Result.CODE, SignIn.Result.RECOVERY)


class Policy(models.Model):
    """What administrators demand of each other; the one row, made when it is first changed."""

    second_factor_required = models.BooleanField(default=False)

    def __str__(self) -> str:
        return f"second factor required: {self.second_factor_required}"
