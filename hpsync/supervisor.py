"""Keeps child processes running: starts them, restarts those that end, stops them all together."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from types import FrameType
from typing import IO

#: How long to wait before a restart: doubled with every failure, forgotten after a healthy while.
FIRST_PAUSE = timedelta(seconds=1)
LONGEST_PAUSE = timedelta(seconds=30)
HEALTHY_AFTER = timedelta(seconds=60)
#: What a child has to end by itself before it is killed.
GRACE = timedelta(seconds=10)
GLANCE = timedelta(milliseconds=100)
LARGEST_LOG = 5_000_000
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """One child to keep running; its output goes to `log`."""

    name: str
    command: Sequence[str]
    log: Path
    folder: Path
    """Where it runs."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """Beside ours."""


class Child:
    """A program and the process that runs it, if one does."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.process: subprocess.Popen[bytes] | None = None
        self.failures = 0
        self.started_at = 0.0
        self.due_at = 0.0

    def start(self) -> None:
        """The program runs, tied to this process: if this one dies, however, it dies too."""
        parent = os.getpid()
        with _opened(self.program.log) as log:
            self.process = subprocess.Popen(  # noqa: S603 — commands of ours, no shell
                list(self.program.command),
                cwd=self.program.folder,
                env={**os.environ, **self.program.environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                # Ctrl-C in a terminal goes to the supervisor alone, which stops them in order.
                start_new_session=True,
                # Safe here: the supervisor has one thread.
                preexec_fn=lambda: _die_with(parent),
            )
        self.started_at = time.monotonic()

    def ended(self) -> int | None:
        """The exit code of a process that ended just now, else None."""
        return None if self.process is None else self.process.poll()

    def rest(self, *, now: float) -> float:
        """Note that it ended; returns the seconds until it is started again."""
        healthy = now - self.started_at >= HEALTHY_AFTER.total_seconds()
        self.failures = 0 if healthy else self.failures + 1
        doubled = FIRST_PAUSE * (1 << max(0, min(self.failures, 10) - 1))
        pause = min(doubled, LONGEST_PAUSE).total_seconds()
        self.process = None
        self.due_at = now + pause
        return pause

    def tell(self, number: signal.Signals) -> None:
        """Send the signal to the process and to whatever it started."""
        if self.process is not None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, number)


class Supervisor:
    """Runs programs until it is told to stop.

    `say_ended(name, exit code, pause)` is called when a child ended and will be started again.
    """

    def __init__(
        self, programs: Sequence[Program], *, say_ended: Callable[[str, int, float], None]
    ) -> None:
        self.children = [Child(program) for program in programs]
        self.say_ended = say_ended
        self.stopping = False

    def run(self, *, when_started: Callable[[], bool]) -> None:
        """Keep all programs running; returns when they were stopped by a signal.

        `when_started` is asked again and again until it says True once: has what was started come
        up? It may tell people.
        """
        before = {number: signal.signal(number, self._stop) for number in STOP_SIGNALS}
        try:
            for child in self.children:
                child.start()
            came_up = False
            while not self.stopping:
                self._look_after_children()
                came_up = came_up or when_started()
                time.sleep(GLANCE.total_seconds())
        finally:
            self._stop_children()
            for number, handler in before.items():
                signal.signal(number, handler)

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self.stopping = True

    def _look_after_children(self) -> None:
        now = time.monotonic()
        for child in self.children:
            code = child.ended()
            if code is not None:
                # What it left behind must not get in the way of the next.
                child.tell(signal.SIGKILL)
                self.say_ended(child.program.name, code, child.rest(now=now))
            elif child.process is None and child.due_at <= now:
                child.start()

    def _stop_children(self) -> None:
        """All end, and last the first started, on which the others lean."""
        self._end(self.children[1:])
        self._end(self.children[:1])

    def _end(self, children: Sequence[Child]) -> None:
        """These end; whoever takes too long is killed."""
        deadline = time.monotonic() + GRACE.total_seconds()
        for child in children:
            child.tell(signal.SIGTERM)
        for child in children:
            if child.process is None:
                continue
            with suppress(subprocess.TimeoutExpired):
                child.process.wait(timeout=max(0.1, deadline - time.monotonic()))
            child.tell(signal.SIGKILL)
            child.process.wait()


def _opened(log: Path) -> IO[bytes]:
    """`log`, to be appended to; a large one is set aside first, and only one is kept aside."""
    log.parent.mkdir(parents=True, exist_ok=True)
    if log.exists() and log.stat().st_size > LARGEST_LOG:
        log.replace(log.with_suffix(".old.log"))
    return log.open("ab")


def _die_with(parent: int) -> None:
    """In the child, before its program: have the kernel kill it when `parent` dies (Linux)."""
    if sys.platform != "linux":
        return
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it died in between
        os._exit(1)
