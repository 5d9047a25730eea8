"""How long pages take while fifty administrators look at them and a sync is at work.

    DATABASE_URL=postgres://user@host/ .venv/bin/python -m benchmarks.web [--minutes 2]

PostgreSQL, a Redis of its own, gunicorn with two workers as in the Dockerfile, one Celery worker.
Everybody asks for a page, thinks for ten seconds, and asks for the next one; meanwhile a live page
of theirs renews itself every two seconds, as the browser's does. A sync is at work all the time: of
all companies, then of every second one that has changed. Times are those at the client, over HTTP
on this machine, which client, web, worker, database and kintone share.
"""

import os
import re
import socket
import subprocess
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from random import Random
from statistics import median, quantiles

import requests
from requests.adapters import HTTPAdapter

from benchmarks.day import redis, workers
from benchmarks.harness import (
    ROOT,
    TEN_FIELDS,
    Product,
    StandIn,
    parser_of,
    product,
    tell_heading,
    tell_machine,
    tell_row,
)

NAME, PASSWORD = "kanri", "correct horse battery staple"
THINKING, RENEWING = 10.0, 2.0
#: Name → address. The run is the newest, the mapping and the record the first.
PAGES = {
    "dashboard": "/",
    "runs": "/runs/",
    "a run": "/runs/1/",
    "failed records": "/settings/mappings/1/failures/",
    "mapping": "/settings/mappings/1/",
    "settings": "/settings/",
    "companies": "/customers/company/",
    "search": "/customers/company/?q=0000123",
    "a company": "/customers/company/1/",
    "history": "/history/",
}
LIVE = "/runs/"
#: htmx renews no more where nothing moves any more (286); somebody looks all the same.
WELL = {200, 286}


@contextmanager
def web(one: Product) -> Iterator[str]:
    """The address of gunicorn, as the image starts it."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    one.manage("collectstatic", "--noinput", "--verbosity", "0")
    command = [sys.executable, "-m", "gunicorn", "hpsync.wsgi:application", "--workers", "2"]
    command += ["--bind", f"127.0.0.1:{port}", "--worker-class", "gthread", "--threads", "8"]
    process = subprocess.Popen(
        command, cwd=ROOT, env=one.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    address = f"http://127.0.0.1:{port}"
    try:
        while True:
            try:
                requests.get(f"{address}/health/live", timeout=10)
                break
            except (requests.ConnectionError, requests.Timeout):
                time.sleep(0.1)
        yield address
    finally:
        process.terminate()
        process.wait()


class Crowd:
    """Administrators who are signed in."""

    def __init__(self, address: str, *, people: int) -> None:
        self._address = address
        self._people = people
        self._lock = threading.Lock()
        self._over = threading.Event()
        self.took: defaultdict[str, list[float]] = defaultdict(list)
        self.wrong: list[str] = []
        self._cookies = self._sign_in()

    def look(self, *, seconds: float) -> None:
        """Everybody looks at pages for so long."""
        threads = [
            threading.Thread(target=act, args=(Random(number),))
            for number in range(self._people)
            for act in (self._read, self._watch)
        ]
        for thread in threads:
            thread.start()
        time.sleep(seconds)
        self._over.set()
        for thread in threads:
            thread.join()

    def _sign_in(self) -> dict[str, str]:
        with requests.Session() as browser:
            page = browser.get(f"{self._address}/sign-in/", timeout=10).text
            token = re.findall(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)[0]
            form = {"username": NAME, "password": PASSWORD, "csrfmiddlewaretoken": token}
            answer = browser.post(f"{self._address}/sign-in/", data=form, timeout=10)
            assert answer.status_code == 200, answer.status_code
            return dict(browser.cookies)

    def _browser(self) -> requests.Session:
        """Signed in; as browsers do, it asks again where a connection was closed that it kept."""
        browser = requests.Session()
        browser.cookies.update(self._cookies)
        browser.mount("http://", HTTPAdapter(max_retries=3))
        return browser

    def _read(self, chance: Random) -> None:
        with self._browser() as browser:
            while not self._over.wait(THINKING * chance.uniform(0.5, 1.5)):
                name = chance.choice(list(PAGES))
                self._ask(browser, name, PAGES[name])

    def _watch(self, chance: Random) -> None:
        with self._browser() as browser:
            browser.headers["HX-Request"] = "true"
            self._over.wait(RENEWING * chance.random())
            while not self._over.wait(RENEWING):
                self._ask(browser, "live page renewed", LIVE)

    def _ask(self, browser: requests.Session, name: str, path: str) -> None:
        began = time.monotonic()
        answer = browser.get(self._address + path, timeout=60)
        took = time.monotonic() - began
        with self._lock:
            self.took[name].append(took)
            if answer.status_code not in WELL or answer.url.endswith("/sign-in/"):
                self.wrong.append(f"{path}: {answer.status_code}")


def keep_busy(one: Product, *, companies: int, over: threading.Event) -> None:
    """Push, change, and push again."""
    while not over.is_set():
        one.push()
        one.change(1, companies, every=2)


def measure(companies: int, people: int, minutes: float) -> None:
    """Print the table."""
    with ExitStack() as stack:
        standin = stack.enter_context(StandIn())
        one = stack.enter_context(product(standin, database_url=os.environ["DATABASE_URL"]))
        one.environment |= {
            "CELERY_BROKER_URL": stack.enter_context(redis()),
            "ALLOWED_HOSTS": "127.0.0.1",
        }
        one.inside("administrator", NAME, PASSWORD)
        one.enable(TEN_FIELDS)
        one.insert(1, companies)
        standin.take(flat=0.1, per_record=0.002)
        over = threading.Event()
        busy = threading.Thread(
            target=keep_busy, args=(one,), kwargs={"companies": companies, "over": over}
        )
        with workers(one), web(one) as address:
            crowd = Crowd(address, people=people)
            busy.start()
            crowd.look(seconds=minutes * 60)
            over.set()
            busy.join()
        assert crowd.wrong == [], crowd.wrong[:5]
        tell(crowd)


def tell(crowd: Crowd) -> None:
    """Print how long pages took."""
    tell_heading("page", "asked for", "p50 ms", "p95 ms", "longest ms")
    everything = [took for each in crowd.took.values() for took in each]
    for name, took in [*sorted(crowd.took.items()), ("all", everything)]:
        slow = quantiles(took, n=20)[-1] if len(took) > 1 else took[0]
        tell_row(
            *(name, len(took), f"{1000 * median(took):.0f}", f"{1000 * slow:.0f}"),
            f"{1000 * max(took):.0f}",
        )


def main() -> None:
    """Measure, as the command line says."""
    parser = parser_of(__doc__)
    parser.add_argument("--companies", type=int, default=20_000)
    parser.add_argument("--people", type=int, default=50)
    parser.add_argument("--minutes", type=float, default=2)
    arguments = parser.parse_args()
    if not os.environ.get("DATABASE_URL"):
        sys.exit("DATABASE_URL must name a PostgreSQL server.")
    tell_machine()
    measure(arguments.companies, arguments.people, arguments.minutes)


if __name__ == "__main__":
    main()
