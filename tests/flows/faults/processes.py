"""Brokers and processes of the product, for tests that kill them."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from django.conf import settings
from django.db import connection
from redis import Redis
from redis.exceptions import RedisError

from hpsync import embedded

ROOT = Path(__file__).parents[3]
#: What PostgreSQL calls the connections of processes that tests start.
PROGRAM = "hpsync-under-test"


def wait_until(done: Callable[[], object], *, seconds: float = 30) -> None:
    """Look again and again until it is so."""
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def kill(process: subprocess.Popen[bytes]) -> None:
    """It is gone before it can do anything about it."""
    process.send_signal(signal.SIGKILL)
    process.wait()


class Broker:
    """A server that may be killed: the embedded one beside SQLite, Redis beside PostgreSQL."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        if settings.USES_SQLITE:
            self.url = embedded.broker_url(folder)
            self._command = embedded.broker_command(folder)
            self.redis = Redis(unix_socket_path=str(embedded.socket_path(folder)))
        else:
            port = _free_port()
            program = shutil.which("redis-server")
            assert program, "Redis is missing."
            self.url = f"redis://127.0.0.1:{port}/0"
            self._command = [
                *(program, "--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder)),
                *("--appendonly", "yes", "--save", ""),
            ]
            self.redis = Redis(port=port)

    def start(self) -> None:
        """It answers, and knows what it knew before."""
        self._process = subprocess.Popen(
            self._command, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT
        )
        wait_until(self._answers)

    def kill(self) -> None:
        """It is gone."""
        kill(self._process)

    def close(self) -> None:
        """It is gone, and nobody speaks to it any more."""
        self.kill()
        self.redis.close()

    def is_at_rest(self, queues: tuple[str, ...]) -> bool:
        """Whether every message in these queues was taken and is done with."""
        with self.redis.pipeline(transaction=True) as glance:
            glance.hvals("unacked")
            for queue in queues:
                glance.llen(queue)
            held, *waiting = glance.execute()
        under_way = {json.loads(message)[2] for message in held}
        return not any(waiting) and not under_way & set(queues)

    def _answers(self) -> bool:
        try:
            return bool(self.redis.ping())
        except RedisError:
            return False


class Programs:
    """Processes of the product on the test's database, broker and kintone."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self.environment = environment
        self._log = folder / "programs.log"
        self._running: list[subprocess.Popen[bytes]] = []

    def start(
        self, *command: str, dies: str = "-", environment: Mapping[str, str] | None = None
    ) -> subprocess.Popen[bytes]:
        """One process, which is killed at the step that `dies` names (`program.STEPS`)."""
        with self._log.open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "tests.flows.faults.program", dies, *command],
                cwd=ROOT,
                env={
                    **os.environ,
                    "DJANGO_SETTINGS_MODULE": "hpsync.settings",
                    "DATABASE_URL": database_url(by=PROGRAM),
                    **self.environment,
                    **(environment or {}),
                },
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self._running.append(process)
        return process

    def worker(
        self,
        name: str,
        *,
        queues: str,
        dies: str = "-",
        at_once: int = 10,
        supervised: bool = False,
    ) -> subprocess.Popen[bytes]:
        """A Celery worker that takes what comes in these queues."""
        supervisor = ("supervise", str(self._log)) if supervised else ()
        return self.start(
            *supervisor,
            *("celery", "worker", "--pool", "threads", "--concurrency", "4"),
            *("--without-gossip", "--without-mingle", "--loglevel", "INFO"),
            *("--hostname", f"{name}@%h", "--queues", queues),
            dies=dies,
            environment={"KINTONE_REQUESTS_AT_ONCE": str(at_once)},
        )

    def said(self) -> str:
        """What all of them wrote."""
        return self._log.read_text()

    def kill_all(self) -> None:
        """None is left."""
        for process in self._running:
            process.kill()
        for process in self._running:
            process.wait()
        self._running.clear()


def database_url(*, by: str = "") -> str:
    """Where the test's own database is; `by`: who connects."""
    told = connection.settings_dict
    if settings.USES_SQLITE:
        return f"sqlite:///{told['NAME']}"
    login = f"{told['USER']}:{told['PASSWORD']}" if told["PASSWORD"] else told["USER"]
    server = f"{told['HOST']}:{told['PORT'] or 5432}"
    return f"postgres://{login}@{server}/{told['NAME']}?application_name={by}"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
