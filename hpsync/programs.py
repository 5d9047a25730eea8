"""The programs that make up a running hpsync on one machine, as `manage.py up` starts them."""

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from hpsync import embedded
from hpsync.ports import LOOPBACK
from hpsync.practice import practice_kintone
from hpsync.supervisor import Program

WEB_THREADS = 8
#: Runs are nearly all waiting for kintone: threads of one process serve many.
WORKER_THREADS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What is to run, and where; `sandbox_port` is None where kintone is the real one."""

    base_dir: Path
    """Where the code is."""
    var_dir: Path
    web_port: int
    sandbox_port: int | None
    hotprofile_port: int | None
    """Of the stand-in for Hot Profile; None where the sandbox is not started either."""
    own_broker: bool

    @property
    def web_url(self) -> str:
        """Where people find the product."""
        return f"http://{LOOPBACK}:{self.web_port}"

    @property
    def sandbox_url(self) -> str:
        """Where the stand-in for kintone is; "" where there is none."""
        return f"http://{LOOPBACK}:{self.sandbox_port}" if self.sandbox_port else ""

    @property
    def hotprofile_host(self) -> str:
        """The stand-in for Hot Profile, as a person enters it; "" where there is none."""
        return f"{LOOPBACK}:{self.hotprofile_port}" if self.hotprofile_port else ""

    @property
    def kintone_url_template(self) -> str:
        """How the address of a kintone is made here; "" = as the operator gave it."""
        return f"{self.sandbox_url}/{{subdomain}}" if self.sandbox_port else ""


def programs(shape: Shape) -> list[Program]:
    """The programs of `shape`, in the order in which they start: broker first."""
    return [
        Program(
            name=name,
            command=command,
            log=shape.var_dir / "log" / f"{name}.log",
            folder=shape.base_dir,
            environment=_environment(shape),
        )
        for name, command in _commands(shape)
    ]


def _environment(shape: Shape) -> dict[str, str]:
    """What `shape` says to every program, beside what the operator's environment says."""
    # We serve plain http on the loopback address, whatever stands before other servers.
    said = {"VAR_DIR": str(shape.var_dir), "HTTPS": "off"}
    if shape.sandbox_port:
        said["KINTONE_URL_TEMPLATE"] = shape.kintone_url_template
        said["PRACTICE_KINTONE"] = json.dumps(practice_kintone())
    if shape.hotprofile_host:
        hosts = [*settings.HOTPROFILE_HOSTS, shape.hotprofile_host]
        said["HOTPROFILE_HOSTS"] = ",".join(dict.fromkeys(hosts))
    return said


def _commands(shape: Shape) -> Iterator[tuple[str, list[str]]]:
    python = sys.executable
    if shape.own_broker:
        yield "broker", embedded.broker_command(shape.var_dir)
    if shape.sandbox_port:
        state = str(shape.var_dir / "sandbox.json")
        yield (
            "sandbox",
            [python, "-m", "sandbox", "--port", str(shape.sandbox_port), "--state", state],
        )
    if shape.hotprofile_port:
        command = [python, "-m", "sandbox.hotprofile", "--port", str(shape.hotprofile_port)]
        yield "hotprofile", command
    yield (
        "web",
        [
            *(python, "-m", "gunicorn", "hpsync.wsgi:application"),
            *("--bind", f"{LOOPBACK}:{shape.web_port}"),
            *("--worker-class", "gthread", "--threads", str(WEB_THREADS)),
            # Its socket would lie in the home directory, where a second hpsync finds it taken.
            "--no-control-socket",
        ],
    )
    celery = [python, "-m", "celery", "-A", "hpsync"]
    worker = [*celery, "worker", "--pool", "threads", "--without-gossip", "--without-mingle"]
    yield "worker", [*worker, "--concurrency", str(WORKER_THREADS), "--loglevel", "INFO"]
    # Carries out the minute's tick, and that alone: long runs may take every thread of the worker.
    yield (
        "clock",
        [
            *(*worker, "--concurrency", "1", "--loglevel", "INFO"),
            *("--queues", settings.CLOCK_QUEUE, "--hostname", "clock@%h"),
        ],
    )
    # The plain scheduler keeps no file that could break: its one entry comes every minute anyway.
    yield (
        "beat",
        [*celery, "beat", "-S", "celery.beat:Scheduler", "--pidfile=", "--loglevel", "INFO"],
    )
