"""How fast customer data comes in from a Hot Profile, and what a slot without a change costs.

    .venv/bin/python -m benchmarks.pulling [--companies 20000] [--departments 5000] [--leads 100000]
                                           [--changes 1000]

The tenant is the stand-in (`python -m sandbox.hotprofile`) in a process of its own, whose limit of
calls is lifted: with the real one's 100 a minute the calls alone decide. hpsync is an empty one on
SQLite in a temporary folder; only `settings_apply` and `pull --json` are used.

Pulls: everything; nothing changed; so many random changes; everything read again. The made up data
is thirty days old, so that the overlap of ten minutes holds nothing but the changes.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from benchmarks.harness import ROOT, parser_of, tell_heading, tell_machine, tell_row

KEY = "the-key-of-the-benchmark"
#: What Hot Profile answers in a minute.
CALLS_PER_MINUTE = 100


@contextmanager
def tenant(*sizes: str) -> Iterator[str]:
    """The host of a stand-in of these sizes."""
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "sandbox.hotprofile", "--port", "0"),
            *("--key", KEY, "--limit", "1000000", *sizes),
        ],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    greeting = process.stdout.readline()
    try:
        yield greeting.partition("(host ")[2].partition(",")[0]
    finally:
        process.terminate()
        process.communicate()


def change(host: str, *, changes: int) -> None:
    """Let the tenant change at random."""
    body = json.dumps({"changes": changes}).encode()
    with urlopen(Request(f"http://{host}/sandbox/churn", data=body)):
        pass


class Installation:
    """An hpsync of its own whose data comes from `host`."""

    def __init__(self, folder: Path, *, host: str) -> None:
        self._environment = {
            "PATH": os.environ["PATH"],
            "VAR_DIR": str(folder),
            "DATABASE_URL": "",
            "HOTPROFILE_HOSTS": host,
            "HOTPROFILE_CALLS_PER_MINUTE": "1000000",
            "HOTPROFILE_API_KEY": KEY,
            "DJANGO_SETTINGS_MODULE": "hpsync.settings",
        }
        self._manage("migrate", "--verbosity", "0")
        file = folder / "settings.yaml"
        file.write_text(
            f"version: 1\nhotprofile: {{host: '{host}', api_key: {{env: HOTPROFILE_API_KEY}}}}\n"
        )
        self._manage("settings_apply", str(file))

    def pull(self, *options: str) -> dict[str, Any]:
        """What one pull told."""
        told: dict[str, Any] = json.loads(self._manage("pull", "--json", *options).splitlines()[-1])
        return told

    def _manage(self, *arguments: str) -> str:
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self._environment,
            check=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        ).stdout


def show(what: str, told: dict[str, Any]) -> None:
    """One line of the table."""
    read = told["companies"] + told["leads"]
    seconds = told["seconds"]
    minutes = told["calls"] / CALLS_PER_MINUTE
    tell_row(
        what,
        f"{read:,}",
        f"{told['created']:,}",
        f"{told['updated']:,}",
        f"{told['unchanged']:,}",
        f"{told['calls']:,}",
        f"{seconds:,.1f}",
        f"{read / seconds:,.0f}",
        f"{minutes:,.1f}",
    )


def main() -> None:
    """Measure what the arguments ask for."""
    parser = parser_of(__doc__)
    for name, usual in (("companies", 20_000), ("departments", 5_000), ("leads", 100_000)):
        parser.add_argument(f"--{name}", type=int, default=usual)
    parser.add_argument("--changes", type=int, default=1_000)
    told = parser.parse_args()
    sizes = [
        text
        for name in ("companies", "departments", "leads")
        for text in (f"--{name}", str(getattr(told, name)))
    ]
    tell_machine()
    tell_heading(
        *("pull", "read", "new", "changed", "unchanged", "calls", "seconds", "records a second"),
        "minutes that 100 calls a minute take",
    )
    with tenant(*sizes) as host, tempfile.TemporaryDirectory(prefix="hpsync-bench-") as folder:
        one = Installation(Path(folder), host=host)
        show("everything", one.pull())
        show("nothing changed", one.pull())
        change(host, changes=told.changes)
        show(f"{told.changes:,} changes", one.pull())
        show("everything again", one.pull("--full"))


if __name__ == "__main__":
    main()
