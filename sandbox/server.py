"""The HTTP server: threads, keep-alive, one write per answer."""

import socket
import sys
import threading
from http.server import BaseHTTPRequestHandler
from socketserver import BaseRequestHandler, TCPServer, ThreadingMixIn
from typing import Any, Protocol, cast

from sandbox.http_values import Answer, ConnectionCut, Incoming
from sandbox.service import Sandbox

LARGEST_BODY = 256 * 1024 * 1024


class Served(Protocol):
    """What a server puts on the line."""

    closing: threading.Event
    """Set when the server closes: whoever makes a caller wait gives up."""

    def handle(self, incoming: Incoming) -> Answer:
        """The answer.

        Raises:
            ConnectionCut: there is to be none.
        """


class _Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    # Buffer what is written and flush once: otherwise head and body go in two packets, and the
    # second waits some 40 ms for the acknowledgement of the first.
    wbufsize = -1
    disable_nagle_algorithm = True
    server: "HttpServer"

    def handle_one_request(self) -> None:
        """Serve one request of the connection; any method goes the same way."""
        self.raw_requestline = self.rfile.readline(65537)
        if len(self.raw_requestline) > 65536:
            self.close_connection = True
            return
        if not self.raw_requestline or not self.parse_request():
            self.close_connection = True
            return
        if not (self.headers.get("Content-Length") or "0").isdecimal() or (
            "Transfer-Encoding" in self.headers
        ):
            self.close_connection = True
            self.send_error(411)
            return
        try:
            self._send(self.server.served.handle(self._incoming()))
        except ConnectionCut:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
        self.wfile.flush()

    def _incoming(self) -> Incoming:
        length = min(int(self.headers.get("Content-Length") or 0), LARGEST_BODY)
        headers: dict[str, str] = {}
        for name, value in self.headers.items():
            lower = name.lower()
            headers[lower] = f"{headers[lower]},{value}" if lower in headers else value
        return Incoming(
            method=self.command,
            target=self.path,
            headers=headers,
            body=self.rfile.read(length) if length else b"",
            loopback=str(self.client_address[0]) in {"127.0.0.1", "::1"},
        )

    def _send(self, answer: Answer) -> None:
        self.send_response_only(answer.status)
        self.send_header("Server", self.version_string())
        if "Date" not in answer.headers:
            self.send_header("Date", self.date_time_string())
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(answer.body)))
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)

    def version_string(self) -> str:
        """What the Server header says."""
        return "hpsync-sandbox"

    def log_message(self, *args: Any) -> None:
        """Say nothing."""


class HttpServer(ThreadingMixIn, TCPServer):
    """Serves something in a thread of its own until it is closed."""

    allow_reuse_address = True
    request_queue_size = 256
    daemon_threads = False
    block_on_close = True

    def __init__(self, served: Served, *, host: str = "127.0.0.1", port: int = 0) -> None:
        self.served = served
        self._connections: set[socket.socket] = set()
        self._connections_lock = threading.Lock()
        super().__init__((host, port), cast("type[BaseRequestHandler]", _Handler))
        self._thread = threading.Thread(
            target=self.serve_forever, kwargs={"poll_interval": 0.02}, name="sandbox", daemon=True
        )

    @property
    def url(self) -> str:
        """Where it answers, without a slash at the end."""
        host, port = self.server_address[:2]
        return f"http://{host!s}:{port}"

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def close(self) -> None:
        """Stop answering, hang up on everybody, wait until all threads are gone."""
        self.served.closing.set()
        self.shutdown()
        with self._connections_lock:
            for connection in self._connections:
                _hang_up(connection)
        self.server_close()
        self._thread.join()

    def process_request(self, request: Any, client_address: Any) -> None:
        """Note the connection, so that `close` can end it, and serve it in a thread."""
        with self._connections_lock:
            self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """The connection is over."""
        with self._connections_lock:
            self._connections.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller that hangs up is no news; anything else is a fault of ours."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class SandboxServer(HttpServer):
    """Serves a kintone."""

    def __init__(self, sandbox: Sandbox, *, host: str = "127.0.0.1", port: int = 0) -> None:
        self.sandbox = sandbox
        super().__init__(sandbox, host=host, port=port)


def _hang_up(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # it was gone already
