"""`manage.py doctor`: each thing is broken, found, and told with what to do."""

import json
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core.management import call_command
from django.db import DatabaseError

from common import clock
from crm.models import Account
from jobs.models import Heartbeat
from tests.builders_mapping import make_connection
from tests.flows.conftest import enabled_mapping
from tests.jobs.mail_server import MailServer

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.django_db


@pytest.fixture
def examined(capsys: pytest.CaptureFixture[str]) -> Any:
    """What the command finds: name → (state, what was said and what to do)."""

    def act(*arguments: str, exits: int | None = None) -> dict[str, tuple[str, str]]:
        ended = 0
        try:
            call_command("doctor", "--json", *arguments)
        except SystemExit as error:
            ended = int(str(error.code))
        told = json.loads(capsys.readouterr().out)
        assert told["well"] is (ended == 0)
        assert exits is None or ended == exits
        return by_name(told)

    return act


def by_name(told: dict[str, Any]) -> dict[str, tuple[str, str]]:
    """What was looked at → how it is, what was said and what to do."""
    return {
        one["what"]: (one["state"], f"{one['said']} {one['remedy']}") for one in told["findings"]
    }


@pytest.fixture
def around(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """An installation in which all is well, but for its kintone and its mails."""
    tmp_path.chmod(0o700)
    settings.VAR_DIR = tmp_path
    settings.EMBEDDED = True
    settings.PUBLIC_URL = "http://127.0.0.1:8000"
    Heartbeat.objects.update_or_create(name="tick", defaults={"at": clock.now()})
    monkeypatch.setattr("hpsync.health.broker_answers", lambda: True)
    monkeypatch.setattr(
        "hpsync.celery.app.control.inspect",
        lambda **_named: type(
            "Inspect", (), {"ping": lambda _self: {"celery@a": {"ok": "pong"}}}
        )(),
    )
    return settings


def test_an_installation_that_is_well(
    examined: Any, around: Any, administrator: Account, kintone: Any
) -> None:
    server = MailServer()
    server.controller.start()
    around.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    around.EMAIL_HOST, around.EMAIL_PORT = "127.0.0.1", server.controller.port
    enabled_mapping(kintone)

    found = examined(exits=0)

    server.controller.stop()
    assert {state for state, _said in found.values()} == {"ok"}
    assert any(name.startswith("kintone（") for name in found)


def test_nothing_is_asked_of_a_database_that_is_away(
    examined: Any, around: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away() -> bool:
        raise DatabaseError("connection refused\nIs the server running?")

    monkeypatch.setattr("hpsync.health.database_answers", away)
    found = examined(exits=1)

    assert found["データベース"][0] == "fail"
    assert found["データベース"][1].startswith("connection refused ")  # its first line
    assert "DATABASE_URL" in found["データベース"][1]
    assert "管理者" not in found


@pytest.mark.parametrize(
    ("silence", "words"),
    [(None, "まだ一度も動いていません"), (timedelta(minutes=61), "最後に動いたのは61分前です")],
)
def test_a_clock_that_stands_still(
    examined: Any, around: Any, silence: timedelta | None, words: str
) -> None:
    Heartbeat.objects.all().delete()
    if silence:
        Heartbeat.objects.create(name="tick", at=clock.now() - silence)

    state, said = examined(exits=1)["毎分の処理"]

    assert state == "fail"
    assert words in said
    assert "beat" in said


def test_an_installation_of_which_nothing_was_set_up(tmp_path: Path) -> None:
    done = subprocess.run(
        (sys.executable, "manage.py", "doctor", "--json"),
        cwd=ROOT,
        env={
            "PATH": os.environ["PATH"],
            "VAR_DIR": str(tmp_path),
            "CELERY_BROKER_URL": "redis://127.0.0.1:9/0",
            "SECRET_KEY": "s" * 60,
            "CREDENTIAL_KEYS": Fernet.generate_key().decode(),
        },
        capture_output=True,
        text=True,
        check=False,
    )

    found = by_name(json.loads(done.stdout))
    assert done.returncode == 1, done.stderr
    assert found["データベース"][0] == "ok"
    assert "manage.py migrate" in found["データベースの構造"][1]
    assert "CELERY_BROKER_URL" in found["ブローカー"][1]
    assert found["ワーカー"] == (
        "fail",
        "応答がありません ワーカーを起動し、そのログを確認してください。",
    )
    assert "管理者" not in found  # nobody can be asked for


def test_keys_that_do_not_open_what_is_encrypted(examined: Any, around: Any) -> None:
    old, new = (Fernet.generate_key().decode() for _ in range(2))
    around.CREDENTIAL_KEYS = [old]
    make_connection(password="secret")

    around.CREDENTIAL_KEYS = [new, old]
    assert examined()["認証情報の鍵"][0] == "warn"
    around.CREDENTIAL_KEYS = [new]
    state, said = examined(exits=1)["認証情報の鍵"]
    assert state == "fail"
    assert "どの鍵でも開けない値が1個あります" in said


def test_nobody_who_may_sign_in(examined: Any, around: Any, administrator: Account) -> None:
    administrator.is_active = False
    administrator.save()

    state, said = examined(exits=1)["管理者"]

    assert state == "fail"
    assert "create_administrator" in said


def test_files_that_others_can_read(examined: Any, around: Any) -> None:
    key = around.VAR_DIR / "secret_key"
    key.write_text("k")
    key.chmod(0o644)
    assert examined()["ファイルの権限"][0] == "ok"  # nobody else comes into the folder

    around.VAR_DIR.chmod(0o755)
    state, said = examined(exits=1)["ファイルの権限"]

    assert state == "fail"
    assert str(key) in said
    assert "chmod" in said


def test_disks_that_fill_up(examined: Any, around: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    what = f"空き容量（{around.VAR_DIR}）"
    for free, state in ((3e9, "ok"), (1e9, "warn"), (1e8, "fail")):
        usage = type("Usage", (), {"free": free})()
        monkeypatch.setattr("hpsync.doctor.around.shutil.disk_usage", lambda _, u=usage: u)
        assert examined()[what][0] == state


def test_addresses_that_lead_nowhere_or_in_the_open(examined: Any, around: Any) -> None:
    around.EMBEDDED = False
    assert examined()["画面のアドレス"][0] == "warn"
    around.PUBLIC_URL, around.HTTPS = "http://hpsync.example.com", False
    assert "暗号化されていません" in examined()["画面のアドレス"][1]
    around.PUBLIC_URL, around.HTTPS = "https://hpsync.example.com", True
    assert examined()["画面のアドレス"][0] == "ok"
    around.DEBUG = True
    assert examined(exits=1)["画面のアドレス"][0] == "fail"


def test_a_mail_server_that_is_away(examined: Any, around: Any) -> None:
    around.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    around.EMAIL_HOST, around.EMAIL_PORT = "127.0.0.1", 9

    state, said = examined(exits=1)["メール"]

    assert state == "fail"
    assert "EMAIL_URL" in said


def test_a_kintone_that_lets_nobody_in_is_told_in_its_words_and_left_out_where_asked(
    examined: Any, around: Any, kintone: Any, administrator: Account
) -> None:
    mapping = enabled_mapping(kintone)
    kintone.change_password("another")
    what = f"kintone（{mapping}）"

    state, said = examined(exits=1)[what]
    assert state == "fail"
    assert "kintoneにログインできません" in said
    assert what not in examined("--offline")


def test_people_read_a_line_for_each_and_what_to_do(
    around: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        call_command("doctor")

    lines = capsys.readouterr().out.splitlines()
    assert "［異常］管理者：サインインできる管理者がいません" in lines
    assert "　　→ manage.py create_administrator NAME を実行してください。" in lines
