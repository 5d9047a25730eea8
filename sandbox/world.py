"""Everything that the stand-in remembers, behind one lock."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sandbox.model import Domain


@dataclass(slots=True, kw_only=True)
class Cursor:
    """A records/cursor: the ids still to be given out."""

    app: int
    fields: tuple[str, ...]
    size: int
    ids: list[int]
    used: datetime


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(kw_only=True)
class World:
    """The domains by name; the first is the one that answers where a URL names none."""

    domains: dict[str, Domain]
    clock: Callable[[], datetime] = _now
    lock: threading.RLock = field(default_factory=threading.RLock)
    files: dict[str, dict[str, Any]] = field(default_factory=dict)
    """File key → name, contentType, size of what was uploaded."""
    contents: dict[str, bytes] = field(default_factory=dict)
    cursors: dict[str, Cursor] = field(default_factory=dict)
    on_change: Callable[[], None] = field(default=lambda: None)
    """Called under the lock after something was written."""

    @property
    def default(self) -> Domain:
        """The domain of URLs without a domain segment."""
        return next(iter(self.domains.values()))
