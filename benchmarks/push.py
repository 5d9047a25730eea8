"""Requests, time and memory of a push, by the commands that everybody uses.

    .venv/bin/python benchmarks/push.py [--records 1 100 101 10000] [--latency 0.1]

Starts a sandbox and an hpsync of its own in a temporary folder (SQLite, or DATABASE_URL of an empty
PostgreSQL database), enables a mapping of ten fields, feeds N companies, then prints a table: a
first push of all, a second one with nothing changed, and one with half of them changed.
"""

import argparse
import csv
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import Request, urlopen

ROOT = Path(__file__).parents[1]
PYTHON = sys.executable
ITEMS = (
    "name_kana",
    "address",
    "zip",
    "main_tel",
    "mail_domain",
    "pref",
    "note",
    "sales_last_year",
)
FIELDS = {
    "code": {"type": "SINGLE_LINE_TEXT", "unique": True},
    "name": {"type": "SINGLE_LINE_TEXT", "required": True},
    **{item: {"type": "MULTI_LINE_TEXT"} for item in ITEMS},
}
SETTINGS = """
version: 1
connections:
  - name: bench
    subdomain: demo
    domain: cybozu.com
    auth: {{login: sync, password: {{env: KINTONE_PASSWORD}}}}
    schedule: 24h
    mappings:
      - record_type: company
        app: {app}
        daily_requests: 1000000
        update_key: code
        enabled: true
        rules:
          code: external_id
          name: name
{rules}
"""


class Bench:
    """One sandbox and one hpsync."""

    def __init__(self, folder: Path, *, port: int) -> None:
        self.folder = folder
        self.sandbox = f"http://127.0.0.1:{port}"
        self.environment = {
            **os.environ,
            "VAR_DIR": str(folder / "var"),
            "KINTONE_URL_TEMPLATE": self.sandbox,
            "KINTONE_PASSWORD": "kintone-demo",
            "SECRET_KEY": "only-for-this-benchmark-" * 3,
            "CREDENTIAL_KEYS": "dGhlIHRlc3RzIGtub3cgdGhpcyBrZXkgdG9vLCBva2E=",
        }

    def ask(self, method: str, path: str, body: object = None) -> dict[str, object]:
        """The sandbox's answer to a call of its control API."""
        data = None if body is None else json.dumps(body).encode()
        request = Request(self.sandbox + path, data=data, method=method)
        if data is not None:
            request.add_header("Content-Type", "application/json")
        with urlopen(request) as answer:
            told: dict[str, object] = json.load(answer)
            return told

    def manage(self, *arguments: str) -> str:
        """What `manage.py` prints."""
        done = subprocess.run(
            [PYTHON, "manage.py", *arguments],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode not in (0, 1):
            sys.exit(done.stdout + done.stderr)
        return done.stdout

    def feed(self, records: int, *, changed: int = 0) -> None:
        """Import so many companies, the first `changed` of them with new values."""
        path = self.folder / "companies.csv"
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(["external_id", "name", *ITEMS])
            for number in range(records):
                turn = time.time_ns() if number < changed else 0
                values = [f"{item} {number} {turn}" for item in ITEMS]
                writer.writerow([f"C{number:07}", f"株式会社{number}", *values])
        self.manage("import_records", "company", str(path))

    def push(self) -> tuple[dict[str, object], float]:
        """The JSON of one `sync`, and the peak of its resident memory in MB."""
        before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        told = json.loads(self.manage("sync", "bench/company", "--json").splitlines()[-1])
        after = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        return told, max(before, after) / 1024


@contextmanager
def bench(*, port: int) -> Iterator[Bench]:
    """A fresh pair, stopped at the end."""
    with tempfile.TemporaryDirectory() as name:
        sandbox = subprocess.Popen(
            [PYTHON, "-m", "sandbox", "--port", str(port)], cwd=ROOT, stdout=subprocess.DEVNULL
        )
        try:
            time.sleep(1.5)
            yield Bench(Path(name), port=port)
        finally:
            sandbox.terminate()
            sandbox.wait()


def measure(records: int, *, latency: float, per_record: float, port: int) -> None:
    """Print the lines of the table for so many records."""
    with bench(port=port) as one:
        one.manage("migrate", "--noinput")
        app = one.ask("POST", "/sandbox/apps", {"name": "bench", "fields": FIELDS})["app"]
        rules = "\n".join(f"          {item}: {item}" for item in ITEMS)
        settings = one.folder / "settings.yaml"
        settings.write_text(SETTINGS.format(app=app, rules=rules))
        one.manage("settings_apply", str(settings))
        one.ask("PUT", "/sandbox/latency", {"before": latency, "per_record": per_record})
        one.feed(records)
        show("new", records, *one.push())
        show("unchanged", records, *one.push())
        one.feed(records, changed=(records + 1) // 2)
        show("half changed", records, *one.push())


def show(what: str, records: int, told: dict[str, object], memory: float) -> None:
    """One line of the table."""
    outcomes = {name: count for name, count in dict(told["outcomes"]).items() if count}  # type: ignore[call-overload]
    print(
        f"| {records:,} | {what} | {told['requests']} | {told['counted']} | {told['seconds']} "
        f"| {memory:.0f} | {outcomes or '-'} |",
        flush=True,
    )


def main() -> None:
    """Measure what the arguments ask for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--records", type=int, nargs="+", default=[1, 99, 100, 101, 10_000])
    parser.add_argument("--latency", type=float, default=0.0, help="seconds per request")
    parser.add_argument("--per-record", type=float, default=0.0, help="seconds per record")
    parser.add_argument("--port", type=int, default=18931)
    told = parser.parse_args()
    print("| records | push | requests | counted | seconds | MB | outcomes |")
    print("|---|---|---|---|---|---|---|")
    for records in told.records:
        measure(records, latency=told.latency, per_record=told.per_record, port=told.port)


if __name__ == "__main__":
    main()
