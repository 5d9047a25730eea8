"""Where the time of a run goes: JSON, HTTP, database, ours.

Every few milliseconds the sampler looks at the stack of each thread, and gives what has passed
since to the innermost frame that it can name. Two kinds of time, since a run has several threads
that mostly wait:

- CPU: what each thread's own clock says that it worked. Their sum over all threads is what a worker
  process can spend, one second a second while Python's lock is held.
- the main thread's wall: what the run itself waits for, a database in another process included.

cProfile follows one thread, and makes small Python functions look dearer than they are beside the
large C ones of orjson and the database drivers; this one costs the run a few percent.
"""

import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from types import FrameType
from typing import Self

import orjson

from benchmarks.harness import ROOT, tell_heading, tell_row

EVERY = 0.002

#: What stands in a file's path → whose time it is; the first that fits.
_OWNERS = (
    ("/benchmarks/sampler.py", "JSON"),  # the wrappers below
    ("/json/", "JSON"),
    ("/integrations/kintone/transport.py", "HTTP"),
    ("/django/db/", "database"),
    ("/psycopg", "database"),
    ("/sqlite3/", "database"),
    ("/requests/", "HTTP"),
    ("/urllib3/", "HTTP"),
    ("/http/", "HTTP"),
    ("/ssl.py", "HTTP"),
    ("/socket.py", "HTTP"),
    ("/email/", "HTTP"),
    ("/concurrent/", "waiting for each other"),
    ("/queue.py", "waiting for each other"),
    ("/threading.py", "waiting for each other"),
)
_OURS = tuple(f"{ROOT}/{name}/" for name in ("common", "crm", "integrations", "jobs", "mapping"))


class Sampler:
    """Watches all threads from a thread of its own while a `with` lasts."""

    def __init__(self) -> None:
        self._main = threading.get_ident()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="sampler", daemon=True)
        self._cpu: defaultdict[str, float] = defaultdict(float)
        self._wall: defaultdict[str, float] = defaultdict(float)
        self._modules: defaultdict[str, float] = defaultdict(float)
        self._known: dict[int, float] = {}
        self._owner_of: dict[str, str] = {}

    def __enter__(self) -> Self:
        # In C both leave no frame to be seen.
        for name in ("dumps", "loads"):
            setattr(orjson, name, _framed(getattr(orjson, name)))
        self._known[self._main] = _cpu_of(self._main)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def tell(self) -> None:
        """Print both tables, and the modules of ours that worked most."""
        tell_heading("whose", "CPU of all threads, s", "share", "main thread's wall, s", "share")
        cpu, wall = sum(self._cpu.values()), sum(self._wall.values())
        for owner in sorted(self._cpu, key=self._cpu.__getitem__, reverse=True):
            tell_row(
                owner,
                f"{self._cpu[owner]:.2f}",
                f"{self._cpu[owner] / cpu:.0%}",
                f"{self._wall[owner]:.2f}",
                f"{self._wall[owner] / wall:.0%}",
            )
        tell_row("all", f"{cpu:.2f}", "", f"{wall:.2f}", "")
        print("\nCPU by the module of ours that was at work, or had called what was:\n")
        dearest = sorted(self._modules.items(), key=lambda one: one[1], reverse=True)
        for module, seconds in dearest[:12]:
            print(f"- `{module}` {seconds:.2f} s")

    def _watch(self) -> None:
        own, before = threading.get_ident(), time.perf_counter()
        while not self._stop.wait(EVERY):
            frames = sys._current_frames()  # noqa: SLF001 - documented all the same
            now = time.perf_counter()
            for thread, frame in frames.items():
                if thread != own:
                    self._note(thread, frame, passed=now - before)
            before = now

    def _note(self, thread: int, frame: FrameType, *, passed: float) -> None:
        cpu = _cpu_of(thread)
        worked = max(cpu - self._known.get(thread, 0.0), 0.0)
        self._known[thread] = cpu
        owner, module = self._place(frame)
        self._cpu[owner] += worked
        self._modules[module] += worked
        if thread == self._main:
            self._wall[owner] += passed

    def _place(self, frame: FrameType | None) -> tuple[str, str]:
        """Whose the innermost frame is that can be named, and the innermost module of ours."""
        owner = module = ""
        while frame is not None and not module:
            path = frame.f_code.co_filename
            if path not in self._owner_of:
                self._owner_of[path] = _owner(path)
            owner = owner or self._owner_of[path]
            if path.startswith(_OURS):
                module = path.removeprefix(f"{ROOT}/")
            frame = frame.f_back
        return owner or "Python and Django", module or "none"


def _owner(path: str) -> str:
    found = next((owner for part, owner in _OWNERS if part in path), "")
    return found or ("ours" if path.startswith(_OURS) else "")


def _cpu_of(thread: int) -> float:
    try:
        return time.clock_gettime(time.pthread_getcpuclockid(thread))
    except OSError:
        return 0.0  # it has just ended


def _framed(function: Callable[..., object]) -> Callable[..., object]:
    def framed(*args: object, **kwargs: object) -> object:
        return function(*args, **kwargs)

    return framed
