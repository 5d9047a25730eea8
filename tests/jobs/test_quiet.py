"""A run that has nothing to do: found out by one statement, whatever the size of the ledger."""

from datetime import timedelta

import pytest
from django.db import connection

from benchmarks.plans import Recorder
from common import clock
from crm.models import Company
from jobs import liveness, runs
from jobs.execute import execute
from jobs.models import Ledger, LedgerEntry, Run
from jobs.states import RunStatus, Trigger
from mapping.models import Mapping
from tests.builders_crm import change, make_company
from tests.flows.conftest import enabled_mapping, outcomes, run_now

#: So many that PostgreSQL thinks an index worth its while.
MANY = 4000


@pytest.fixture
def settled_mapping(company_mapping: Mapping, time_machine) -> Mapping:
    """A mapping whose last run found nothing to do; the clock runs on."""
    time_machine.move_to(clock.now(), tick=True)
    run_now(company_mapping)
    assert is_quiet(company_mapping)
    return company_mapping


@pytest.fixture
def large_mapping(kintone, db) -> Mapping:
    """A mapping whose ledger accounts for many companies, as the database knows."""
    long_ago = clock.now() - timedelta(days=2)
    times = dict.fromkeys(("created_at", "updated_at", "changed_at"), long_ago)
    Company.objects.bulk_create(
        Company(external_id=f"L{number:05}", name="株式会社", note="覚え書き" * 20, **times)
        for number in range(MANY)
    )
    mapping = enabled_mapping(kintone)
    run_now(mapping)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return mapping


def is_quiet(mapping: Mapping) -> bool:
    """Whether a run of the mapping, carried out now, is done before it reads the rules."""
    with Recorder() as recorder:
        run = run_now(mapping)
    assert run.status in (RunStatus.SUCCEEDED, RunStatus.PARTIAL), run.message
    return not recorder.touches("mapping_rule")


def test_a_quiet_run_asks_one_statement_about_rows_and_entries(large_mapping):
    run = runs.start(large_mapping, trigger=Trigger.SCHEDULE, now=clock.now())

    with Recorder() as recorder:
        ended = execute(run.pk, owner=liveness.owner_here())

    assert ended.status == RunStatus.SUCCEEDED
    assert recorder.touches("crm_company") == 1
    assert recorder.count <= 14
    assert recorder.walks() == []


def test_a_run_with_little_to_do_walks_through_no_table(kintone, large_mapping):
    changed, refused, taken, skipped = Company.objects.order_by("pk")[100:104]
    change(refused, main_tel="1" * 30)
    run_now(large_mapping)
    change(changed, name="改名株式会社")
    change(taken, external_id="TAKEN")
    change(skipped, external_id=None)
    make_company()

    with Recorder() as recorder:
        run = run_now(large_mapping)

    assert outcomes(run) == {"created": 3, "skipped": 1}
    assert recorder.walks() == []


def test_the_watermark_goes_on_while_nothing_happens(settled_mapping):
    before = clock.now()

    assert is_quiet(settled_mapping)

    assert Ledger.objects.filter(watermark__gt=before).exists()


def test_a_row_that_was_committed_late_is_seen(kintone, settled_mapping):
    company = make_company()
    for _ in range(2):
        run_now(settled_mapping)
    LedgerEntry.objects.filter(source_id=company.pk).delete()
    Company.objects.update(changed_at=clock.now() - timedelta(minutes=9))

    assert not is_quiet(settled_mapping)
    assert is_quiet(settled_mapping)


def test_what_falls_due_is_looked_at(settled_mapping):
    company = make_company()
    run_now(settled_mapping)
    LedgerEntry.objects.filter(source_id=company.pk).update(due_at=clock.now())

    assert not is_quiet(settled_mapping)
    assert is_quiet(settled_mapping)


def test_every_row_is_looked_at_once_a_day(settled_mapping, time_machine):
    time_machine.shift(timedelta(hours=25))

    assert not is_quiet(settled_mapping)
    assert is_quiet(settled_mapping)


def test_a_clock_that_was_put_back_is_noticed(settled_mapping, time_machine):
    time_machine.shift(timedelta(hours=-3))

    assert not is_quiet(settled_mapping)


def test_failed_records_keep_a_mapping_from_being_quiet(settled_mapping):
    company = make_company(main_tel="1" * 30)
    run_now(settled_mapping)

    assert not is_quiet(settled_mapping)

    company.delete()
    assert not is_quiet(settled_mapping)
    assert is_quiet(settled_mapping)


def test_other_rules_are_looked_at_once(settled_mapping):
    Mapping.objects.update(version=settled_mapping.version + 1)

    assert not is_quiet(settled_mapping)
    assert is_quiet(settled_mapping)


@pytest.mark.parametrize("only", [None, 1])
def test_after_a_run_that_died_the_ledger_is_gone_through(settled_mapping, only):
    Run.objects.create(
        mapping=settled_mapping,
        only=only,
        status=RunStatus.FAILED,
        slot=clock.now(),
        queued_at=clock.now(),
    )

    assert not is_quiet(settled_mapping)
    assert is_quiet(settled_mapping)
