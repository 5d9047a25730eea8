"""Ports of this machine that nobody listens on."""

import socket
from collections.abc import Collection

LOOPBACK = "127.0.0.1"
#: How many ports after the preferred one are tried.
NEIGHBOURS = 100


def is_free(port: int) -> bool:
    """Whether we could listen on the port of the loopback address now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def free_port(preferred: int, *, besides: Collection[int] = ()) -> int:
    """`preferred` if it is free, else the next free one that is not in `besides`.

    Raises:
        OSError: a hundred ports in a row are taken.
    """
    for port in range(preferred, preferred + NEIGHBOURS):
        if port not in besides and is_free(port):
            return port
    message = f"No free port from {preferred} on."
    raise OSError(message)
