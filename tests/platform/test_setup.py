"""`scripts/setup.py`: what `make run` and `make test` do first, on a machine with Python alone."""

import runpy
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

# Making an environment takes a while: one for all.
pytestmark = pytest.mark.xdist_group("setup")

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "setup.py"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout of nothing but the script."""
    (tmp_path / "lock.txt").touch()
    return _checked_out(tmp_path)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout whose lock, which names nothing, is installed."""
    checkout = _checked_out(tmp_path_factory.mktemp("checkout"))
    answer = _set_up(checkout, lock="lock.txt", text="# nothing\n")
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout.splitlines() == ["Making .venv …", "Installing lock.txt …"]
    return checkout


def _checked_out(folder: Path) -> Path:
    (folder / "scripts").mkdir()
    shutil.copy(SCRIPT, folder / "scripts")
    return folder


def _set_up(checkout: Path, *, lock: str, text: str) -> subprocess.CompletedProcess[str]:
    (checkout / lock).write_text(text)
    return subprocess.run(
        [sys.executable, "scripts/setup.py", lock],
        cwd=checkout,
        capture_output=True,
        text=True,
        check=False,
    )


def test_what_is_installed_is_not_installed_again(installed: Path) -> None:
    assert (installed / ".venv" / "bin" / "python").exists()
    assert _set_up(installed, lock="lock.txt", text="# nothing\n").stdout == ""


def test_a_lock_that_changed_is_installed(installed: Path) -> None:
    _set_up(installed, lock="other.txt", text="# nothing\n")
    answer = _set_up(installed, lock="other.txt", text="# still nothing\n")
    assert (answer.returncode, answer.stdout) == (0, "Installing other.txt …\n")


def test_what_the_lock_does_not_vouch_for_is_not_installed(installed: Path) -> None:
    package = installed / "package"
    package.mkdir()
    (package / "pyproject.toml").write_text('[project]\nname = "unvouched"\nversion = "1"\n')
    for _ in range(2):  # nothing is taken for done: the next try installs again
        answer = _set_up(installed, lock="bad.txt", text=f"unvouched @ file://{package}\n")
        assert (answer.returncode, answer.stdout) == (1, "Installing bad.txt …\n")
        assert "The requirements could not be installed" in answer.stderr


def test_a_python_too_old_is_told_so(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 9, 2))
    monkeypatch.setattr(sys, "argv", ["setup.py", "lock.txt"])
    with pytest.raises(SystemExit, match=r"needs Python 3\.11 or newer"):
        runpy.run_path(str(checkout / "scripts" / "setup.py"), run_name="__main__")


def test_where_debian_left_out_venv_one_is_told_what_to_install(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "ensurepip", None)
    monkeypatch.setattr(sys, "argv", ["setup.py", "lock.txt"])
    with pytest.raises(SystemExit, match="sudo apt install python3-venv"):
        runpy.run_path(str(checkout / "scripts" / "setup.py"), run_name="__main__")
