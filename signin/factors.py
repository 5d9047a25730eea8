"""The second factor: codes of an authenticator app (TOTP, RFC 6238), and codes for its loss.

Decided in docs/decisions/0029-second-factor.md. A code is taken once; wrong ones in a row close the
app's way in for a time that grows, in the database, so that it holds without a cache too.
"""

import json
from base64 import b32decode, b32encode
from datetime import datetime, timedelta
from enum import StrEnum
from secrets import token_bytes

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor import InvalidToken
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from django.db import transaction
from django.db.models import F

from audit.kinds import Kind
from crm.models import Account
from signin import recovery
from signin.log import record_factor
from signin.models import SecondFactor

ISSUER = "hpsync"
DIGITS, PERIOD = 6, 30
SECRET_BYTES = 20
#: A clock may be that many periods off, either way.
DRIFT = 1
FREE_WRONG = 5
FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=1)
#: A secret that was shown and never confirmed is made anew after this time.
SETUP_LIFE = timedelta(hours=1)


class Verdict(StrEnum):
    """What became of a code."""

    TAKEN = "taken"
    WRONG = "wrong"
    USED = "used"
    CLOSED = "closed"


def factor_of(account: Account) -> SecondFactor | None:
    """The second factor that signing in asks for; None where the password is enough."""
    return SecondFactor.objects.filter(account=account, confirmed_at__isnull=False).first()


def set_up(account: Account, *, now: datetime) -> SecondFactor:
    """The account's row with a secret to be shown and confirmed, the same for an hour."""
    factor, _ = SecondFactor.objects.get_or_create(account=account)
    if not factor.pending or factor.pending_at is None or now - factor.pending_at > SETUP_LIFE:
        factor.pending, factor.pending_at = b32encode(token_bytes(SECRET_BYTES)).decode(), now
        factor.save(update_fields=["pending", "pending_at"])
    return factor


def pending_of(account: Account, *, now: datetime) -> SecondFactor | None:
    """The account's row where a secret waits to be confirmed; None where none does."""
    recent = SecondFactor.objects.filter(account=account, pending_at__gt=now - SETUP_LIFE)
    factor = recent.select_related("account").first()
    return factor if factor and factor.pending else None


def address(factor: SecondFactor) -> str:
    """The otpauth:// address of the pending secret, which the QR code holds."""
    totp = _totp(factor.pending)
    return totp.get_provisioning_uri(factor.account.username, ISSUER)


@transaction.atomic
def confirm(account: Account, code: str, *, now: datetime) -> list[str] | None:
    """Take the pending secret, as one of its codes proves that the app knows it.

    Returns:
        The new recovery codes, to be shown once; None where the code is wrong.
    """
    factor = SecondFactor.objects.select_for_update().filter(account=account).first()
    step = _step_of(code, factor.pending, now=now) if factor and factor.pending else None
    if factor is None or step is None:
        return None
    codes = recovery.make()
    factor.secret, factor.pending, factor.pending_at = factor.pending, "", None
    factor.confirmed_at, factor.last_step = now, step
    factor.recovery = recovery.packed(codes)
    factor.wrong, factor.closed_until = 0, None
    factor.save()
    record_factor(Kind.ACCOUNT_FACTOR, account)
    return codes


@transaction.atomic
def renew_recovery(account: Account) -> list[str] | None:
    """New recovery codes, to be shown once; the old ones open nothing any more."""
    codes = recovery.make()
    changed = SecondFactor.objects.filter(account=account, confirmed_at__isnull=False).update(
        recovery=recovery.packed(codes)
    )
    if changed:
        record_factor(Kind.ACCOUNT_RECOVERY, account)
    return codes if changed else None


@transaction.atomic
def remove(account: Account) -> bool:
    """Let the password be enough from now on; whether it was not."""
    had_one = factor_of(account) is not None
    SecondFactor.objects.filter(account=account).delete()
    if had_one:
        record_factor(Kind.ACCOUNT_FACTOR_REMOVE, account)
    return had_one


@transaction.atomic
def take_code(account: Account, code: str, *, now: datetime) -> Verdict:
    """What becomes of a code of the app; each is taken once, whoever sends it."""
    factor = _locked(account)
    if factor is None:
        return Verdict.WRONG
    if wait(factor, now=now):
        return Verdict.CLOSED
    step = _step_of(code, factor.secret, now=now)
    if step is None:
        _count_wrong(factor, now=now)
        return Verdict.WRONG
    if step <= factor.last_step:
        _count_wrong(factor, now=now)
        return Verdict.USED
    _let_in(factor, last_step=step)
    return Verdict.TAKEN


@transaction.atomic
def take_recovery_code(account: Account, code: str) -> Verdict:
    """What becomes of a recovery code; it cannot be guessed, so waits do not keep its owner out."""
    factor = _locked(account)
    rest = recovery.without(factor.recovery, code) if factor else None
    if factor is None or rest is None:
        return Verdict.WRONG
    factor.recovery = rest
    factor.save(update_fields=["recovery"])
    _let_in(factor, last_step=factor.last_step)
    return Verdict.TAKEN


def wait(factor: SecondFactor, *, now: datetime) -> timedelta | None:
    """How long no code of the app is looked at; None if it is now."""
    until = factor.closed_until
    # A wait that is longer than any was written by a clock that has since been put right.
    closed = until is not None and now < until <= now + LONGEST_WAIT
    return until - now if until is not None and closed else None


def unlock(account: Account) -> None:
    """Wrong codes count no more."""
    SecondFactor.objects.filter(account=account).update(wrong=0, closed_until=None)


def recovery_left(factor: SecondFactor) -> int:
    """How many recovery codes are left."""
    return len(json.loads(factor.recovery or "[]"))


def _locked(account: Account) -> SecondFactor | None:
    rows = SecondFactor.objects.select_for_update()
    return rows.filter(account=account, confirmed_at__isnull=False).first()


def _let_in(factor: SecondFactor, *, last_step: int) -> None:
    SecondFactor.objects.filter(pk=factor.pk).update(
        last_step=last_step, wrong=0, closed_until=None
    )


def _count_wrong(factor: SecondFactor, *, now: datetime) -> None:
    wrong = factor.wrong + 1
    closed_until = None
    if wrong >= FREE_WRONG:
        closed_until = now + min(FIRST_WAIT * (1 << min(wrong - FREE_WRONG, 10)), LONGEST_WAIT)
    SecondFactor.objects.filter(pk=factor.pk).update(
        wrong=F("wrong") + 1, closed_until=closed_until
    )


def _step_of(code: str, secret: str, *, now: datetime) -> int | None:
    """The period that the code belongs to, the present one or a neighbour; None if to none."""
    if len(code) != DIGITS or not (code.isascii() and code.isdigit()):
        return None
    totp = _totp(secret)
    present = int(now.timestamp()) // PERIOD
    found = None
    for step in range(present - DRIFT, present + DRIFT + 1):
        try:
            totp.verify(code.encode(), step * PERIOD)
        except InvalidToken:
            continue
        found = step
    return found


def _totp(secret: str) -> TOTP:
    # SHA-1, six digits, thirty seconds: what every authenticator app can do (RFC 6238).
    return TOTP(b32decode(secret), DIGITS, SHA1(), PERIOD)  # noqa: S303
