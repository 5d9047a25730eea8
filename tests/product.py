"""`manage.py up` in a folder of its own, for whoever needs the whole product running."""

import os
import re
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import psutil

from hpsync.ports import free_port

ROOT = Path(__file__).resolve().parents[1]


class Product:
    """A running `manage.py up`, and what it said."""

    def __init__(self, var_dir: Path) -> None:
        """Start it, and wait until it says how to stop it.

        Raises:
            RuntimeError: it ended before that.
        """
        self.var_dir = var_dir
        port = free_port(18200 + os.getpid() % 500)
        sandbox_port = free_port(port + 1)
        hotprofile_port = free_port(sandbox_port + 1)
        self.process = start(
            var_dir,
            *("--port", str(port)),
            *("--sandbox-port", str(sandbox_port)),
            *("--hotprofile-port", str(hotprofile_port)),
        )
        self.said = self._read_until("Ctrl+C")

    def _read_until(self, words: str) -> str:
        assert self.process.stdout is not None
        said = ""
        for line in self.process.stdout:
            said += line
            if words in line:
                return said
        message = f"It ended: {said}"
        raise RuntimeError(message)

    @property
    def address(self) -> str:
        """Of its pages, without a slash at the end."""
        return self.find(r"アドレス：(\S+)/\n")

    def find(self, pattern: str) -> str:
        """The first group of the pattern in what was said."""
        found = re.search(pattern, self.said)
        assert found, self.said
        return found[1]

    def children(self) -> list[psutil.Process]:
        """Every process that it started, and theirs."""
        return list(psutil.Process(self.process.pid).children(recursive=True))

    def running(self) -> set[str]:
        """The programs that run, told by the log that each one writes."""
        found = set()
        for child in psutil.Process(self.process.pid).children():
            with suppress(psutil.NoSuchProcess):
                found |= {Path(file.path).stem for file in child.open_files() if _is_log(file.path)}
        return found

    def logs(self) -> str:
        """The last words of every program."""
        files = sorted((self.var_dir / "log").iterdir())
        return "\n".join(f"== {path.stem}\n{path.read_text()[-1000:]}" for path in files)

    def stop(self) -> str:
        """End it; what it said about that."""
        self.process.send_signal(signal.SIGTERM)
        said, _ = self.process.communicate(timeout=30)
        return str(said)


def _is_log(path: str) -> bool:
    return path.endswith(".log")


def start(var_dir: Path, *arguments: str) -> "subprocess.Popen[str]":
    """`manage.py up` in an environment that says nothing else."""
    return subprocess.Popen(
        [sys.executable, "manage.py", "up", *arguments],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "VAR_DIR": str(var_dir)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
