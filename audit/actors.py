"""Who is at work in this thread: said once at the door, read where something is written down."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import wraps
from typing import ParamSpec, TypeVar

from audit.kinds import Origin

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Somebody, or something, that changes settings and data."""

    origin: Origin
    name: str = ""
    """The account's, the token's or the command's."""
    account_id: int | None = None


NOBODY = Actor(origin=Origin.SYSTEM)
_actor: ContextVar[Callable[[], Actor]] = ContextVar("actor", default=lambda: NOBODY)


def current() -> Actor:
    """Who is at work; `NOBODY` where it happens by itself."""
    return _actor.get()()


@contextmanager
def acting(find: Callable[[], Actor]) -> Iterator[None]:
    """What happens within is done by whom `find` names; it is asked only when that is needed."""
    token = _actor.set(find)
    try:
        yield
    finally:
        _actor.reset(token)


def by_command(
    name: str, *, origin: Origin = Origin.COMMAND
) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Decorates a command's `handle`: what it does is done by the command of that name."""
    actor = Actor(origin=origin, name=name)

    def decorate(handle: Callable[P, T]) -> Callable[P, T]:
        @wraps(handle)
        def acted(*args: P.args, **kwargs: P.kwargs) -> T:
            with acting(lambda: actor):
                return handle(*args, **kwargs)

        return acted

    return decorate
