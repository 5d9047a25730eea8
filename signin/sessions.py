"""A session from signing in to its end: it ends by itself when idle, and after its longest life."""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY, login, logout
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare

from common import clock
from crm.models import Account
from signin.browsers import address_of, browser_of
from signin.models import OpenSession
from signin.session_store import ADDRESS, BROWSER, SEEN, STARTED, moment

CONFIRMED = "confirmed_at"
#: Written down at most so often that somebody is there: not with every request.
SEEN_EVERY = timedelta(minutes=5)
BACKEND = "django.contrib.auth.backends.ModelBackend"


def begin(request: HttpRequest, account: Account) -> None:
    """Somebody who proved to be `account` is signed in, under a new session key."""
    login(request, account, backend=BACKEND)
    where = {"address": address_of(request), "browser": browser_of(request)}
    open_now(request.session, now=clock.now(), **where)


def open_now(session: SessionBase, *, now: datetime, address: str, browser: str) -> None:
    """The session begins now, with a password that was just given."""
    session[STARTED] = session[SEEN] = session[CONFIRMED] = now.isoformat()
    session[ADDRESS], session[BROWSER] = address, browser
    _keep_until_due(session, started=now, now=now)


def confirm(request: HttpRequest) -> None:
    """The password was given again, just now."""
    request.session[CONFIRMED] = clock.now().isoformat()


def is_confirmed(request: HttpRequest) -> bool:
    """Whether the password was given so lately that it need not be asked for."""
    at = moment(request.session.get(CONFIRMED))
    return at is not None and timedelta() <= clock.now() - at < settings.PASSWORD_AGAIN_AFTER


def open_sessions(account: Account) -> list[OpenSession]:
    """Where the account is signed in now, what was used last first."""
    rows = OpenSession.objects.filter(account=account, expire_date__gt=clock.now())
    now_valid = account.get_session_auth_hash()
    # A new password leaves rows behind that open nothing any more.
    return [
        row
        for row in rows.order_by("-seen_at")
        if constant_time_compare(row.get_decoded().get(HASH_SESSION_KEY, ""), now_valid)
    ]


def end_all(account: Account, *, but: str | None = None) -> int:
    """End the sessions of the account, but for the one of that key; return how many."""
    rows = OpenSession.objects.filter(account=account)
    ended, _ = (rows.exclude(session_key=but) if but else rows).delete()
    return ended


def forget_expired(*, now: datetime) -> None:
    """Remove the rows of sessions that ended by themselves."""
    OpenSession.objects.filter(expire_date__lt=now).delete()


class SessionLifeMiddleware:
    """Ends a session that was idle or lived too long, and notes that somebody is there.

    A page that refreshes itself is nobody's doing, and keeps no session alive.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """The page, for a session that lives."""
        if request.user.is_authenticated:
            _mind(request, now=clock.now())
        return self.get_response(request)


def _mind(request: HttpRequest, *, now: datetime) -> None:
    session = request.session
    started, seen = moment(session.get(STARTED)), moment(session.get(SEEN))
    if started is None or seen is None:
        # Nobody but `begin` opens a session; one from before an upgrade begins now, unconfirmed.
        session[STARTED] = session[SEEN] = now.isoformat()
        _keep_until_due(session, started=now, now=now)
    elif now >= started + settings.SESSION_LONGEST or now >= seen + settings.SESSION_IDLE:
        logout(request)
    elif now >= seen + SEEN_EVERY and not _refreshes_itself(request):
        session[SEEN] = now.isoformat()
        _keep_until_due(session, started=started, now=now)


def _refreshes_itself(request: HttpRequest) -> bool:
    return request.method == "GET" and request.headers.get("HX-Request") == "true"


def _keep_until_due(session: SessionBase, *, started: datetime, now: datetime) -> None:
    """The cookie and the row live as long as the session may."""
    left = min(settings.SESSION_IDLE, started + settings.SESSION_LONGEST - now)
    session.set_expiry(max(int(left.total_seconds()), 1))
