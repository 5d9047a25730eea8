"""Making, finding and revoking tokens. A token is shown when it is made, and never again."""

import secrets
from collections.abc import Collection
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Final

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from api.models import ApiToken
from audit import recording
from audit.kinds import Kind
from audit.recording import Document, Thing
from common.types import RecordType
from crm.models import Account

#: Every token begins so: a secret that turns up somewhere is recognised, and masked in logs.
MARK: Final = "hps_"
_RANDOM_BYTES: Final = 32
_SHOWN: Final = len(MARK) + 6
#: `last_used_at` is no more exact than this: one write a minute, not one a request.
_USE_NOTED_EVERY: Final = timedelta(minutes=1)


class Standing(StrEnum):
    """Whether a token opens anything now."""

    VALID = "valid"
    EXPIRED = "expired"
    REVOKED = "revoked"

    @property
    def label(self) -> str:
        """In the reader's language."""
        return str(_LABELS[self])


_LABELS: Final = {
    Standing.VALID: _("使用できます"),
    Standing.EXPIRED: _("期限切れ"),
    Standing.REVOKED: _("失効済み"),
}


def make(
    *,
    name: str,
    scope: ApiToken.Scope,
    record_types: Collection[RecordType],
    life: timedelta | None,
    account: Account,
    now: datetime,
) -> tuple[ApiToken, str]:
    """A new token, as it is kept, and the secret itself, which nobody can find out again.

    Args:
        life: How long it is valid; None: until it is revoked.
    """
    secret = MARK + secrets.token_urlsafe(_RANDOM_BYTES)
    with transaction.atomic():
        token = ApiToken.objects.create(
            name=name,
            beginning=secret[:_SHOWN],
            digest=_digest(secret),
            scope=scope,
            record_types=[str(record_type) for record_type in record_types],
            created_at=now,
            created_by=account,
            expires_at=None if life is None else now + life,
        )
        recording.record(Kind.TOKEN_ADD, _thing(token), before={}, after=_document(token))
    return token, secret


def find(secret: str) -> ApiToken | None:
    """The token of that secret, valid or not; None if there never was one."""
    return ApiToken.objects.filter(digest=_digest(secret)).first()


def standing_of(token: ApiToken, *, now: datetime) -> Standing:
    """Whether it opens anything now."""
    if token.revoked_at is not None:
        return Standing.REVOKED
    expired = token.expires_at is not None and token.expires_at <= now
    return Standing.EXPIRED if expired else Standing.VALID


def note_use(token: ApiToken, *, now: datetime) -> None:
    """Remember that it was used, where that was not noted within the minute."""
    before = token.last_used_at
    if before is not None and before <= now < before + _USE_NOTED_EVERY:
        return
    # Of many requests at once, one writes.
    unseen = Q(last_used_at=before) if before else Q(last_used_at=None)
    ApiToken.objects.filter(unseen, pk=token.pk).update(last_used_at=now)


def revoke(token: ApiToken, *, now: datetime) -> None:
    """It opens nothing from now on; it stays in the list."""
    with transaction.atomic():
        if ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=now):
            recording.record(Kind.TOKEN_REVOKE, _thing(token), before=_document(token), after={})


def _thing(token: ApiToken) -> Thing:
    return Thing(label=token.name)


def _document(token: ApiToken) -> Document:
    expires_at = token.expires_at.isoformat() if token.expires_at else None
    names = ("id", "name", "scope", "record_types")
    return {**{name: getattr(token, name) for name in names}, "expires_at": expires_at}


def _digest(secret: str) -> str:
    return sha256(secret.encode(errors="replace")).hexdigest()
