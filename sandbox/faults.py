"""What goes wrong on purpose: refusals, broken connections, slowness, too many at once."""

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.errors import ApiError


@dataclass(slots=True, kw_only=True, eq=False)
class Fault:
    """Skip the first matching requests, then spoil some.

    With `code`, kintone's own form of refusal is given; with `cut`, the connection is closed
    without an answer ("before" or "after" the request was carried out); else `status`, `body` and
    `headers` are sent as they are. A `code` with `containing` or `path` reaches into bulkRequests.
    """

    skip: int = 0
    times: int | None = 1
    """How many requests it spoils; None: all from then on."""
    status: int | None = None
    code: str = ""
    message: str | None = None
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: str = ""
    path: str | None = None
    """A part of the path of the requests it concerns."""
    method: str | None = None
    containing: str | None = None
    """A text that the body of the request must contain."""

    def error(self) -> ApiError:
        """The refusal that `code` stands for."""
        return ApiError(self.code, status=self.status, message=self.message or self.code)

    def concerns(self, *, path: str, method: str, text: str) -> bool:
        """Whether a request is one of those meant."""
        return (
            (self.path is None or self.path in path)
            and (self.method is None or self.method == method)
            and (self.containing is None or self.containing in text)
        )


class Faults:
    """The faults in force, oldest first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Put one more in force."""
        with self._lock:
            self._faults.append(fault)

    def clear(self) -> None:
        """Let everything go well again."""
        with self._lock:
            self._faults.clear()

    @property
    def pending(self) -> list[Fault]:
        """What is still in force."""
        with self._lock:
            return list(self._faults)

    def take(self, *, path: str, method: str, body: Any) -> Fault | None:
        """The fault that spoils this request, if one does."""
        in_bulk = path.endswith("/bulkRequest.json")
        return self._take(
            [fault for fault in self.pending if not (in_bulk and fault.code and fault.containing)],
            path=path,
            method=method,
            body=body,
        )

    def take_inner(self, *, path: str, method: str, payload: Any) -> Fault | None:
        """The refusal that spoils this request inside a bulkRequest, if one does."""
        reaching = [
            fault for fault in self.pending if fault.code and (fault.containing or fault.path)
        ]
        return self._take(reaching, path=path, method=method, body=payload)

    def _take(self, faults: list[Fault], *, path: str, method: str, body: Any) -> Fault | None:
        if not faults:
            return None
        text = json.dumps(body, ensure_ascii=False)
        with self._lock:
            for fault in faults:
                if fault not in self._faults:
                    continue
                if not fault.concerns(path=path, method=method, text=text):
                    continue
                if fault.skip > 0:
                    fault.skip -= 1
                    continue
                self._use(fault)
                return fault
        return None

    def _use(self, fault: Fault) -> None:
        if fault.times is None:
            return
        fault.times -= 1
        if fault.times <= 0:
            self._faults = [each for each in self._faults if each is not fault]


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency:
    """How long an answer takes: before the request is carried out, and after."""

    before: float = 0.0
    per_record: float = 0.0
    after: float = 0.0


class Gate:
    """Counts the calls under way in the domain; the one too many is refused."""

    def __init__(self, limit: int = 100) -> None:
        self.limit = limit
        self.running = 0
        self.most = 0
        self._lock = threading.Lock()

    def enter(self) -> int:
        """Come in; how many are under way now, this one included."""
        with self._lock:
            self.running += 1
            self.most = max(self.most, self.running)
            return self.running

    def leave(self) -> None:
        """Be done."""
        with self._lock:
            self.running -= 1
