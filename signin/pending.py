"""Between the password and the code: who proved the password, while nobody is signed in yet."""

from dataclasses import dataclass
from datetime import timedelta

from django.http import HttpRequest
from django.utils.crypto import constant_time_compare

from common import clock
from crm.models import Account
from signin.session_store import moment

PENDING = "pending_sign_in"
LIFE = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """Somebody who gave the right password, and where they wanted to go."""

    account: Account
    next_page: str


def remember(request: HttpRequest, account: Account, *, next_page: str) -> None:
    """The password of `account` was right; the session gets another key."""
    request.session.flush()
    request.session[PENDING] = {
        "account": account.pk,
        "at": clock.now().isoformat(),
        "password": account.get_session_auth_hash(),
        "next": next_page,
    }
    request.session.set_expiry(int(LIFE.total_seconds()))


def recall(request: HttpRequest) -> Pending | None:
    """Who is on the way in; None where nobody is, it took too long, or something changed since."""
    kept = request.session.get(PENDING)
    if kept is None:
        return None
    at = moment(kept["at"])
    if at is None or clock.now() - at >= LIFE:
        return None
    account = Account.objects.filter(pk=kept["account"], is_active=True).first()
    if account is None:
        return None
    if not constant_time_compare(kept["password"], account.get_session_auth_hash()):
        return None
    return Pending(account=account, next_page=kept["next"])


def forget(request: HttpRequest) -> None:
    """Nobody is on the way in any more."""
    request.session.pop(PENDING, None)
