"""One thing that was looked at, how it is, and what to do about it."""

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """How something is."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """In the operator's language."""

    what: str
    state: State
    said: str = ""
    remedy: str = ""
    """What to do; "" where all is well."""


def well(what: str, said: str = "") -> Finding:
    """It is as it should be."""
    return Finding(what=what, state=State.OK, said=said)


def warning(what: str, said: str, *, remedy: str) -> Finding:
    """It works, and is not as it should be."""
    return Finding(what=what, state=State.WARN, said=said, remedy=remedy)


def failure(what: str, said: str, *, remedy: str) -> Finding:
    """It does not work."""
    return Finding(what=what, state=State.FAIL, said=said, remedy=remedy)
