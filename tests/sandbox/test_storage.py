"""The state file: a restart loses nothing."""

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from sandbox import admin
from sandbox.__main__ import main
from sandbox.demo import PASSWORD, demo_world
from sandbox.model import User
from sandbox.scalars import Precision
from sandbox.storage import Saver, UnreadableStateError, load_world, save_world
from tests.fixtures.kintone import new_world
from tests.sandbox.conftest import by_key, password, record

ROOT = Path(__file__).resolve().parents[2]


def filled_world():
    world = demo_world()
    domain = world.default
    domain.basic = ("gate", "pass")
    companies, departments = domain.apps[1], domain.apps[2]
    admin.load_records(
        world,
        domain,
        companies,
        [
            {
                "会社名": f"会社{number}",
                "法人番号": f"{number:013}",
                "会社ID": f"C-{number}",
                "営業担当者": [{"code": "sato"}],
                "タグ一覧": [{"value": record(タグ="重点")}],
            }
            for number in range(450)
        ],
    )
    admin.load_records(
        world, domain, departments, [{"部署ID": "D-1", "部署名": "営業部", "会社ID": "C-1"}]
    )
    admin.remove_record(world, companies, 450)
    admin.add_user(world, domain, User(login="late", name="後から", active=False))
    companies.rights["late"] = frozenset({"view"})
    companies.read_only.add("メモ")
    admin.set_precision(world, companies, Precision(digits=30, decimals=0, rounding="UP"))
    admin.add_app(world, domain, "ゲスト", {"x": {"type": "CALC"}}, guest_space=3, code="G")
    return world


def test_everything_survives_being_saved_and_loaded(tmp_path):
    world = filled_world()

    save_world(world, tmp_path / "state.json")
    loaded = load_world(tmp_path / "state.json")

    assert loaded.default == world.default
    assert loaded.default.apps[1].take_id() == 451
    assert [path.name for path in tmp_path.iterdir()] == ["state.json"]


def test_what_cannot_be_read_is_left_alone(tmp_path, capsys):
    state = tmp_path / "state.json"
    for text in ("{", "[]", '{"version": 99}', '{"version": 1}', "あ"):
        state.write_text(text, encoding="utf-8")
        with pytest.raises(UnreadableStateError):
            load_world(state)
        assert main(["--port", "0", "--state", str(state)]) == 2
        assert str(state) in capsys.readouterr().err
        assert state.read_text(encoding="utf-8") == text


def test_changes_are_saved_soon_and_at_the_end(tmp_path):
    world = new_world()
    saver = Saver(world, tmp_path / "state.json")
    saver.start()

    app = admin.add_app(world, world.default, "顧客", {"name": {"type": "SINGLE_LINE_TEXT"}})
    admin.load_records(world, world.default, app, [{"name": "青葉"}])
    saver.close()

    (stored,) = load_world(tmp_path / "state.json").default.apps[1].records.values()
    assert stored.values == {"name": "青葉"}


def test_a_port_that_is_taken_is_said_to_be(capsys):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        assert main(["--port", str(taken.getsockname()[1])]) == 2

    assert "sandbox:" in capsys.readouterr().err


def start(state):
    """A sandbox in a process of its own, and its address."""
    process = subprocess.Popen(
        [sys.executable, "-m", "sandbox", "--port", "0", "--state", str(state)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONWARNINGS": "error"},
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line.startswith("kintone sandbox: http://"), line
    return process, line.split()[2]


def stop(process, number):
    """End it; what it complained about."""
    process.send_signal(number)
    _, complaints = process.communicate(timeout=20)
    return process.returncode, complaints


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_restart_loses_nothing(tmp_path, number):
    state = tmp_path / "sandbox.json"
    headers = password("sync", PASSWORD)
    process, url = start(state)
    item = by_key("法人番号", "1234567890123", 会社名="青葉商事")
    body = {"app": 1, "upsert": True, "records": [item]}
    answer = requests.put(f"{url}demo/k/v1/records.json", json=body, headers=headers, timeout=10)
    assert answer.status_code == 200
    assert stop(process, number) == (0, "")

    process, url = start(state)
    again = requests.put(f"{url}demo/k/v1/records.json", json=body, headers=headers, timeout=10)
    assert stop(process, number) == (0, "")

    assert again.json()["records"] == [{"id": "1", "revision": "2", "operation": "UPDATE"}]
    assert json.loads(state.read_text(encoding="utf-8"))["version"] == 1
