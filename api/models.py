"""Who may use the API, and the answers that are given twice.

An `ApiToken` opens the API to another system; it belongs to the installation, not to the account
that made it. An `IdempotentAnswer` is what one request with an `Idempotency-Key` was answered.
"""

from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.models import Account


class ApiToken(models.Model):
    """What another system shows to be let in. Only its hash is kept; it was shown once."""

    class Scope(models.TextChoices):
        READ = "read", _("読み取り")
        WRITE = "write", _("読み取りと書き込み")

    name = models.CharField(_("名前"), max_length=100)
    beginning = models.CharField(_("トークンの先頭"), max_length=16)
    """Its first characters, by which a person recognises it."""
    digest = models.CharField(max_length=64, unique=True)
    """SHA-256 in hex. A token is random enough that no salt or slow hash would add anything."""
    scope = models.CharField(_("権限"), max_length=10, choices=Scope)
    record_types = models.JSONField(_("対象データ"))
    """The record types that it may read or write."""
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(Account, models.SET_NULL, null=True)
    expires_at = models.DateTimeField(_("有効期限"), null=True)
    last_used_at = models.DateTimeField(_("最後の使用"), null=True)
    """To the minute."""
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.name


class IdempotentAnswer(models.Model):
    """The answer to a request with an `Idempotency-Key`; without status while it is worked on."""

    token = models.ForeignKey(ApiToken, models.CASCADE)
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)
    """SHA-256 of what was asked: method, address, body."""
    begun_at = models.DateTimeField(db_index=True)
    status = models.PositiveSmallIntegerField(null=True)
    body = models.BinaryField(default=bytes)
    """Compressed: a thousand results are much alike."""
    location = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["token", "key"], name="idempotent_answer_key")
        ]

    def __str__(self) -> str:
        return self.key
