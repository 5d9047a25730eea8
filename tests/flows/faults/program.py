"""The product's own programs, less patient than usual, and killed at a named step if so asked.

    python -m tests.flows.faults.program STEP celery worker --queues …
    python -m tests.flows.faults.program STEP manage sync …
    python -m tests.flows.faults.program - supervise LOG celery …

STEP is one of `_steps`, or `-`. Nothing is different but how long things take: pauses, time-outs
and what is computed of them. So a test sees within seconds what takes minutes.
"""

import os
import signal
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from integrations.hotprofile import client as hotprofile
from integrations.kintone import transport

#: How long an answer may take, in seconds; the test's own kintone takes milliseconds.
PATIENCE = float(os.environ.get("PATIENCE", "1"))

transport.CONNECT_TIMEOUT = 0.3
transport.READ_TIMEOUT = PATIENCE
transport.FIRST_PAUSE = 0.05
transport.LONGEST_PAUSE = 0.2
for name in ("FIRST_PAUSE", "FIRST_PAUSE_WHEN_TOO_MANY"):
    setattr(hotprofile, name, 0.05)
# Imported by name all over the product: so before anything else is imported.
transport.REQUEST_LIFE = timedelta(seconds=PATIENCE + 0.5)
transport.CALL_LIFE = transport.ATTEMPTS * transport.REQUEST_LIFE + timedelta(seconds=1)


def _die(*_: Any, **__: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _before(owner: Any, name: str) -> None:
    setattr(owner, name, _die)


def _after(owner: Any, name: str) -> None:
    real = getattr(owner, name)

    def carried_out(*args: Any, **kwargs: Any) -> None:
        real(*args, **kwargs)
        _die()

    setattr(owner, name, carried_out)


def _steps() -> dict[str, Callable[[], None]]:
    from jobs import alerts, mails, runs
    from jobs.book import DatabaseBook

    return {
        "-": lambda: None,
        "after taking the run": lambda: _after(runs, "take"),
        "before the request": lambda: _before(transport.Transport, "_exchange"),
        "after kintone's answer": lambda: _after(transport.Transport, "_exchange"),
        "between two batches": lambda: _after(DatabaseBook, "settle"),
        "before the run's end": lambda: _before(runs, "finish"),
        "before the alert": lambda: _before(alerts, "review_run"),
        "before the mail": lambda: _before(mails, "hand_over"),
        "after the mail": lambda: _after(mails, "hand_over"),
    }


def _hurry() -> None:
    """What is waited for in the database and in the broker, too."""
    from django.conf import settings

    from jobs import courier, sweep
    from jobs.notices import sending

    settings.CELERY_BROKER_TRANSPORT_OPTIONS |= {
        "visibility_timeout": 2,
        "unacked_restore_interval": 0.5,
    }
    if settings.USES_SQLITE:
        settings.DATABASES["default"]["OPTIONS"]["timeout"] = 2
    courier.BEAT_SECONDS = 0.3
    sweep.LOST_AFTER = timedelta(seconds=5)
    sweep.RING_AGAIN_AFTER = timedelta(seconds=1)
    sending.CLAIM_LIFE = timedelta(seconds=1)


def _supervise(log: str, *arguments: str) -> None:
    """Keep the program running, as `manage.py up` does and containers do."""
    from hpsync.supervisor import Program, Supervisor

    program = Program(
        name="supervised",
        command=[sys.executable, "-m", "tests.flows.faults.program", "-", *arguments],
        log=Path(log),
        folder=Path.cwd(),
    )
    supervisor = Supervisor([program], say_ended=lambda name, code, pause: print(name, code, pause))
    supervisor.run(when_started=lambda: True)


def main(step: str, door: str, *arguments: str) -> None:
    """Become that program."""
    if door == "supervise":
        _supervise(*arguments)
        return
    import django

    django.setup()
    _hurry()
    _steps()[step]()
    if door == "celery":
        from celery.__main__ import main as celery

        sys.argv = ["celery", "-A", "hpsync", *arguments]
        celery()
    else:
        from django.core.management import execute_from_command_line

        execute_from_command_line(["manage.py", *arguments])


if __name__ == "__main__":
    main(*sys.argv[1:])
