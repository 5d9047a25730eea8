"""Whose lease is it: names the process that executes a run, and tells whether it surely died.

An owner is written `MACHINE|BOOT|NAMESPACE|PID|START`. What cannot be known is "", and what is
unknown never makes a process dead: then only an old heartbeat does (`jobs.sweep`).
"""

import os
import socket
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Self

_PROC = Path("/proc")


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """One process at one place and time."""

    machine: str
    boot: str
    namespace: str
    """Where process ids count: two containers of one host name may each have a process 1."""
    pid: int
    start: str
    """When the process started, in whatever unit this machine tells it; a pid is used again."""

    def __str__(self) -> str:
        return "|".join((self.machine, self.boot, self.namespace, str(self.pid), self.start))

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """The owner that `str` wrote; None if it is none."""
        parts = text.split("|")
        if len(parts) != 5 or not parts[3].isdigit():
            return None
        machine, boot, namespace, pid, start = parts
        return cls(machine=machine, boot=boot, namespace=namespace, pid=int(pid), start=start)


def owner_here() -> str:
    """The name of this process, for `Run.owner`; at most 200 characters."""
    pid = os.getpid()
    return str(
        Owner(
            machine=_machine(),
            boot=_read("/proc/sys/kernel/random/boot_id"),
            namespace=_namespace(),
            pid=pid,
            start=_start_of(pid) or "",
        )
    )


def is_dead(owner: str) -> bool:
    """Whether that process is certainly gone; False where it cannot be known from here."""
    that, here = Owner.parse(owner), Owner.parse(owner_here())
    if that is None or here is None or that.machine != here.machine:
        return False
    if that.boot != here.boot:
        # A host name alone may be borne by two machines; a machine id is borne by one.
        return "@" in here.machine
    if that.namespace != here.namespace:
        return False
    start = _start_of(that.pid)
    return start is None or (that.start != "" and start not in {"", that.start})


@cache
def _machine() -> str:
    """`HOST@MACHINE-ID`, or the host's name alone where the machine has no id."""
    host = socket.gethostname().replace("|", "").replace("@", "")[:64]
    identity = _read("/etc/machine-id") or _read("/var/lib/dbus/machine-id")
    return f"{host}@{identity[:32]}" if identity else host


def _namespace() -> str:
    try:
        return str((_PROC / "self/ns/pid").readlink())
    except OSError:
        return ""


def _start_of(pid: int) -> str | None:
    """When the process started; "" if that cannot be told; None if there is no such process."""
    if _PROC.joinpath("self/stat").exists():
        return _start_by_proc(pid)
    return _start_by_ps(pid)


def _start_by_proc(pid: int) -> str | None:
    try:
        stat = (_PROC / str(pid) / "stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    except OSError:
        return ""
    # The name of the program, in parentheses, may itself hold blanks and parentheses.
    fields = stat.rpartition(")")[2].split()
    state, start = fields[0], fields[19]
    return None if state in {"Z", "X"} else start  # a zombie executes nothing


def _start_by_ps(pid: int) -> str | None:
    try:
        answer = subprocess.run(  # noqa: S603 — a number of ours, no shell
            ["ps", "-o", "lstart=", "-p", str(pid)],  # noqa: S607
            capture_output=True,
            text=True,
            check=False,
            timeout=10,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return answer.stdout.strip().replace("|", "") or None


def _read(path: str) -> str:
    try:
        return Path(path).read_text().strip()
    except OSError:
        return ""
