"""Makes the virtual environment and installs the locked requirements, where that is not done yet.

    python3 scripts/setup.py requirements.txt

Plain standard library, and readable by an old Python too, so that it can say what is missing.
"""

import hashlib
import subprocess
import sys
from pathlib import Path

OLDEST = (3, 11)
ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"

TOO_OLD = """hpsync needs Python {} or newer; this is {}.
If there is another one on this machine, name it: make PYTHON=python3.12 run"""
NO_VENV = """This Python cannot make virtual environments. On Debian and Ubuntu:
    sudo apt install python3-venv"""
NOT_INSTALLED = "The requirements could not be installed; the lines above say why."


def main(lock: Path) -> None:
    """Leave a `.venv` that holds what the lock file names; quick where it does already."""
    if sys.version_info < OLDEST:
        newer = ".".join(str(part) for part in OLDEST)
        sys.exit(TOO_OLD.format(newer, sys.version.split()[0]))
    # What decides whether everything is there: the lock, and the Python that it is for.
    state = hashlib.sha256(lock.read_bytes() + sys.version.encode()).hexdigest()
    stamp = VENV / "installed" / lock.name
    if PYTHON.exists() and stamp.exists() and stamp.read_text() == state:
        return
    make_venv()
    print(f"Installing {lock.name} …", flush=True)
    install = [str(PYTHON), "-m", "pip", "install", "-qq", "--disable-pip-version-check"]
    if not succeeds([*install, "--require-hashes", "-r", str(lock)]):
        sys.exit(NOT_INSTALLED)
    stamp.parent.mkdir(exist_ok=True)
    stamp.write_text(state)


def make_venv() -> None:
    """`.venv` holds a Python with pip."""
    if PYTHON.exists() and succeeds([str(PYTHON), "-c", "import pip"]):
        return
    try:
        # Debian leaves parts of the standard library to a package of its own.
        import ensurepip  # noqa: F401
        import venv
    except ImportError:
        sys.exit(NO_VENV)
    print("Making .venv …", flush=True)
    venv.EnvBuilder(with_pip=True, clear=True, symlinks=True).create(VENV)


def succeeds(command: "list[str]") -> bool:
    """Whether the command ended well."""
    return subprocess.run(command, check=False).returncode == 0  # noqa: S603 — ours, no shell


if __name__ == "__main__":
    main(ROOT / sys.argv[1])
