"""`python -m sandbox --port N [--state FILE]`: serve a kintone until Ctrl-C or SIGTERM."""

import argparse
import signal
import sys
import threading
from pathlib import Path

from sandbox.demo import LOGIN, PASSWORD, demo_world
from sandbox.server import SandboxServer
from sandbox.service import Sandbox
from sandbox.storage import Saver, UnreadableStateError, load_world
from sandbox.world import World


def main(arguments: list[str] | None = None) -> int:
    """Serve until a signal; 0 then, 2 where it could not begin."""
    options = _options(arguments)
    try:
        world = _world(options.state)
        server = SandboxServer(
            Sandbox(world, keep_bodies=options.keep_bodies), host=options.host, port=options.port
        )
    except (UnreadableStateError, OSError, OverflowError) as error:
        print(f"sandbox: {error}", file=sys.stderr)  # noqa: T201 - a command speaks
        return 2
    saver = Saver(world, options.state) if options.state else None
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    if saver:
        saver.start()
    server.start()
    _introduce(server, world)
    stop.wait()
    server.close()
    if saver:
        saver.close()
    return 0


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    parser.add_argument("--port", type=int, required=True, help="port (0: any that is free)")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--state", type=Path, help="file that keeps everything across restarts")
    parser.add_argument(
        "--keep-bodies", action="store_true", help="keep the bodies of requests in the log"
    )
    return parser.parse_args(arguments)


def _world(state: Path | None) -> World:
    if state is not None and state.exists():
        return load_world(state)
    return demo_world()


def _introduce(server: SandboxServer, world: World) -> None:
    domain = world.default
    user = domain.users.get(LOGIN)
    lines = [f"kintone sandbox: {server.url}/ (subdomain {domain.name})"]
    if user is not None and user.password == PASSWORD:
        lines.append(f"login name {user.login}, password {user.password}")
    lines += [f"app {app.id}: {app.name}" for app in domain.apps.values()]
    print("\n".join(lines), flush=True)  # noqa: T201 - a command speaks


if __name__ == "__main__":
    sys.exit(main())
