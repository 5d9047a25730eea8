"""`manage.py sync`: one run in the foreground, with an exit code and a line of JSON."""

import json
import subprocess
import sys
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from common import clock
from integrations import budget
from integrations.kintone import transport
from jobs import liveness, runs, sweep
from jobs.management.commands.sync import _start_here
from jobs.models import Run
from jobs.states import RunStatus, Trigger
from mapping.models import Mapping
from tests.builders_crm import make_companies, make_company
from tests.builders_mapping import make_mapping
from tests.flows.conftest import enabled_mapping


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch):
    monkeypatch.setattr(transport, "FIRST_PAUSE", 0.01)
    monkeypatch.setattr(transport, "LONGEST_PAUSE", 0.02)


@pytest.fixture
def sync(capsys):
    """The command: exit code, and what it printed on stdout and stderr."""

    def act(*arguments: str):
        try:
            call_command("sync", *arguments)
            code: Any = 0
        except SystemExit as ended:
            code = ended.code
        except CommandError as refused:
            print(refused, file=sys.stderr)
            code = refused.returncode
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return act


def name_of(mapping: Mapping) -> str:
    return f"{mapping.connection.name}/{mapping.record_type}"


def test_what_changed_arrives_and_the_last_line_says_so(company_mapping, kintone, sync):
    make_companies(3)

    code, out, _ = sync(name_of(company_mapping), "--json")

    summary = json.loads(out.splitlines()[-1])
    assert code == 0
    assert summary == {
        "status": "succeeded",
        "run": Run.objects.get().pk,
        "outcomes": {
            "created": 3,
            "updated": 0,
            "unchanged": 0,
            "skipped": 0,
            "invalid": 0,
            "rejected": 0,
            "unsent": 0,
        },
        "requests": summary["requests"],
        "counted": 1,
        "seconds": summary["seconds"],
        "message": "",
    }
    assert summary["seconds"] > 0
    assert len(kintone.records(company_mapping.app)) == 3


def test_a_field_that_was_left_out_is_no_success_and_is_named(company_mapping, kintone, sync):
    make_companies(1)
    kintone.rename_field(company_mapping.app, "tel", "telephone")
    Mapping.objects.update(form_read_at=None)

    code, out, _ = sync(name_of(company_mapping), "--json")
    assert (code, json.loads(out.splitlines()[-1])["left_out"]) == (1, ["tel"])
    make_companies(1)
    code, out, _ = sync(name_of(company_mapping))

    assert code == 1
    assert "フィールドコードが変更されました: 「電話番号」（tel）は、" in out


def test_nothing_to_do_is_a_success_without_a_request(company_mapping, kintone, sync):
    make_companies(1)
    sync(name_of(company_mapping))
    kintone.forget_requests()

    code, out, _ = sync(name_of(company_mapping), "--json")

    assert code == 0
    assert json.loads(out.splitlines()[-1])["requests"] == 0
    assert kintone.requests == []


def test_existing_data_goes_only_when_asked_for(kintone, db, sync):
    make_companies(2)
    mapping = enabled_mapping(kintone)

    _, before, _ = sync(name_of(mapping), "--json")
    _, full, _ = sync(name_of(mapping), "--full", "--json")

    assert json.loads(before.splitlines()[-1])["outcomes"]["created"] == 0
    assert json.loads(full.splitlines()[-1])["outcomes"]["created"] == 2
    assert Run.objects.latest("id").trigger == Trigger.FIRST_LOAD


def test_a_failed_record_makes_the_exit_code_one(company_mapping, sync):
    make_company(name="可", main_tel="1" * 30)
    make_company(name="良")

    code, out, _ = sync(name_of(company_mapping), "--json")

    summary = json.loads(out.splitlines()[-1])
    assert (code, summary["status"]) == (1, "partial")
    assert (summary["outcomes"]["created"], summary["outcomes"]["invalid"]) == (1, 1)


def test_a_spent_day_holds_the_run_and_says_when_it_goes_on(company_mapping, sync):
    make_companies(1)
    budget.set_daily_requests(company_mapping.connection.host, company_mapping.app, 0)

    code, out, _ = sync(name_of(company_mapping), "--json")

    summary = json.loads(out.splitlines()[-1])
    assert (code, summary["status"]) == (1, "held")
    assert "0:00" in summary["message"]


def test_a_held_run_goes_on_here_once_the_limit_was_raised(company_mapping, kintone, sync):
    make_companies(1)
    host = company_mapping.connection.host
    budget.set_daily_requests(host, company_mapping.app, 0)
    sync(name_of(company_mapping))
    assert sync(name_of(company_mapping))[0] == 2
    budget.set_daily_requests(host, company_mapping.app, 100)

    code, out, _ = sync(name_of(company_mapping), "--json")

    assert (code, json.loads(out.splitlines()[-1])["status"]) == (0, "succeeded")
    assert Run.objects.get().resume_at is None
    assert len(kintone.records(company_mapping.app)) == 1


def test_a_held_run_goes_on_here_once_the_day_is_over(company_mapping, sync, monkeypatch):
    make_companies(1)
    budget.set_daily_requests(company_mapping.connection.host, company_mapping.app, 1)
    budget.spend(company_mapping.connection.host, company_mapping.app, now=clock.now())
    assert sync(name_of(company_mapping))[0] == 1
    tomorrow = clock.now() + timedelta(days=1)
    monkeypatch.setattr(clock, "now", lambda: tomorrow)
    Mapping.objects.update(form_read_at=tomorrow)

    assert sync(name_of(company_mapping))[0] == 0


def test_a_refused_login_is_told_in_words(company_mapping, kintone, sync):
    make_companies(1)
    kintone.change_password("another")

    code, out, _ = sync(name_of(company_mapping))

    assert code == 1
    assert "kintoneにログインできません" in out


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("nowhere/company", "接続「nowhere」はありません"),
        ("{connection}/lead", "はありません"),
        ("{connection}/company/999", "はありません"),
        ("{connection}/firm", "の形ではありません"),
        ("company", "の形ではありません"),
    ],
)
def test_an_unknown_name_starts_nothing(company_mapping, sync, name, reason):
    code, _, err = sync(name.format(connection=company_mapping.connection.name))

    assert code == 2
    assert reason in err
    assert not Run.objects.exists()


def test_one_type_in_two_apps_must_be_named_with_the_app(company_mapping, sync):
    make_mapping(company_mapping.connection, app=77, enabled=True)

    code, _, err = sync(name_of(company_mapping))
    assert code == 2
    assert f"{name_of(company_mapping)}/77" in err

    code, _, _ = sync(f"{name_of(company_mapping)}/{company_mapping.app}")
    assert code == 0


def test_a_connection_may_have_a_slash_in_its_name(company_mapping, sync):
    company_mapping.connection.name = "本番/東京"
    company_mapping.connection.save()

    assert sync("本番/東京/company")[0] == 0


def test_a_disabled_mapping_is_not_started(company_mapping, sync):
    Mapping.objects.update(enabled=False)

    code, _, err = sync(name_of(company_mapping))

    assert code == 2
    assert "無効です" in err


def test_a_mapping_at_work_is_not_started_twice(company_mapping, sync):
    run = runs.start(company_mapping, trigger=Trigger.SCHEDULE, now=clock.now())
    runs.take(run.pk, owner=liveness.owner_here(), now=clock.now())

    code, _, err = sync(name_of(company_mapping))

    assert code == 2
    assert "すでに" in err


def test_a_killed_run_does_not_stand_in_the_way(company_mapping, sync):
    run = runs.start(company_mapping, trigger=Trigger.SCHEDULE, now=clock.now())
    long_ago = clock.now() - timedelta(minutes=6)
    runs.take(run.pk, owner="elsewhere@1|b|n|1|1", now=long_ago)

    code, _, _ = sync(name_of(company_mapping))

    assert code == 0
    run.refresh_from_db()
    assert run.status == RunStatus.FAILED


def test_the_tick_does_not_wake_a_worker_for_it(
    company_mapping, sync, rung, django_capture_on_commit_callbacks
):
    _start_here(company_mapping, full=False)
    with django_capture_on_commit_callbacks(execute=True):
        sweep.sweep(now=clock.now())

    assert rung == []


def test_bad_arguments_end_with_two():
    ended = subprocess.run(
        [sys.executable, "manage.py", "sync", "--wrong"], capture_output=True, check=False
    )

    assert ended.returncode == 2
