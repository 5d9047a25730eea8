"""An authenticator app, and accounts that have one."""

from base64 import b32decode
from datetime import datetime

import pytest
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from common import clock
from crm.models import Account
from signin import factors


def code_of(key: str, *, at: datetime | None = None) -> str:
    """What an authenticator app with that key shows, now or at that moment."""
    secret = b32decode(key.replace(" ", ""))
    moment = (at or clock.now()).timestamp()
    return TOTP(secret, 6, SHA1(), 30).generate(moment).decode()


def give_factor(account: Account, *, now: datetime | None = None) -> tuple[str, list[str]]:
    """The key and the recovery codes of the second factor that the account now has.

    It was set up with the code of some minutes ago: the present one is still good.
    """
    now = now or clock.now()
    key = factors.set_up(account, now=now).pending
    codes = factors.confirm(account, code_of(key, at=now), now=now)
    assert codes
    account.second_factor.refresh_from_db()
    account.second_factor.last_step = 0
    account.second_factor.save()
    return key, codes


@pytest.fixture
def key(administrator: Account) -> str:
    """The key in the authenticator app of the administrator."""
    return give_factor(administrator)[0]
