"""A slot means pull, then push: what changed at Hot Profile is in kintone when the slot is over."""

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from common import clock
from integrations.hotprofile import client
from jobs import pull_slots, runs, sweep, tasks
from jobs.models import Run, Schedule
from jobs.states import RunStatus, Trigger
from pulls.models import Pull, Trouble
from sandbox.hotprofile.demo import churn, demo_tenant
from tests.builders_crm import make_companies
from tests.flows.conftest import fall_due, work_off
from tests.flows.faults.processes import database_url, kill, wait_until

ROOT = Path(__file__).parents[2]


@pytest.fixture
def impatient(monkeypatch):
    """Nobody really waits between two attempts."""
    for name in ("FIRST_PAUSE", "LONGEST_PAUSE"):
        monkeypatch.setattr(client, name, 0.01)


@pytest.fixture
def tick(commit_at_once):
    """One tick at which every schedule is due."""

    def act() -> None:
        fall_due()
        tasks.tick()

    return act


def names(kintone, mapping) -> set[str]:
    return {record["name"] for record in kintone.records(mapping.app)}


def test_what_is_at_the_tenant_when_the_slot_begins_is_in_kintone_when_it_ends(
    hotprofile, tenant, kintone, company_mapping, tick, rung, rung_for_pulls
):
    hotprofile.add_company(name="株式会社青葉商事")

    tick()
    assert rung == []
    tasks.pull(rung_for_pulls.pop())
    work_off(rung)

    assert names(kintone, company_mapping) == {"株式会社青葉商事"}
    assert Pull.objects.get().trigger == Pull.Trigger.SCHEDULE


def test_pushes_wait_also_when_the_bell_is_rung_again_meanwhile(
    hotprofile, tenant, kintone, company_mapping, tick, rung, rung_for_pulls
):
    tick()
    sweep.sweep(now=clock.now() + timedelta(minutes=3))

    assert rung == []
    assert Run.objects.get().status == RunStatus.QUEUED


def test_a_pull_that_fails_does_not_stop_the_push_of_what_is_there(
    hotprofile, tenant, kintone, company_mapping, tick, rung, rung_for_pulls, impatient, mailoutbox
):
    make_companies(1, name="すでにある会社")
    hotprofile.fail(503, "<html>", times=None)

    tick()
    tasks.pull(rung_for_pulls.pop())
    work_off(rung)
    tasks.tick()

    assert names(kintone, company_mapping) == {"すでにある会社"}
    assert Pull.objects.get().status == Pull.Status.FAILED
    assert [mail.to for mail in mailoutbox] == [["ops@example.com"]]
    assert mailoutbox[0].subject.startswith(
        "【自動で再試行】ホットプロファイルから応答がありません"
    )
    assert hotprofile.host in mailoutbox[0].subject


def test_trouble_and_recovery_are_mailed_once_each(
    hotprofile, tenant, company_mapping, tick, rung_for_pulls, mailoutbox
):
    for healed in (False, False, True, True):
        hotprofile.world.api_key = hotprofile.api_key if healed else "another"
        tick()
        tasks.pull(rung_for_pulls.pop())
        tasks.tick()

    told = [mail.subject.split("｜")[0] for mail in mailoutbox]
    assert told == [
        "【要対応】APIキーが正しくありません",
        "【復旧】ホットプロファイルからの取り込みの問題が解消しました",
    ]
    assert Trouble.objects.get().ended_at is not None


def test_records_that_do_not_fit_are_told_once_and_so_is_that_they_fit(
    hotprofile, tenant, company_mapping, tick, rung_for_pulls, mailoutbox
):
    number = hotprofile.add_company(name="あ" * 300)

    for name in ("あ" * 300, "い" * 300, "直した名前"):
        hotprofile.world.change("clients", number, {"name": name})
        tick()
        tasks.pull(rung_for_pulls.pop())
        tasks.tick()

    told = [mail.subject.split("｜")[0] for mail in mailoutbox]
    assert told == [
        "【要対応】ホットプロファイルから取り込めないデータがあります",
        "【復旧】ホットプロファイルからの取り込みの問題が解消しました",
    ]


def test_a_pull_that_takes_long_holds_up_nobody_for_ever(
    hotprofile, tenant, company_mapping, tick, rung, rung_for_pulls, time_machine
):
    time_machine.move_to(clock.now())
    tick()
    Pull.objects.update(status=Pull.Status.RUNNING, owner="elsewhere")
    time_machine.shift(pull_slots.PATIENCE + timedelta(minutes=1))
    Pull.objects.update(heartbeat_at=clock.now())

    sweep.ring_ready(now=clock.now())

    assert rung == [Run.objects.get().pk]


def test_who_presses_the_button_waits_for_no_pull(
    hotprofile, tenant, company_mapping, tick, rung, rung_for_pulls
):
    tick()
    Run.objects.all().delete()
    run = runs.start(company_mapping, trigger=Trigger.MANUAL, now=clock.now())

    sweep.ring_ready(now=clock.now())

    assert rung == [run.pk]


def test_two_connections_that_fall_due_together_share_one_pull(
    hotprofile, tenant, kintone, chain, company_mapping, tick, rung, rung_for_pulls
):
    assert Schedule.objects.count() == 2
    tick()

    assert Pull.objects.count() == 1
    tasks.pull(rung_for_pulls.pop())
    assert len(rung) == 2


def test_a_tenant_that_is_switched_off_is_left_alone(
    hotprofile, tenant, company_mapping, tick, rung, rung_for_pulls
):
    type(tenant).objects.update(enabled=False)

    tick()

    assert not Pull.objects.exists()
    assert rung == [Run.objects.get().pk]


def test_random_changes_there_are_exactly_what_the_next_slot_sends(
    hotprofile, tenant, kintone, chain, tick, rung, rung_for_pulls, time_machine
):
    time_machine.move_to(clock.now())
    world = demo_tenant(companies=60, departments=30, leads=150, api_key=hotprofile.api_key)
    world.limit = 100_000
    hotprofile.served.tenant = world

    def slot() -> None:
        time_machine.shift(timedelta(hours=1))
        tick()
        while rung_for_pulls:
            tasks.pull(rung_for_pulls.pop())
        work_off(rung)

    slot()
    companies, departments, leads = (kintone.records(mapping.app) for mapping in chain)
    assert (len(companies), len(leads)) == (60, 150)
    assert len(departments) > 20
    changed = churn(world, changes=25)
    last = Run.objects.latest("pk").pk

    slot()

    sent = Run.objects.filter(pk__gt=last)
    assert sum(run.rejected + run.invalid for run in sent) == 0
    pull = Pull.objects.latest("pk")
    assert pull.updated == len(changed["clients"]) + len(changed["leads"]) == 25
    for mapping, count in zip(chain, (60, len(departments), 150), strict=True):
        assert len(kintone.records(mapping.app)) == count


@pytest.mark.django_db(transaction=True)
def test_a_killed_process_is_followed_by_another_that_goes_on(hotprofile, transactional_db):
    from pulls import tenants

    tenants.save(host=hotprofile.host, api_key=hotprofile.api_key, enabled=True, notify=[])
    world = demo_tenant(companies=20, departments=5, leads=350, api_key=hotprofile.api_key)
    world.limit = 100_000
    hotprofile.served.tenant = world
    hotprofile.served.delay = 0.3
    environment = {
        **os.environ,
        "DATABASE_URL": database_url(by="pull"),
        "CELERY_BROKER_URL": "memory://",
        "HOTPROFILE_HOSTS": hotprofile.host,
        "DJANGO_SETTINGS_MODULE": "hpsync.settings",
    }
    command = [sys.executable, "manage.py", "pull", "--json"]

    def start() -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )

    process = start()
    wait_until(lambda: Pull.objects.filter(leads__gte=100).exists())
    kill(process)
    assert process.stdout is not None
    process.stdout.close()
    read = Pull.objects.get().leads
    hotprofile.served.delay = 0
    before = len(hotprofile.calls)

    again = start()
    output, _errors = again.communicate()

    pull = Pull.objects.get()
    assert again.returncode == 0, output
    assert (pull.status, pull.deaths) == (Pull.Status.SUCCEEDED, 1)
    assert (pull.companies, pull.leads, pull.created) == (20, 350, 370)
    assert hotprofile.calls[before]["search"]["from_id"] == read + 1
