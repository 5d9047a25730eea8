"""Slows down guessing: after a few wrong passwords in a row, each further try has to wait.

Counted in the cache, for the name and for the address. A browser in which that name signed in
before has a count of its own: who guesses elsewhere cannot keep its owner out. Where the cache
cannot be reached nobody is slowed down, and nobody kept out.
"""

import logging
import secrets
import unicodedata
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from redis.exceptions import RedisError

from common import clock
from signin.browsers import address_of

logger = logging.getLogger(__name__)

#: Wrong passwords before the first wait. Many people may share one address.
FREE_FOR_NAME, FREE_FOR_ADDRESS = 5, 20
FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(minutes=5)
#: Without a wrong password for so long, the count begins anew.
MEMORY = timedelta(hours=1)
#: Longer than any count lives.
AGE_LIFE = int((2 * MEMORY).total_seconds())
COOKIE = "known_browser"
COOKIE_LIFE = timedelta(days=180)


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """Wrong passwords in a row by one name, address or browser, of which `free` cost no wait."""

    key: str
    free: int

    @property
    def gate(self) -> str:
        """The cache's key that is there while nobody may try; its value says until when."""
        return f"{self.key}.closed"

    def take(self) -> timedelta | None:
        """How long to wait before the next try; None: this is it, and others wait from now on."""
        wrong = cache.get(self.key, 0)
        # Of several who try at once, one closes the gate and passes.
        if wrong < self.free or cache.add(self.gate, *self._closed_after(wrong)):
            return None
        left = cache.get(self.gate, 0) - clock.now().timestamp()
        return timedelta(seconds=max(left, 1))

    def add(self) -> None:
        """One more was wrong."""
        seconds = int(MEMORY.total_seconds())
        cache.add(self.key, 0, seconds)
        wrong = cache.incr(self.key)
        cache.touch(self.key, seconds)
        if wrong >= self.free:
            cache.set(self.gate, *self._closed_after(wrong))

    def _closed_after(self, wrong: int) -> tuple[int, int]:
        """Until when the gate is closed, and for how many seconds."""
        wait = min(FIRST_WAIT * (1 << min(wrong - self.free, 10)), LONGEST_WAIT)
        return int((clock.now() + wait).timestamp()), int(wait.total_seconds())


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One try to sign in: what it counts for."""

    counts: Sequence[Count]
    browser: str
    """By what the browser will be known once somebody signed in."""
    is_known: bool
    """Whether that name signed in with this browser before."""

    def wait(self) -> timedelta | None:
        """How long to wait before a password is looked at; None if it may be now."""
        try:
            return next(filter(None, (count.take() for count in self.counts)), None)
        except RedisError as error:
            logger.warning("Signing in is not slowed down: %s", error)
            return None

    def first_to_wait(self, wait: timedelta) -> bool:
        """Whether nobody was told so far to wait in this wait; asked once."""
        with suppress(RedisError):
            told, seconds = f"{self.counts[0].key}.told", int(wait.total_seconds())
            return bool(cache.add(told, 1, seconds))
        return False

    def note_wrong(self) -> None:
        """The password was wrong."""
        with suppress(RedisError):
            for count in self.counts:
                count.add()

    def note_right(self) -> None:
        """The password was right: forget the wrong ones."""
        with suppress(RedisError):
            cache.delete_many([key for count in self.counts for key in (count.key, count.gate)])

    def know_browser(self, response: HttpResponse) -> None:
        """Somebody is signed in: this browser will be known under that name."""
        response.set_signed_cookie(
            COOKIE,
            self.browser,
            salt=COOKIE,
            max_age=COOKIE_LIFE,
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
            samesite="Lax",
        )


def attempt_of(request: HttpRequest, *, username: str) -> Attempt:
    """The try to sign in under that name that this request is."""
    name = _name_digest(username)
    known = request.get_signed_cookie(COOKIE, default="", salt=COOKIE) or ""
    age = _age(name)
    if known.startswith(f"{name}."):
        own = Count(key=f"sign-in.browser.{known}.{age}", free=FREE_FOR_NAME)
        return Attempt(counts=[own], browser=known, is_known=True)
    # The address first: one that has to wait does not use up the name's next try.
    counts = [
        Count(key=f"sign-in.address.{_digest(address_of(request))}", free=FREE_FOR_ADDRESS),
        Count(key=f"sign-in.name.{name}.{age}", free=FREE_FOR_NAME),
    ]
    return Attempt(counts=counts, browser=f"{name}.{secrets.token_urlsafe(9)}", is_known=False)


def unlock(username: str) -> None:
    """What was counted for that name counts no more, in browsers that it is known in neither.

    Raises:
        RedisError: the cache cannot be reached.
    """
    # Counts of known browsers bear names that nobody can list: all begin anew under the next age.
    cache.set(_age_key(_name_digest(username)), clock.now().timestamp(), AGE_LIFE)


def _age(name: str) -> str:
    try:
        return str(cache.get(_age_key(name), ""))
    except RedisError:
        return ""


def _age_key(name: str) -> str:
    return f"sign-in.age.{name}"


def _name_digest(username: str) -> str:
    return _digest(unicodedata.normalize("NFKC", username).casefold())


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:32]
