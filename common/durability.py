"""Which transactions wait until they are on the disk (docs/decisions/0016)."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction


@contextmanager
def durable_soon() -> Iterator[None]:
    """A transaction that may be forgotten if the database's server crashes within a second.

    For what does no harm when it is done again. It is seen by all at once, and is on the disk
    before anything that is committed after it as usual. Within another transaction it is a part of
    that one.
    """
    by_itself = not connection.in_atomic_block
    with transaction.atomic():
        if by_itself and connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL synchronous_commit TO OFF")
        yield
