"""Secrets that are made once and kept in files."""

import stat
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path

import pytest

from hpsync.secret_files import kept_secret


def test_a_secret_is_made_once(tmp_path: Path) -> None:
    numbers = count()
    path = tmp_path / "deep" / "key"
    secrets = [kept_secret(path, make=lambda: f"secret-{next(numbers)}") for _ in range(3)]
    assert secrets == ["secret-0"] * 3


def test_only_its_owner_may_read_it(tmp_path: Path) -> None:
    kept_secret(tmp_path / "key", make=lambda: "secret")
    assert stat.S_IMODE((tmp_path / "key").stat().st_mode) == 0o600


def test_processes_that_start_together_agree_on_one_secret(tmp_path: Path) -> None:
    numbers = count()
    path = tmp_path / "key"

    def ask(_: int) -> str:
        return kept_secret(path, make=lambda: f"secret-{next(numbers)}")

    for _ in range(50):
        path.unlink(missing_ok=True)
        with ThreadPoolExecutor(8) as pool:
            assert len(set(pool.map(ask, range(8)))) == 1


def test_nothing_but_the_secret_stays_behind(tmp_path: Path) -> None:
    kept_secret(tmp_path / "key", make=lambda: "secret")
    assert [path.name for path in tmp_path.iterdir()] == ["key"]


def test_a_secret_that_cannot_be_made_leaves_nothing(tmp_path: Path) -> None:
    def fail() -> str:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        kept_secret(tmp_path / "key", make=fail)
    assert list(tmp_path.iterdir()) == []
