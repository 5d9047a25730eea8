"""Secrets of the embedded shape: made once, kept in files that only their owner can read."""

import contextlib
import os
import secrets
from collections.abc import Callable
from pathlib import Path


def kept_secret(path: Path, *, make: Callable[[], str]) -> str:
    """The secret in the file `path`; where there is none, what `make` gives, kept from now on.

    Several processes may ask at once: they all get the secret of the one that came first, and
    nobody ever sees a file half written or readable by others.
    """
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        _create(path, text=make())
    return path.read_text(encoding="utf-8").strip()


def _create(path: Path, *, text: str) -> None:
    """Put `text` into a new file `path`, whole and private, unless somebody else was quicker."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text + "\n")
        # A link, other than a rename, fails where the name is taken: the first writer wins.
        with contextlib.suppress(FileExistsError):
            path.hardlink_to(draft)
    finally:
        draft.unlink()
