"""Several processes want the same mapping at the same moment: one of them gets it."""

from django.db import connection

from common.clock import now
from jobs import runs, sweep
from jobs.models import LedgerEntry, Run, Schedule
from jobs.states import FailureKind, RunStatus, Trigger
from tests.builders_crm import make_companies
from tests.flows.faults.conftest import ONE_BY_ONE, SHIPPED, by_code, open_runs
from tests.flows.faults.processes import wait_until
from tests.flows.faults.wire import meanwhile


def test_while_a_worker_is_at_a_mapping_neither_a_slot_nor_a_command_starts_it_again(
    product, programs, kintone, mapping
):
    make_companies(5000)
    kintone.latency(after=0.7)
    run = product.begin(mapping, queue=ONE_BY_ONE)
    wait_until(lambda: kintone.records(mapping.app))

    Schedule.objects.update(next_due_at=now())
    product.tick()
    command = programs.start("manage", "sync", f"{mapping.connection.name}/company", "--json")

    assert command.wait(timeout=20) == 2, programs.said()
    kintone.latency()
    wait_until(lambda: not open_runs())
    product.rest()
    (only,) = Run.objects.all()
    assert (only.pk, only.status, only.created) == (run.pk, RunStatus.SUCCEEDED, 5000)
    assert len(by_code(kintone, mapping)) == 5000


def test_of_two_workers_that_are_woken_for_one_run_one_does_it(product, kintone, mapping):
    make_companies(250)
    run = runs.start(mapping, trigger=Trigger.MANUAL, now=now())

    for queue in (SHIPPED, ONE_BY_ONE, SHIPPED):
        product.ring(run, queue=queue)
    wait_until(lambda: not open_runs())
    product.rest()

    run.refresh_from_db()
    assert (run.status, run.created, run.requests) == (RunStatus.SUCCEEDED, 250, 3)
    assert len(by_code(kintone, mapping)) == 250


def test_a_worker_that_was_given_up_while_it_still_lived_can_neither_send_nor_record(
    product, wire, kintone, mapping
):
    rows = make_companies(250)

    def give_up() -> None:
        Run.objects.update(heartbeat_at=now() - 2 * sweep.LOST_AFTER)
        sweep.give_up_dead(now=now())
        connection.close()

    wire.do(meanwhile(give_up))
    run = product.begin(mapping, queue=ONE_BY_ONE)
    product.rest()

    run.refresh_from_db()
    assert (run.status, run.failure_kind) == (RunStatus.FAILED, FailureKind.LOST)
    assert (run.created, len(by_code(kintone, mapping))) == (0, 100)
    LedgerEntry.objects.filter(doubt_until__gt=now()).update(doubt_until=now(), due_at=now())
    product.slot()
    assert by_code(kintone, mapping) == {row.external_id: row.name for row in rows}
