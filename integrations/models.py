"""Connections to kintone, and what their apps may still be asked today.

A `Connection` is a kintone domain with a login. `AppBudget` is one kintone app of one domain, over
all connections; `RequestDay` counts the requests spent on it on one day in Japan.
"""

from django.db import models
from django.utils.translation import gettext_lazy as _

from common.encrypted import EncryptedTextField

#: The original's own budget per app and day (design.md §1 row 13).
DEFAULT_DAILY_REQUESTS = 5000


class Connection(models.Model):
    """A kintone domain and how we log in there."""

    class Domain(models.TextChoices):
        """Suffixes that a kintone can have (kintone-api.md §1.1)."""

        CYBOZU_COM = "cybozu.com"
        KINTONE_COM = "kintone.com"
        CYBOZU_CN = "cybozu.cn"

    name = models.CharField(_("接続名"), max_length=64, unique=True)
    subdomain = models.CharField(_("サブドメイン"), max_length=63)
    domain = models.CharField(
        _("ドメイン"), max_length=20, choices=Domain, default=Domain.CYBOZU_COM
    )
    login = models.CharField(_("ログイン名"), max_length=128, blank=True)
    password = EncryptedTextField(_("パスワード"), blank=True, default="")
    tokens = EncryptedTextField(_("APIトークン"), blank=True, default="")
    """API tokens, one a line."""
    basic_user = models.CharField(_("Basic認証のユーザー名"), max_length=128, blank=True)
    basic_password = EncryptedTextField(_("Basic認証のパスワード"), blank=True, default="")
    certificate_file = models.CharField(_("クライアント証明書"), max_length=255, blank=True)
    """Path on the server of a PEM file with certificate and key, or a PFX file."""
    certificate_password = EncryptedTextField(
        _("クライアント証明書のパスワード"), blank=True, default=""
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.name

    @property
    def host(self) -> str:
        """`SUBDOMAIN.DOMAIN`: names the kintone in the ledger, the budget and on screen."""
        return f"{self.subdomain}.{self.domain}"


class AppBudget(models.Model):
    """How many requests a day one kintone app may be asked, over all connections."""

    host = models.CharField(max_length=100)
    app = models.PositiveBigIntegerField()
    daily_requests = models.PositiveIntegerField(default=DEFAULT_DAILY_REQUESTS)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["host", "app"], name="app_budget_of_app")]

    def __str__(self) -> str:
        return f"{self.host}/{self.app}"


class RequestDay(models.Model):
    """Requests counted against one app on one day in Japan."""

    budget = models.ForeignKey(AppBudget, models.CASCADE, related_name="days")
    day = models.DateField()
    used = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["budget", "day"], name="request_day_of_budget")
        ]

    def __str__(self) -> str:
        return f"{self.budget} {self.day}: {self.used}"
