"""Connections to kintone, and how much may be asked there: of an app a day, of a domain at once.

A `Connection` is a kintone domain with a login. `AppBudget` is one kintone app of one domain, over
all connections; `RequestDay` counts the requests spent on it on one day in Japan. `Traffic` is how
many requests a domain bears at once, and a `Flight` is one of those that are under way.
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


class Traffic(models.Model):
    """How many requests one domain seems to bear at once, over all connections and workers."""

    host = models.CharField(max_length=100, unique=True)
    window = models.FloatField()
    """So many may be in flight; the part behind the point is saved up for the next one."""
    threshold = models.FloatField()
    """Up to here the window grows by one with every answer, beyond it by one with every round."""
    halved_at = models.DateTimeField()
    """When it was halved last: what left before says nothing new."""
    heard_at = models.DateTimeField()
    landed = models.BigIntegerField(default=0)
    """Requests of runs that have ended, ever; for `/metrics`, as the next three."""
    halved = models.BigIntegerField(default=0)
    """How often the window was halved."""
    seconds = models.FloatField(default=0.0)
    """How long they were under way in all, attempts and pauses included."""
    within = models.JSONField(default=list)
    """How many of them took no longer than each of `governor.LATENCIES`."""

    def __str__(self) -> str:
        return f"{self.host}: {self.window:.1f}"


class Flight(models.Model):
    """One request under way."""

    traffic = models.ForeignKey(Traffic, models.CASCADE, related_name="flights")
    holder = models.CharField(max_length=64, db_index=True)
    """Who sent it, in words of the caller's; its flights end with it."""
    until = models.DateTimeField()
    """It cannot be alive any longer."""

    def __str__(self) -> str:
        return f"{self.traffic_id} {self.holder}"
