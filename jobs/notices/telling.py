"""What the tick does: people are told of what began and ended."""

from datetime import datetime

from jobs.notices import posting, sending


def tell(*, now: datetime) -> int:
    """Write down who is to be told, send what is due; return how many messages arrived."""
    posting.post(now=now)
    return sending.send_due(now=now)
