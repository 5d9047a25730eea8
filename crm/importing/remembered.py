"""What an import remembers of the lines behind it, on disk: a file may have millions."""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Earlier:
    """A line that was accepted."""

    line: int
    digest: bytes


@dataclass(frozen=True, slots=True)
class Supposed:
    """A line that is refused for want of its parent: its own key, and its parent's."""

    key: str
    parent: str


_TABLES: Final = (
    "CREATE TABLE seen (key TEXT PRIMARY KEY, line INTEGER, digest BLOB) WITHOUT ROWID",
    "CREATE TABLE refused (line INTEGER PRIMARY KEY, reason TEXT, waits INT, key TEXT, over TEXT)",
    "CREATE INDEX waiting ON refused (waits) WHERE waits > 0",
)
_WAITS: Final = 1
_TRIED_AGAIN: Final = 2


class Remembered:
    """The keys that were accepted with their lines, and the lines that were refused."""

    def __init__(self) -> None:
        # "" is a database in a temporary file, which goes when it is closed.
        self._database = sqlite3.connect("", isolation_level=None)
        self._database.execute("PRAGMA journal_mode=OFF")
        for table in _TABLES:
            self._database.execute(table)
        self.refused = 0
        """How many lines are refused as it stands."""

    def close(self) -> None:
        """Forget everything."""
        self._database.close()

    def find(self, key: str) -> Earlier | None:
        """The line that had this key, or None."""
        query = "SELECT line, digest FROM seen WHERE key = ?"
        found = self._database.execute(query, [key]).fetchone()
        return None if found is None else Earlier(*found)

    def accept(self, key: str, *, line: int, digest: bytes) -> None:
        """Keep the key of an accepted line."""
        self._database.execute("INSERT OR REPLACE INTO seen VALUES (?, ?, ?)", [key, line, digest])

    def refuse(
        self, line: int, reason: str, *, waits: bool = False, supposed: Supposed | None = None
    ) -> None:
        """Keep why nothing of a line was written.

        Args:
            waits: Another line of the file may still help it.
            supposed: What a rehearsal needs to know of such a line.
        """
        key, parent = (supposed.key, supposed.parent) if supposed else (None, None)
        values = [line, reason, _WAITS if waits else 0, key, parent]
        self._database.execute("INSERT INTO refused VALUES (?, ?, ?, ?, ?)", values)
        self.refused += 1

    def reasons(self, *, most: int = -1) -> Iterator[tuple[int, str]]:
        """(line, reason) of refused lines in their order; -1: all of them."""
        query = "SELECT line, reason FROM refused ORDER BY line LIMIT ?"
        return iter(self._database.execute(query, [most]))

    def begin_again(self) -> int:
        """How many lines wait for others; they may be taken again now."""
        query = "UPDATE refused SET waits = ? WHERE waits = ?"
        return self._database.execute(query, [_TRIED_AGAIN, _WAITS]).rowcount

    def takes_again(self, line: int) -> bool:
        """Whether this line is one of those; then it is refused no more."""
        query = "DELETE FROM refused WHERE line = ? AND waits = ?"
        taken = self._database.execute(query, [line, _TRIED_AGAIN]).rowcount == 1
        self.refused -= taken
        return taken

    def suppose(self) -> list[tuple[int, str]]:
        """(line, key) of waiting lines whose parents were accepted; they are refused no more."""
        query = (
            "SELECT refused.line, refused.key FROM refused JOIN seen ON seen.key = refused.over"
            " WHERE refused.waits > 0 LIMIT 10000"
        )
        found = self._database.execute(query).fetchall()
        for line, key in found:
            self._database.execute("DELETE FROM refused WHERE line = ?", [line])
            self.accept(key, line=line, digest=b"")
        self.refused -= len(found)
        return found
