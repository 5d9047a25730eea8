"""`python -m sandbox.hotprofile --port N`: serve a Hot Profile until Ctrl-C or SIGTERM."""

import argparse
import signal
import sys
import threading

from sandbox.hotprofile.demo import demo_tenant
from sandbox.hotprofile.service import HotProfile
from sandbox.hotprofile.world import DEMO_KEY
from sandbox.server import HttpServer


def main(arguments: list[str] | None = None) -> int:
    """Serve until a signal; 0 then, 2 where it could not begin."""
    options = _options(arguments)
    tenant = demo_tenant(
        companies=options.companies,
        departments=options.departments,
        leads=options.leads,
        seed=options.seed,
        api_key=options.key,
        limit=options.limit,
    )
    try:
        server = HttpServer(HotProfile(tenant), host=options.host, port=options.port)
    except (OSError, OverflowError) as error:
        print(f"sandbox.hotprofile: {error}", file=sys.stderr)  # noqa: T201 - a command speaks
        return 2
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    server.start()
    host = server.url.removeprefix("http://")
    print(  # noqa: T201 - a command speaks
        f"Hot Profile sandbox: {server.url}/ (host {host}, API key {tenant.api_key})", flush=True
    )
    stop.wait()
    server.close()
    return 0


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m sandbox.hotprofile", description=__doc__)
    parser.add_argument("--port", type=int, required=True, help="port (0: any that is free)")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--companies", type=int, default=300)
    parser.add_argument("--departments", type=int, default=120)
    parser.add_argument("--leads", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1, help="other numbers, other data")
    parser.add_argument("--key", default=DEMO_KEY, help="the API key")
    parser.add_argument("--limit", type=int, default=100, help="calls answered in any minute")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
