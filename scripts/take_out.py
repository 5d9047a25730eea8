"""Takes each protection out of a copy of the checkout, and sees that its test fails then.

    python scripts/take_out.py            all of them; some ten minutes
    python scripts/take_out.py KEY …      those whose fault has one of these words
    python scripts/take_out.py --write    write docs/faults.md from what was seen, if all failed

Ends with 1 if a test passed without its protection, or an edit does not fit the code any more.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path

from protections import PROTECTIONS, Protection

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.stack import REDIS_URL, postgres_server  # noqa: E402

PYTHON = str(ROOT / ".venv" / "bin" / "python")
BEGIN, END = "<!-- begin: scripts/take_out.py -->", "<!-- end: scripts/take_out.py -->"


def main(words: Sequence[str]) -> int:
    """0 if every test failed without its protection."""
    write = "--write" in words
    words = [word for word in words if not word.startswith("--")]
    chosen = [one for one in PROTECTIONS if not words or any(word in one.fault for word in words)]
    with _copy() as folder:
        survived = [one for one in chosen if not _fails_without(one, folder)]
    if write and not survived and not words:
        _write()
    return 1 if survived else 0


@contextmanager
def _copy() -> Iterator[Path]:
    """The last commit in a folder of its own."""
    with tempfile.TemporaryDirectory(prefix="hpsync-take-out-") as parent:
        folder = Path(parent) / "checkout"
        _git("worktree", "add", "--detach", "--quiet", str(folder))
        (folder / ".venv").symlink_to(ROOT / ".venv")
        try:
            yield folder
        finally:
            _git("worktree", "remove", "--force", str(folder))


def _git(*command: str) -> None:
    subprocess.run(("git", *command), cwd=ROOT, check=True)  # noqa: S603, S607


def _fails_without(protection: Protection, folder: Path) -> bool:
    edit = protection.edit
    file = folder / edit.file
    whole = file.read_text()
    if whole.count(edit.old) != 1:
        print(f"{protection.fault}: the edit does not fit {edit.file}", flush=True)
        return False
    file.write_text(whole.replace(edit.old, edit.new))
    try:
        code = _test(protection, folder)
    finally:
        file.write_text(whole)
    print(f"{protection.fault}: {'fails' if code == 1 else f'ended with {code}'}", flush=True)
    return code == 1


def _test(protection: Protection, folder: Path) -> int:
    environment = dict(os.environ, DATABASE_URL="", CELERY_BROKER_URL="")
    options = []
    if protection.stack:
        environment |= {
            "DATABASE_URL": f"{postgres_server()}/hpsync_take_out",
            "CELERY_BROKER_URL": REDIS_URL,
        }
        options = ["--stack"]
    environment = {name: value for name, value in environment.items() if value}
    command = [PYTHON, "-m", "pytest", "-x", "-q", "-p", "no:randomly", *options]
    command.append(f"tests/{protection.test}")
    return subprocess.run(  # noqa: S603
        command, cwd=folder, env=environment, capture_output=True, check=False
    ).returncode


def _write() -> None:
    """The tables of docs/faults.md."""
    lines = []
    for group, protections in groupby(PROTECTIONS, key=lambda one: one.group):
        lines += [f"## {group}", "", "| Fault | Test | Protection |", "|---|---|---|"]
        lines += [f"| {one.fault} | {_named(one.test)} | {one.edit.by} |" for one in protections]
        lines.append("")
    page = ROOT / "docs" / "faults.md"
    head, _, rest = page.read_text().partition(BEGIN)
    _, _, tail = rest.partition(END)
    page.write_text("\n".join([head + BEGIN, "", *lines, END + tail]))


def _named(test: str) -> str:
    path, _, name = test.partition("::")
    words = name.removeprefix("test_").replace("_", " ")
    return f"`{path}`" + (f": {words}" if words else "")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
