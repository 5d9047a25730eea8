"""A real process is killed in the middle of a run, and another one goes on."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from common import clock
from jobs import sweep
from jobs.models import LedgerEntry, Run
from jobs.states import FailureKind, RunStatus
from mapping.models import Mapping
from tests.builders_crm import change, make_companies
from tests.flows.conftest import enabled_mapping, outcomes, run_now
from tests.flows.faults.processes import database_url, kill, wait_until

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def mapping(kintone: Any, transactional_db: None) -> Mapping:
    return enabled_mapping(kintone)


@pytest.fixture
def sync_in_another_process(
    kintone: Any, mapping: Mapping
) -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    """Starts `manage.py sync` of the mapping on this test's database and kintone."""
    started = []

    def start() -> subprocess.Popen[bytes]:
        environment = {
            **os.environ,
            "DATABASE_URL": database_url(by="sync"),
            "KINTONE_URL_TEMPLATE": kintone.url,
            "CELERY_BROKER_URL": "memory://",
            "KINTONE_REQUESTS_AT_ONCE": "1",
            "DJANGO_SETTINGS_MODULE": "hpsync.settings",
        }
        process = subprocess.Popen(
            [sys.executable, "manage.py", "sync", f"{mapping.connection.name}/company", "--json"],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()


def let_requests_die() -> None:
    """As if the longest life of a request had passed since."""
    LedgerEntry.objects.filter(doubt_until__isnull=False).update(
        doubt_until=clock.now(), due_at=clock.now()
    )


def test_killed_after_kintone_s_yes_nothing_is_double_and_nothing_is_missing(
    kintone, mapping, sync_in_another_process
):
    first, *_ = make_companies(150)
    kintone.latency(after=30)
    process = sync_in_another_process()
    wait_until(lambda: len(kintone.records(mapping.app)) == 100)

    kill(process)
    kintone.heal()
    change(first, name="その間に変わった会社")
    sweep.sweep(now=clock.now())
    let_requests_die()
    run = run_now(mapping)

    dead = Run.objects.earliest("pk")
    assert (dead.status, dead.failure_kind) == (RunStatus.FAILED, FailureKind.LOST)
    assert outcomes(run) == {"created": 50, "updated": 100}
    names = [record["name"] for record in kintone.records(mapping.app)]
    assert len(names) == len(set(names)) == 150
    assert "その間に変わった会社" in names


def test_killed_before_kintone_has_the_request_everything_arrives_later(
    kintone, mapping, sync_in_another_process
):
    make_companies(3)
    kintone.latency(before=30)
    process = sync_in_another_process()
    wait_until(lambda: LedgerEntry.objects.filter(doubt_until__isnull=False).count() == 3)

    kill(process)
    kintone.heal()
    sweep.sweep(now=clock.now())
    let_requests_die()
    run_now(mapping)

    assert len(kintone.records(mapping.app)) == 3
    assert not LedgerEntry.objects.filter(doubt_until__isnull=False).exists()


def test_a_killed_run_on_this_machine_does_not_block_the_next_one(
    kintone, mapping, sync_in_another_process
):
    make_companies(1)
    kintone.latency(after=30)
    process = sync_in_another_process()
    wait_until(lambda: kintone.records(mapping.app))
    kill(process)
    kintone.heal()

    sweep.sweep(now=clock.now())

    assert not Run.objects.filter(status=RunStatus.RUNNING).exists()
