"""Step 9: how far the source is accounted for, while its rows are settled in any order."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from jobs.engine.values import Chunk


@dataclass(slots=True)
class Marks:
    """Which rows are in hand, and which chunks have none left that is."""

    _open: dict[int, int] = field(default_factory=dict)
    """Row → number of the chunk that it came with."""
    _left: dict[int, int] = field(default_factory=dict)
    """Number of a chunk → how many of its rows are in hand."""
    _reaches: deque[tuple[int, datetime]] = field(default_factory=deque)
    _chunks: int = 0

    def __contains__(self, row_id: int) -> bool:
        return row_id in self._open

    def take(self, row_ids: Iterable[int]) -> None:
        """These rows of the chunk that comes next are in hand from now on."""
        for row_id in row_ids:
            self._open[row_id] = self._chunks
            self._left[self._chunks] = self._left.get(self._chunks, 0) + 1

    def close(self, chunk: Chunk) -> None:
        """No more rows come with this chunk."""
        if chunk.reaches is not None:
            self._reaches.append((self._chunks, chunk.reaches))
        self._chunks += 1

    def let_go(self, row_ids: Iterable[int]) -> None:
        """These rows are settled, or the ledger brings them back by itself."""
        for row_id in row_ids:
            number = self._open.pop(row_id, None)
            if number is None:
                continue
            self._left[number] -= 1
            if not self._left[number]:
                del self._left[number]

    def reached(self) -> datetime | None:
        """Up to where everything is accounted for, if that is further than it was."""
        first_open = min(self._left, default=self._chunks)
        reached = None
        while self._reaches and self._reaches[0][0] < first_open:
            reached = self._reaches.popleft()[1]
        return reached
