"""Children that are started again when they die, and all end when they are told to."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from hpsync.supervisor import (
    FIRST_PAUSE,
    HEALTHY_AFTER,
    LARGEST_LOG,
    LONGEST_PAUSE,
    Child,
    Program,
)

ROOT = Path(__file__).resolve().parents[2]

#: Runs two programs that sleep, the second of which has a child of its own.
KEEP_TWO = """
import sys
from pathlib import Path
from hpsync.supervisor import Program, Supervisor
folder = Path(sys.argv[1])
def program(name, *command):
    return Program(name=name, command=command, log=folder / "log" / f"{name}.log", folder=folder)
programs = [
    program("one", "sleep", "1001"),
    program("two", "bash", "-c", "sleep 1002 & wait"),
]
def when_started():
    print("started", flush=True)
    return True
def say_ended(name, code, pause):
    print(name, code, pause, flush=True)
Supervisor(programs, say_ended=say_ended).run(when_started=when_started)
print("stopped", flush=True)
"""


@pytest.fixture
def supervised(tmp_path: Path) -> "Iterator[subprocess.Popen[str]]":
    process = subprocess.Popen(
        [sys.executable, "-c", KEEP_TWO, str(tmp_path)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "started\n"
    yield process
    family = _family(process.pid)
    process.kill()
    for member in family:
        if member.is_running():
            member.kill()
    process.communicate()


def _family(pid: int) -> list[psutil.Process]:
    try:
        return list(psutil.Process(pid).children(recursive=True))
    except psutil.NoSuchProcess:
        return []


def _running(process: psutil.Process) -> bool:
    return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)


def _eventually(what: Callable[[], bool], *, seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _sleeper(pid: int, seconds: int) -> psutil.Process | None:
    for member in _family(pid):
        try:
            if member.cmdline() == ["sleep", str(seconds)]:
                return member
        except psutil.NoSuchProcess:
            continue
    return None


def test_a_killed_child_is_started_again(supervised: "subprocess.Popen[str]") -> None:
    _eventually(lambda: _sleeper(supervised.pid, 1001) is not None)
    victim = _sleeper(supervised.pid, 1001)
    assert victim is not None
    victim.kill()

    def back() -> bool:
        found = _sleeper(supervised.pid, 1001)
        return found is not None and found.pid != victim.pid

    _eventually(back)
    assert supervised.stdout is not None
    assert supervised.stdout.readline() == f"one {-signal.SIGKILL} 1.0\n"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_all_stop_together(supervised: "subprocess.Popen[str]", number: signal.Signals) -> None:
    _eventually(lambda: _sleeper(supervised.pid, 1002) is not None)
    family = _family(supervised.pid)
    assert len(family) == 3
    supervised.send_signal(number)
    assert supervised.wait(timeout=10) == 0
    assert supervised.stdout is not None
    assert supervised.stdout.read() == "stopped\n"
    _eventually(lambda: not any(_running(member) for member in family))


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel does this on Linux only")
def test_no_child_outlives_a_killed_supervisor(supervised: "subprocess.Popen[str]") -> None:
    _eventually(lambda: len(_family(supervised.pid)) == 3)
    children = psutil.Process(supervised.pid).children()
    supervised.kill()
    supervised.wait()
    _eventually(lambda: not any(_running(child) for child in children))


def _child(tmp_path: Path, *command: str) -> Child:
    return Child(Program(name="x", command=command, log=tmp_path / "x.log", folder=tmp_path))


def test_one_that_keeps_failing_is_started_ever_more_rarely(tmp_path: Path) -> None:
    child = _child(tmp_path, "false")
    pauses = [child.rest(now=1000.0) for child.started_at in [1000.0] * 7]
    assert pauses[:3] == [1.0, 2.0, 4.0]
    assert pauses[-1] == LONGEST_PAUSE.total_seconds()


def test_one_that_ran_well_for_a_while_is_forgiven(tmp_path: Path) -> None:
    child = _child(tmp_path, "false")
    for _ in range(5):
        child.rest(now=child.started_at)
    healthy = child.started_at + HEALTHY_AFTER.total_seconds()
    assert child.rest(now=healthy) == FIRST_PAUSE.total_seconds()


def test_a_large_log_is_set_aside(tmp_path: Path) -> None:
    (tmp_path / "x.log").write_bytes(b"x" * (LARGEST_LOG + 1))
    child = _child(tmp_path, "echo", "new")
    child.start()
    assert child.process is not None
    child.process.wait()
    assert (tmp_path / "x.log").read_text() == "new\n"
    assert (tmp_path / "x.old.log").stat().st_size > LARGEST_LOG


def test_a_child_is_not_hit_by_the_terminals_own_interrupt(tmp_path: Path) -> None:
    child = _child(tmp_path, "sleep", "1003")
    child.start()
    assert child.process is not None
    assert os.getpgid(child.process.pid) != os.getpgid(0)
    child.tell(signal.SIGKILL)
    child.process.wait()
