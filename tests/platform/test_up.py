"""`manage.py up`, as a newcomer meets it: a fresh folder, one command, a page to sign in to."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
import requests

from hpsync.ports import LOOPBACK, free_port, is_free
from tests.product import ROOT, Product, start

# Parallel runs start one product, not one each.
pytestmark = pytest.mark.xdist_group("up")

PROGRAMS = {"broker", "sandbox", "hotprofile", "web", "worker", "clock", "beat"}


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    running = Product(tmp_path_factory.mktemp("up"))
    yield running
    family = running.children()
    assert "停止しました。" in running.stop()
    assert running.process.returncode == 0
    assert [member for member in family if _lives(member)] == []


def _lives(process: psutil.Process) -> bool:
    return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)


def test_it_says_where_it_is_and_how_to_sign_in(product: Product) -> None:
    address = product.find(r"アドレス：(\S+)")
    browser = requests.Session()
    page = browser.get(address, timeout=10)
    assert page.url == f"{address}sign-in/"
    login = {
        "csrfmiddlewaretoken": re.findall(r'csrfmiddlewaretoken" value="(\w+)"', page.text)[0],
        "username": product.find(r"ユーザー名：(\S+)"),
        "password": product.find(r"パスワード：(\S+)"),
    }
    answer = browser.post(page.url, data=login, headers={"Referer": page.url}, timeout=10)
    assert answer.url == address
    assert answer.status_code == 200


def test_static_files_are_served_for_good_under_their_digest(product: Product) -> None:
    address = product.find(r"アドレス：(\S+)/\n")
    page = requests.get(f"{address}/sign-in/", timeout=10).text
    style = re.findall(r'href="(/static/hpsync\.\w+\.css)"', page)[0]
    answer = requests.get(f"{address}{style}", timeout=10)
    assert answer.status_code == 200
    assert "immutable" in answer.headers["Cache-Control"]


def test_the_sandbox_is_there_and_commands_beside_it_find_it(product: Product) -> None:
    sandbox = product.find(r"サンドボックス：(\S+)/\n")
    assert requests.get(f"{sandbox}/", timeout=10).status_code == 200
    left = (product.var_dir / "kintone_url_template").read_text()
    assert left == f"{sandbox}/{{subdomain}}"


def test_a_hot_profile_to_practise_with_is_there_and_commands_beside_it_may_ask_it(
    product: Product,
) -> None:
    host = product.find(r"ホットプロファイルの代わりのサンドボックス：(\S+)\n")
    key = product.find(r"APIキー：(\S+)\n")
    url = f"http://{host}/rest_api/v1/clients/get_entry_list"
    answer = requests.post(url, json={"api_key": key}, timeout=10)
    assert answer.json()["pages"]["total_count"] > 0
    assert (product.var_dir / "hotprofile_host").read_text() == host


def test_demo_data_are_there_to_look_at(product: Product) -> None:
    count = (
        "import django; django.setup(); from crm.models import Company; "
        "print(Company.objects.count())"
    )
    environment = {"VAR_DIR": str(product.var_dir), "DJANGO_SETTINGS_MODULE": "hpsync.settings"}
    answer = subprocess.run(
        [sys.executable, "-c", count],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    assert int(answer.stdout) > 0


def test_all_parts_run_and_write_logs_of_their_own(product: Product) -> None:
    assert {path.stem for path in (product.var_dir / "log").iterdir()} == PROGRAMS
    assert product.running() == PROGRAMS, product.logs()


def test_it_is_ready_without_waiting_for_the_clocks_first_minute(product: Product) -> None:
    address = product.find(r"アドレス：(\S+)/\n")
    deadline = time.monotonic() + 30
    while requests.get(f"{address}/health/ready", timeout=10).status_code != 200:
        assert time.monotonic() < deadline
        time.sleep(0.2)


def test_a_killed_worker_is_back_soon(product: Product) -> None:
    before = _worker_of(product)
    assert before is not None
    os.kill(before, signal.SIGKILL)
    deadline = time.monotonic() + 30
    while _worker_of(product) in (None, before):
        assert time.monotonic() < deadline
        time.sleep(0.1)


def _worker_of(product: Product) -> int | None:
    """The process that executes runs, None while there is none."""
    for child in psutil.Process(product.process.pid).children():
        # One that just died has no command line any more.
        with suppress(psutil.NoSuchProcess):
            if "worker" in child.cmdline() and "--queues" not in child.cmdline():
                return int(child.pid)
    return None


def test_a_second_one_in_the_same_folder_is_refused(product: Product) -> None:
    second = start(product.var_dir)
    said, _ = second.communicate(timeout=30)
    assert second.returncode == 1
    assert "hpsyncはすでに起動しています。" in said


def test_a_taken_port_that_was_asked_for_is_said_so(product: Product, tmp_path: Path) -> None:
    port = product.find(r"アドレス：\S+:(\d+)/")
    second = start(tmp_path, "--port", port)
    said, _ = second.communicate(timeout=30)
    assert second.returncode == 1
    assert f"ポート{port}は使用中です。" in said


def test_the_next_free_port_is_taken_where_the_usual_one_is_not_free(product: Product) -> None:
    taken = int(product.find(r"アドレス：\S+:(\d+)/"))
    assert not is_free(taken)
    found = free_port(taken, besides=(taken + 1,))
    assert found > taken + 1
    assert is_free(found)
    assert LOOPBACK == "127.0.0.1"
