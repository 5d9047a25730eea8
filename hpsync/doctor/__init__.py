"""What an operator looks at first: everything that the product leans on, asked one by one.

Nothing is changed by it, here or in kintone.
"""

from collections.abc import Callable, Iterator, Sequence

from hpsync.doctor import around, inside, outside
from hpsync.doctor.findings import Finding, State

Check = Callable[[], Iterator[Finding]]

#: Without a database of this code's schema there is nothing to ask the others by.
FIRST: Sequence[Check] = (inside.database, inside.migrations)
NEXT: Sequence[Check] = (inside.ticks, inside.credentials, inside.administrators)
#: Need no database.
ALWAYS: Sequence[Check] = (
    inside.broker,
    inside.workers,
    around.files,
    around.disks,
    around.addresses,
    outside.mail,
)


def examine(*, asks_kintone: bool) -> Iterator[Finding]:
    """What is found, as it is found.

    Args:
        asks_kintone: Whether each connection that is at work is tried: two requests of its app's
            day at most.
    """
    stands = True
    for check in FIRST:
        for finding in check():
            stands = stands and finding.state is not State.FAIL
            yield finding
    for check in (*(NEXT if stands else ()), *ALWAYS):
        yield from check()
    if stands and asks_kintone:
        yield from outside.kintone()
