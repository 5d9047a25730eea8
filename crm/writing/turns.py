"""Who may write while IDs change hands.

A delivery looks up which IDs are old ones, then writes. Were a merge committed between the two, the
delivery would bring back the row that has just gone. So deliveries share a lock, and whoever
renumbers or merges has it alone. SQLite lets one writer in at a time anyway.
"""

from typing import Final

from django.db import connection

#: Our number among the advisory locks of the database.
_IDENTITY: Final = 7_204_301


def share() -> None:
    """No ID changes hands until this transaction ends."""
    _lock("pg_advisory_xact_lock_shared")


def alone() -> None:
    """Nobody else writes customer data until this transaction ends."""
    _lock("pg_advisory_xact_lock")


def _lock(function: str) -> None:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {function}(%s)", [_IDENTITY])
