"""What was asked, newest last, and how often each app was addressed."""

import threading
from collections import Counter, deque
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

MOST_KEPT = 10_000


@dataclass(slots=True, kw_only=True)
class Exchange:
    """One request with what came of it."""

    method: str
    path: str
    at: datetime
    headers: dict[str, str]
    """In lower case, without credentials."""
    query: str = ""
    body: Any = None
    apps: tuple[int, ...] = ()
    """The app of every request that kintone counts: several times for a bulkRequest."""
    status: int | None = None
    """None while it is under way, or where the connection was cut."""
    cut: bool = field(default=False)

    @property
    def app(self) -> int | None:
        """The app addressed, if it is one."""
        return self.apps[0] if len(set(self.apps)) == 1 else None

    @property
    def counted(self) -> int:
        """How many requests kintone counts for it."""
        return len(self.apps)


class Log:
    """The last exchanges; the counts go on beyond them."""

    def __init__(self, *, keep_bodies: bool) -> None:
        self.keep_bodies = keep_bodies
        self._lock = threading.Lock()
        self._exchanges: deque[Exchange] = deque(maxlen=MOST_KEPT)
        self._counts: Counter[int] = Counter()
        self._total = 0

    def add(self, exchange: Exchange) -> None:
        """Remember an exchange that begins."""
        with self._lock:
            self._exchanges.append(exchange)
            self._counts.update(exchange.apps)
            self._total += 1

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._exchanges.clear()
            self._counts.clear()
            self._total = 0

    @property
    def exchanges(self) -> list[Exchange]:
        """The last exchanges, oldest first."""
        with self._lock:
            return list(self._exchanges)

    @property
    def counts(self) -> dict[int, int]:
        """App id → how many requests kintone counts for it."""
        with self._lock:
            return dict(self._counts)

    @property
    def total(self) -> int:
        """How many exchanges there were."""
        with self._lock:
            return self._total
