"""The way from the product to the sandbox: passes on what comes, does to writes what it is told.

Unlike a server that only misbehaves, it lets kintone carry the request out, so that a test can look
at what is true afterwards.
"""

import socket
import struct
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit

Deed = Callable[["Passage"], None]


@dataclass(slots=True)
class Passage:
    """One request on its way."""

    wire: "Wire"
    client: socket.socket
    request: bytes

    @property
    def writes(self) -> bool:
        """Whether records are written by it."""
        line = self.request.partition(b"\r\n")[0]
        return line.startswith(b"PUT ") or b"bulkRequest" in line

    def carry_out(self) -> bytes:
        """The sandbox's answer, once it has the request; empty if it hung up without one."""
        with socket.create_connection(self.wire.target) as kintone:
            kintone.sendall(self.request)
            return _read_message(kintone)

    def hand_over(self, answer: bytes) -> None:
        """The product gets this."""
        if not answer:
            self.hang_up()
        self.client.sendall(answer)

    def hang_up(self, *, rudely: bool = False) -> None:
        """The connection is closed, or reset."""
        if rudely:
            self.client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        else:
            self.client.shutdown(socket.SHUT_RDWR)
        self.client.close()


class Wire:
    """Listens on one port for as long as the tests run, whichever sandbox is behind it."""

    def __init__(self) -> None:
        self.target = ("127.0.0.1", 0)
        self._lock = threading.Lock()
        self._deeds: deque[Deed] = deque()
        self._always: Deed | None = None
        self._open: set[socket.socket] = set()
        self._port = 0
        self._over = threading.Event()
        self.connect()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.disconnect()

    @property
    def url(self) -> str:
        """Where the product finds kintone."""
        return f"http://127.0.0.1:{self._port}"

    def lead_to(self, url: str) -> None:
        """Everything goes well, and to this sandbox."""
        at = urlsplit(url)
        assert at.hostname
        assert at.port
        self.target = (at.hostname, at.port)
        self.heal()

    def do(self, *deeds: Deed) -> None:
        """Do these to the next writes, one to each."""
        with self._lock:
            self._deeds.extend(deeds)

    def do_always(self, deed: Deed) -> None:
        """Do this to every write from now on."""
        with self._lock:
            self._always = deed

    @property
    def has_more_to_do(self) -> bool:
        """Whether there are deeds for writes to come."""
        return bool(self._deeds)

    def heal(self) -> None:
        """Everything goes well again."""
        self._over.set()
        with self._lock:
            self._over = threading.Event()
            self._deeds.clear()
            self._always = None

    def wait_until_healed(self) -> None:
        """For deeds that last."""
        self._over.wait(timeout=30)

    def connect(self) -> None:
        """Listen, on the same port as before."""
        self._listener = socket.create_server(("127.0.0.1", self._port))
        self._port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._accept, args=(self._listener,))
        self._thread.start()

    def disconnect(self) -> None:
        """Whoever calls is refused, and whoever is connected is hung up on."""
        self.heal()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()
        for client in list(self._open):
            with suppress(OSError):
                client.shutdown(socket.SHUT_RDWR)

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        self._open.add(client)
        with client, suppress(OSError):
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while request := _read_message(client):
                passage = Passage(self, client, request)
                self._deed_for(passage)(passage)
        self._open.discard(client)

    def _deed_for(self, passage: Passage) -> Deed:
        with self._lock:
            if not passage.writes:
                return pass_on
            if self._deeds:
                return self._deeds.popleft()
            return self._always or pass_on


def _read_message(connection: socket.socket) -> bytes:
    """One request or answer, head and body; empty if there comes none."""
    received = b""
    while b"\r\n\r\n" not in received:
        piece = connection.recv(65536)
        if not piece:
            return b""
        received += piece
    head, _, body = received.partition(b"\r\n\r\n")
    length = 0
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    pieces, missing = [body], length - len(body)
    while missing > 0:
        piece = connection.recv(min(missing, 1 << 20))
        if not piece:
            return b""
        pieces.append(piece)
        missing -= len(piece)
    return head + b"\r\n\r\n" + b"".join(pieces)


# What can be done to a write. kintone carries it out, unless it is said that it does not.


def pass_on(passage: Passage) -> None:
    """Nothing is wrong."""
    passage.hand_over(passage.carry_out())


def reset_before(passage: Passage) -> None:
    """The connection is reset before kintone has the request."""
    passage.hang_up(rudely=True)


def reset_after(passage: Passage) -> None:
    """The connection is reset instead of an answer."""
    passage.carry_out()
    passage.hang_up(rudely=True)


def silence_after(passage: Passage) -> None:
    """There is never an answer."""
    passage.carry_out()
    passage.wire.wait_until_healed()


def half_a_body(passage: Passage) -> None:
    """The answer breaks off in the middle."""
    answer = passage.carry_out()
    passage.client.sendall(answer[:-10])
    passage.hang_up()


def malformed(passage: Passage) -> None:
    """The answer is complete, and no JSON."""
    passage.carry_out()
    passage.hand_over(_message(b'{"records": [{"id": "1", "revi'))


def too_few(passage: Passage) -> None:
    """The answer is kintone's, but does not speak of every record."""
    passage.carry_out()
    one = b'{"id":"1","revision":"1","operation":"INSERT"}'
    bulk = b"bulkRequest" in passage.request.partition(b"\r\n")[0]
    body = b'{"records":[%b]}' % one
    passage.hand_over(_message(b'{"results":[%b]}' % body if bulk else body))


def page_after(status: bytes) -> Deed:
    """A gateway answers with a page, though kintone carried the request out."""

    def deed(passage: Passage) -> None:
        passage.carry_out()
        passage.hand_over(_message(b"<html>%b</html>" % status, status=status))

    return deed


def meanwhile(act: Callable[[], object]) -> Deed:
    """Something happens after kintone has answered, before the product has read it."""

    def deed(passage: Passage) -> None:
        answer = passage.carry_out()
        act()
        passage.hand_over(answer)

    return deed


def held_up(until: threading.Event) -> Deed:
    """The request lies somewhere on the way, and arrives at kintone only then."""

    def deed(passage: Passage) -> None:
        until.wait(timeout=30)
        answer = passage.carry_out()
        passage.hand_over(answer)

    return deed


def _message(body: bytes, *, status: bytes = b"200 OK") -> bytes:
    return b"HTTP/1.1 %b\r\nContent-Length: %d\r\n\r\n%b" % (status, len(body), body)
