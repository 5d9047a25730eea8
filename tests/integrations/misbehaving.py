"""A server on real sockets that does one wrong thing per request, as told."""

import socket
import struct
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

Deed = Callable[["MisbehavingServer", socket.socket], None]


class MisbehavingServer:
    """Does the deeds it was given, one per connection and in order; keeps what it received."""

    def __init__(self) -> None:
        self.deeds: deque[Deed] = deque()
        self.received: list[bytes] = []
        self.over = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._threads = [threading.Thread(target=self._serve)]
        self._threads[0].start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def close(self) -> None:
        self.over.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join()

    def read_request(self, connection: socket.socket) -> None:
        """Take in one whole request."""
        received = b""
        while b"\r\n\r\n" not in received:
            received += connection.recv(65536)
        head, _, body = received.partition(b"\r\n\r\n")
        length = 0
        for line in head.split(b"\r\n"):
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        while len(body) < length:
            body += connection.recv(65536)
        self.received.append(head + b"\r\n\r\n" + body)

    def _serve(self) -> None:
        while not self.over.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            deed = self.deeds.popleft()
            thread = threading.Thread(target=self._do, args=(deed, connection))
            self._threads.append(thread)
            thread.start()

    def _do(self, deed: Deed, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            deed(self, connection)


@contextmanager
def misbehaving_server(*deeds: Deed) -> Iterator[MisbehavingServer]:
    """A server that does `deeds`."""
    server = MisbehavingServer()
    server.deeds.extend(deeds)
    try:
        yield server
    finally:
        server.close()


def _reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def reset_at_once(server: MisbehavingServer, connection: socket.socket) -> None:
    """Hangs up without having read anything."""
    _reset(connection)


def reset_after_reading(server: MisbehavingServer, connection: socket.socket) -> None:
    """Takes the whole request in and hangs up."""
    server.read_request(connection)
    _reset(connection)


def close_after_reading(server: MisbehavingServer, connection: socket.socket) -> None:
    """Takes the whole request in and says goodbye without an answer."""
    server.read_request(connection)


def say_nothing(server: MisbehavingServer, connection: socket.socket) -> None:
    """Takes the whole request in and never answers."""
    server.read_request(connection)
    server.over.wait(timeout=30)


def answer(body: bytes, *, status: str = "200 OK", length: int | None = None) -> Deed:
    """Answers so; `length` may lie."""

    def deed(server: MisbehavingServer, connection: socket.socket) -> None:
        server.read_request(connection)
        said = len(body) if length is None else length
        head = f"HTTP/1.1 {status}\r\nContent-Length: {said}\r\nConnection: close\r\n\r\n"
        connection.sendall(head.encode() + body)

    return deed


def drip(pause: float) -> Deed:
    """Answers one byte at a time, for ever."""

    def deed(server: MisbehavingServer, connection: socket.socket) -> None:
        server.read_request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        while not server.over.wait(timeout=pause):
            connection.sendall(b" ")

    return deed
