"""What the mapping page (step 2) costs with a hundred custom items and two hundred kintone fields.

    .venv/bin/python -m benchmarks.mapping_page [--rounds 15] [--profile]

Beside the hundred stand the items that every installation has. The page is asked for as an
administrator asks for it, through the whole of Django, in SQLite in a folder of its own: before
anything is mapped, with sixty items mapped, and under each filter. Bytes are those of the answer as
it travels: a browser takes gzip. Each round asks from another depth of the stack: where a call
crosses the border of a chunk of CPython's frames again and again, the same work takes up to twice
as long.
"""

import argparse
import cProfile
import gzip
import os
import pstats
import statistics
import tempfile
import time
from typing import TYPE_CHECKING, Any, Final

from benchmarks.harness import parser_of, tell_heading, tell_machine, tell_row
from benchmarks.imports import start_product
from benchmarks.searching import _administrator

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client

PAGES: Final = {
    "all": "",
    "unmapped": "?show=unmapped",
    "problems": "?show=problems",
    "searched": "?q=%E4%BD%8F%E6%89%80",
}


def main() -> None:
    """Make the mapping, ask for the pages, print the table."""
    parser = parser_of(__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--profile", action="store_true")
    options = parser.parse_args()
    tell_machine()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["VAR_DIR"] = folder
        os.environ.setdefault("ALLOWED_HOSTS", "testserver")
        start_product()
        _ask(options)


def _ask(options: argparse.Namespace) -> None:
    from django.conf import settings
    from django.test import Client

    from tests.builders_wide import make_wide_mapping

    # As a page is served, but for the files beside it, which nobody collected.
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}
    client = Client(headers={"accept-encoding": "gzip"})
    client.force_login(_administrator())
    mapping = make_wide_mapping()
    tell_heading(
        "rules",
        "page",
        "rows",
        "p50 ms",
        "of it processor",
        "max ms",
        "queries",
        "kB",
        "kB on the wire",
    )
    for name, query in PAGES.items():
        _tell(client, "61", name, f"/settings/mappings/{mapping.pk}/{query}", rounds=options.rounds)
    if options.profile:
        _profile(client, f"/settings/mappings/{mapping.pk}/")
    mapping.rules.all().delete()
    _tell(client, "none", "all", f"/settings/mappings/{mapping.pk}/", rounds=options.rounds)


def _tell(client: "Client", rules: str, name: str, address: str, *, rounds: int) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    answer = client.get(address)  # the process's first
    times, worked = [], []
    for turn in range(rounds):
        begun, at_work = time.perf_counter(), time.process_time()
        answer = _from_depth(4 * turn, lambda: client.get(address))
        times.append((time.perf_counter() - begun) * 1000)
        worked.append((time.process_time() - at_work) * 1000)
        assert answer.status_code == 200, answer.status_code
    with CaptureQueriesContext(connection) as captured:
        client.get(address)
    sent, html = answer.content, _html(answer)
    tell_row(
        rules,
        name,
        html.count(b'name="item"'),
        f"{statistics.median(times):.0f}",
        f"{statistics.median(worked):.0f}",
        f"{max(times):.0f}",
        len(captured),
        f"{len(html) / 1000:.0f}",
        f"{len(sent) / 1000:.0f}",
    )


def _from_depth(depth: int, ask: "Callable[[], Any]") -> Any:
    return ask() if depth == 0 else _from_depth(depth - 1, ask)


def _html(answer: Any) -> bytes:
    if answer.headers.get("Content-Encoding") == "gzip":
        return gzip.decompress(answer.content)
    return bytes(answer.content)


def _profile(client: "Client", address: str) -> None:
    profile = cProfile.Profile()
    profile.runcall(client.get, address)
    pstats.Stats(profile).sort_stats("tottime").print_stats(45)
    pstats.Stats(profile).sort_stats("cumulative").print_stats(70)


if __name__ == "__main__":
    main()
