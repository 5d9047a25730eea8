"""Runs every check of the product, and says at the end which ones failed.

    python scripts/check.py            all of them (`make test`)
    python scripts/check.py --quick    all but the tests (`make check`)
    python scripts/check.py --soak     anything may go wrong, for an hour (`make soak`)

The tests run last, so that their closing line is the last one of a good run.
"""

import hashlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.stack import REDIS_URL, postgres_server, redis_answers  # noqa: E402

BIN = ROOT / ".venv" / "bin"
PYTHON = str(BIN / "python")
IN_CI = os.environ.get("CI", "").lower() == "true"
PYTEST = (PYTHON, "-m", "pytest", "-n", "2", "--dist", "loadgroup")

#: Production as an operator would set it up, for Django's own deployment checks.
PRODUCTION = {
    "DATABASE_URL": "postgres://hpsync@127.0.0.1/hpsync",
    "CELERY_BROKER_URL": "redis://127.0.0.1:6379/0",
    "SECRET_KEY": "a-long-key-that-is-used-for-nothing-but-this-check-of-the-settings-0123456789",
    "CREDENTIAL_KEYS": "dGhlIHRlc3RzIGtub3cgdGhpcyBrZXkgdG9vLCBva2E=",
    "ALLOWED_HOSTS": "hpsync.example.com",
    "PUBLIC_URL": "https://hpsync.example.com",
    "DEBUG": "off",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that must hold: a command that ends with 0."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)


def static_checks(var_dir: str) -> list[Check]:
    """What can be said without running the product's code paths."""
    manage = (PYTHON, "manage.py")
    own = {"VAR_DIR": var_dir}
    return [
        Check(name="lint (ruff)", command=(str(BIN / "ruff"), "check", ".")),
        Check(name="format (ruff)", command=(str(BIN / "ruff"), "format", "--check", ".")),
        Check(name="types (mypy)", command=(PYTHON, "-m", "mypy", ".")),
        Check(name="layers (import-linter)", command=(str(BIN / "lint-imports"),)),
        Check(name="templates (djlint)", command=(str(BIN / "djlint"), "templates", "--lint")),
        Check(
            name="migrations",
            command=(*manage, "makemigrations", "--check", "--dry-run"),
            environment=own,
        ),
        Check(name="translations", command=(PYTHON, "scripts/messages.py", "--check")),
        Check(name="docs/field-types.md", command=(PYTHON, "scripts/field_types.py", "--check")),
        Check(
            name="static files",
            command=(*manage, "collectstatic", "--noinput", "--verbosity", "0"),
            environment=own,
        ),
        Check(
            name="deployment (check --deploy)",
            command=(*manage, "check", "--deploy", "--fail-level", "WARNING"),
            environment={**PRODUCTION, **own},
        ),
    ]


def stack_check() -> Check | None:
    """The tests that concern database and broker, on PostgreSQL and Redis; None without them."""
    server = postgres_server()
    if server is None or not redis_answers():
        return None
    # Two checkouts on one machine must not share a test database.
    place = hashlib.sha256(str(ROOT).encode()).hexdigest()[:8]
    return Check(
        name="tests on PostgreSQL and Redis (pytest)",
        command=(*PYTEST, "--stack"),
        environment={
            "DATABASE_URL": f"{server}/hpsync_{place}",
            "CELERY_BROKER_URL": REDIS_URL,
        },
    )


def soak() -> int:
    """0 if nothing was lost or doubled; what it prints is shown."""
    stack = stack_check()
    if stack is None:
        say("It takes PostgreSQL and Redis on their standard ports.")
        return 1
    minutes = os.environ.get("SOAK_MINUTES", "60")
    command = (PYTHON, "-m", "pytest", "--stack", "-s", "-p", "no:logging", "tests/flows/soak")
    environment = {**stack.environment, "SOAK_MINUTES": minutes}
    return 0 if holds(Check(name="soak", command=command, environment=environment)) else 1


def main(*, quick: bool) -> int:
    """0 if everything holds."""
    with tempfile.TemporaryDirectory(prefix="hpsync-check-") as var_dir:
        failed = [check.name for check in static_checks(var_dir) if not holds(check)]
    if not quick:
        failed += run_tests(failed_before=failed)
    if failed:
        say(f"FAILED: {', '.join(failed)}")
    elif quick:
        say("All quick checks hold.")
    return 1 if failed else 0


def run_tests(*, failed_before: Sequence[str]) -> list[str]:
    """The names of those test runs that failed; the complete one comes last."""
    failed = []
    stack = stack_check()
    if stack is None:
        say("PostgreSQL or Redis is not reachable on its standard port: their tests are left out")
        if IN_CI:
            failed.append("PostgreSQL and Redis must be there in CI")
    elif not holds(stack):
        failed.append(stack.name)
    if failed_before or failed:
        say(f"Failed so far: {', '.join([*failed_before, *failed])}")
    everything = Check(
        name="tests (pytest)",
        command=PYTEST,
        environment={"DATABASE_URL": "", "CELERY_BROKER_URL": ""},
    )
    return failed if holds(everything) else [*failed, everything.name]


def holds(check: Check) -> bool:
    """Run the check, its output on this terminal; whether it ended well."""
    say(check.name)
    merged = {**os.environ, **check.environment}
    # "" stands for "not set".
    environment = {name: value for name, value in merged.items() if value}
    begun = time.monotonic()
    code = subprocess.run(check.command, cwd=ROOT, env=environment, check=False).returncode  # noqa: S603
    if code:
        say(f"{check.name}: failed after {time.monotonic() - begun:.0f} s")
    return code == 0


def say(line: str) -> None:
    """A line between the output of the checks."""
    print(f"--- {line}", flush=True)


if __name__ == "__main__":
    sys.exit(soak() if "--soak" in sys.argv[1:] else main(quick="--quick" in sys.argv[1:]))
