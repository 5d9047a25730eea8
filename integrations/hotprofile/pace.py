"""Keeps calls within what Hot Profile bears: so many in any 60 seconds."""

import time
from collections import deque
from collections.abc import Callable

#: Hot Profile counts over this time. Source: the connector's limit, 100 calls per 60 seconds.
WINDOW = 60.0


class Pace:
    """Waits before a call that would be one too many."""

    def __init__(
        self,
        calls: int,
        *,
        sleep: Callable[[float], None] = time.sleep,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._calls = calls
        self._sleep = sleep
        self._now = now
        self._sent: deque[float] = deque()

    def wait(self) -> None:
        """Return when a call may leave; it counts from then on, whatever becomes of it."""
        while True:
            now = self._now()
            while self._sent and self._sent[0] <= now - WINDOW:
                self._sent.popleft()
            if len(self._sent) < self._calls:
                self._sent.append(now)
                return
            self._sleep(self._sent[0] + WINDOW - now)
