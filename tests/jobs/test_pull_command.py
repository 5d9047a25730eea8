"""`manage.py pull`: what it prints, and how it ends."""

import json
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from common import clock
from crm.models import Company
from pulls import pulling
from pulls.models import Pull


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str]) -> Any:
    """Carries the command out: exit code and what it printed."""

    def act(*arguments: str) -> tuple[int, str]:
        code = 0
        try:
            call_command("pull", *arguments)
        except SystemExit as exit_:
            code = int(exit_.code or 0)
        except CommandError as error:
            return error.returncode, str(error)
        return code, capsys.readouterr().out

    return act


def test_a_good_pull_ends_with_0_and_tells_its_counts_for_other_programs(
    hotprofile, tenant, command
):
    hotprofile.add_lead(hotprofile.add_company())

    code, said = command("--json")

    told = json.loads(said.splitlines()[-1])
    assert code == 0
    assert (told["status"], told["created"], told["calls"]) == ("succeeded", 2, 2)
    assert (told["companies"], told["leads"], told["refused"], told["gone"]) == (1, 1, 0, 0)


def test_a_person_is_told_in_words(hotprofile, tenant, command):
    hotprofile.add_company()

    code, said = command()

    assert code == 0
    assert "会社1件とリード0件を読み込みました（新規 1、" in said


def test_what_was_refused_ends_it_with_1(hotprofile, tenant, command):
    hotprofile.add_company(name="")
    hotprofile.add_company()

    code, said = command("--json")

    told = json.loads(said.splitlines()[-1])
    assert code == 1
    assert (told["status"], told["created"], told["refused"]) == ("partial", 1, 1)


def test_a_pull_that_stops_says_why_and_ends_with_1(hotprofile, tenant, command):
    hotprofile.world.api_key = "another"

    code, said = command("--json")

    assert code == 1
    assert "APIキーが正しくありません" in json.loads(said.splitlines()[-1])["message"]


def test_without_a_tenant_it_is_not_started(db, command):
    code, said = command()

    assert code == 2
    assert "ホットプロファイル連携元が設定されていません" in said


def test_while_another_is_at_work_it_is_not_started(hotprofile, tenant, command):
    pull = pulling.start(tenant, trigger=Pull.Trigger.SCHEDULE, now=clock.now())
    pulling.take(pull.pk, owner="elsewhere", now=clock.now())

    code, said = command()

    assert code == 2
    assert "すでに待機中または処理中" in said


def test_everything_is_read_again_where_that_is_asked_for(hotprofile, tenant, command):
    number = hotprofile.add_company()
    command()
    Company.objects.update(name="ここで変わった")
    hotprofile.world.companies.by_id[number].updated_at -= pulling.LOST_AFTER * 100

    command()
    assert Company.objects.get().name == "ここで変わった"

    code, said = command("--full", "--json")
    assert (code, json.loads(said.splitlines()[-1])["updated"]) == (0, 1)


def test_a_host_that_the_operator_no_longer_allows_gets_no_key(
    hotprofile, tenant, command, settings
):
    settings.HOTPROFILE_HOSTS = []

    code, said = command("--json")

    assert code == 1
    assert "ホットプロファイルが見つかりません" in json.loads(said.splitlines()[-1])["message"]
    assert hotprofile.calls == []
