"""The plain values that flow through a sync."""

from enum import StrEnum


class OutcomeKind(StrEnum):
    """What became of one record in one run (design.md §3)."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    SKIPPED = "skipped"
    INVALID = "invalid"
    REJECTED = "rejected"
    UNSENT = "unsent"
