"""How often Python looks for garbage that reference counting leaves: rings of objects."""

import gc

#: New containers until the youngest are looked through again; Python's own number is 700.
NEW_CONTAINERS = 20_000


def collect_seldom() -> None:
    """Let a process that pushes records spend its time on them.

    A push makes many dictionaries and hardly a ring. By default an eighth of its time went into
    looking for rings again and again, also among all that was there when the process began.
    """
    gc.freeze()
    gc.set_threshold(NEW_CONTAINERS)
