"""A kintone to measure against: a process of its own, HTTPS and HTTP, far cheaper than `sandbox`.

    .venv/bin/python -m benchmarks.standin --folder DIR

Prints one line of JSON when it is ready: `http`, `https` (addresses) and `ca` (the file of its
self-made certificate, for KINTONE_CA_BUNDLE). It ends with its standard input, or by a signal.

Beside kintone's calls it answers `POST /configure` (an app, latency, refusals, the limit of
requests at once), `POST /reset` (counters) and `GET /stats`:

- `wire`: HTTP requests, refused ones included; `counted`: requests that kintone counts, the inner
  ones of a bulkRequest each; `refused`: answers that were no 200; `written`: records written.
- `most`: most requests under way at once, from their head to their answer.
- `busy`: server-seconds, the sum of that time over all requests; `cpu`: this process's own seconds.

A request takes `flat` seconds, and `per_record` for each of its records: the requests inside a
bulkRequest run one after another, requests beside each other do not slow each other down.
"""

import argparse
import asyncio
import gc
import re
import ssl
import sys
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any, cast

import orjson
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from benchmarks.standin_calls import Asked, Json, Kintone, Refusing, error_body, read

HOST = "127.0.0.1"
_LENGTH = re.compile(rb"\r\ncontent-length:\s*([0-9]+)", re.IGNORECASE)
_OVERRIDE = re.compile(rb"\r\nx-http-method-override:\s*([A-Z]+)", re.IGNORECASE)
_REASONS = {200: "OK", 400: "Bad Request", 404: "Not Found", 429: "Too Many Requests"}


@dataclass(slots=True)
class Counters:
    """What `/stats` tells."""

    wire: int = 0
    counted: int = 0
    refused: int = 0
    written: int = 0
    most: int = 0
    busy: float = 0.0
    cpu_before: float = 0.0

    def shown(self) -> Json:
        """As JSON."""
        return {
            "wire": self.wire,
            "counted": self.counted,
            "refused": self.refused,
            "written": self.written,
            "most": self.most,
            "busy": self.busy,
            "cpu": time.process_time() - self.cpu_before,
        }


class StandIn:
    """The records, the clockwork around them, and the counters."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.kintone = Kintone()
        self.counters = Counters()
        self.flat = 0.0
        self.per_record = 0.0
        self.limit = 100
        self.running = 0

    def enter(self) -> int:
        """A request has begun; how many are under way with it."""
        self.running += 1
        self.counters.most = max(self.counters.most, self.running)
        return self.running

    def leave(self, since: float) -> None:
        """It was answered."""
        self.running -= 1
        self.counters.busy += time.perf_counter() - since

    def seconds(self, asked: Asked) -> float:
        """How long its answer takes."""
        return self.flat + self.per_record * asked.records

    def answer(self, asked: Asked) -> tuple[int, bytes]:
        """Carry it out."""
        status, body = self.kintone.answer(asked)
        if status == 200:
            self.counters.written += asked.records
        return status, body

    def control(self, path: str, body: bytearray) -> Json:
        """One of our own calls."""
        if path == "/configure":
            return self._configure(orjson.loads(body))
        if path == "/reset":
            self.counters = Counters(cpu_before=time.process_time())
            return {}
        return self.counters.shown()

    def _configure(self, given: Json) -> Json:
        self.flat = float(given.get("flat", self.flat))
        self.per_record = float(given.get("per_record", self.per_record))
        self.limit = int(given.get("limit", self.limit))
        if "refuse" in given:
            refuse = given["refuse"]
            self.kintone.refusing = Refusing(**{**refuse, "keys": frozenset(refuse["keys"])})
        if "app" not in given:
            return {}
        return {"app": self.kintone.add_app(given["app"]["name"], given["app"]["fields"])}


class Connection(asyncio.Protocol):
    """One connection: request, answer, request, answer."""

    def __init__(self, standin: StandIn) -> None:
        self._standin = standin
        self._transport: asyncio.Transport | None = None
        self._buffer = bytearray()
        self._head: _Head | None = None
        self._answering = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where to answer."""
        self._transport = cast("asyncio.Transport", transport)

    def connection_lost(self, _error: Exception | None) -> None:
        """What is under way is carried out all the same, as in kintone."""
        self._transport = None
        if self._head is not None and self._head.counts and not self._answering:
            self._standin.leave(self._head.since)

    def data_received(self, data: bytes) -> None:
        """Take the piece in; answer once the request is whole."""
        self._buffer += data
        self._proceed()

    def _proceed(self) -> None:
        if self._answering:
            return
        if self._head is None:
            end = self._buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            self._head = self._begin(bytes(self._buffer[:end]))
            del self._buffer[: end + 4]
        if len(self._buffer) >= self._head.length:
            body = self._buffer
            # Nothing is copied unless the next request is here already.
            self._buffer = body[self._head.length :]
            del body[self._head.length :]
            self._answering = True
            self._serve(self._head, body)

    def _begin(self, head: bytes) -> "_Head":
        method, target, _ = head.split(b"\r\n", 1)[0].decode("latin-1").split(" ", 2)
        length, override = _LENGTH.search(head), _OVERRIDE.search(head)
        begun = _Head(
            method=override[1].decode() if override else method,
            target=target,
            length=int(length[1]) if length else 0,
            since=time.perf_counter(),
        )
        return replace(begun, running=self._standin.enter()) if begun.counts else begun

    def _serve(self, head: "_Head", body: bytearray) -> None:
        standin = self._standin
        if not head.counts:
            self._send(200, orjson.dumps(standin.control(head.target, body)))
            return
        asked = read(head.method, head.target, body)
        standin.counters.wire += 1
        standin.counters.counted += asked.counted if asked else 0
        if asked is None:
            self._end(head, 404, b'{"message": "Not Found"}')
        elif head.running > standin.limit:
            self._end(head, 429, orjson.dumps(error_body("GAIA_TO04")))
        elif seconds := standin.seconds(asked):
            standin.loop.call_later(seconds, self._carry_out, head, asked)
        else:
            self._carry_out(head, asked)

    def _carry_out(self, head: "_Head", asked: Asked) -> None:
        self._end(head, *self._standin.answer(asked))

    def _end(self, head: "_Head", status: int, body: bytes) -> None:
        self._standin.leave(head.since)
        self._standin.counters.refused += status != 200
        more = (
            f"X-ConcurrencyLimit-Limit: {self._standin.limit}\r\n"
            f"X-ConcurrencyLimit-Running: {head.running}\r\n"
        )
        if status == 429:
            more += "X-Cybozu-Error: GAIA_TO04\r\n"
        self._send(status, body, more=more)

    def _send(self, status: int, body: bytes, *, more: str = "") -> None:
        head = (
            f"HTTP/1.1 {status} {_REASONS.get(status, 'Refused')}\r\n"
            f"Content-Type: application/json;charset=utf-8\r\n{more}"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        if self._transport is not None:
            self._transport.write(head.encode() + body)
        self._head, self._answering = None, False
        if self._buffer:
            self._proceed()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Head:
    method: str
    target: str
    length: int
    since: float
    running: int = 0

    @property
    def counts(self) -> bool:
        """Whether it is a request to kintone, not to the stand-in itself."""
        return self.target.startswith("/k/")


def make_certificate(path: Path) -> None:
    """Write a certificate for this machine with its key, good for a day."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "stand-in for measuring")])
    now = datetime.now(UTC)
    own_addresses = [x509.IPAddress(IPv4Address(HOST)), x509.DNSName("localhost")]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(own_addresses), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + certificate.public_bytes(pem))


async def serve(folder: Path) -> None:
    """Answer until the standard input ends."""
    loop = asyncio.get_running_loop()
    standin = StandIn(loop)

    def connection() -> Connection:
        return Connection(standin)

    pem = folder / "standin.pem"
    make_certificate(pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    plain = await loop.create_server(connection, HOST, 0, backlog=256)
    secure = await loop.create_server(connection, HOST, 0, ssl=context, backlog=256)
    ready: dict[str, Any] = {"http": plain, "https": secure}
    addresses = {
        scheme: f"{scheme}://{HOST}:{server.sockets[0].getsockname()[1]}"
        for scheme, server in ready.items()
    }
    print(orjson.dumps({**addresses, "ca": str(pem)}).decode(), flush=True)
    ended = asyncio.Event()

    def on_input() -> None:
        if not sys.stdin.buffer.read(1):
            ended.set()

    loop.add_reader(sys.stdin, on_input)
    await ended.wait()


def main() -> None:
    """Serve."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.standin")
    parser.add_argument("--folder", type=Path, required=True, help="for the certificate")
    folder: Path = parser.parse_args().folder
    # What is kept holds no circles: a million records are nothing to walk through now and then.
    gc.disable()
    asyncio.run(serve(folder))


if __name__ == "__main__":
    main()
