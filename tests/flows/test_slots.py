"""A slot from the clock's tick to the last run: parents before children, nothing twice."""

import pytest

from jobs import tasks
from jobs.models import Run
from jobs.states import RunStatus, Trigger
from tests.builders_crm import make_company, make_department, make_lead
from tests.flows.conftest import fall_due, work_off

pytestmark = pytest.mark.usefixtures("commit_at_once")


def test_one_tick_sends_companies_then_departments_then_leads(kintone, chain, rung):
    lead = make_lead(department=make_department(make_company()))
    fall_due()

    tasks.tick()
    order = work_off(rung)

    assert order == ["company", "department", "lead"]
    assert {run.status for run in Run.objects.all()} == {RunStatus.SUCCEEDED}
    assert [record["code"] for record in kintone.records(chain[2].app)] == [lead.external_id]


def test_a_child_s_run_starts_when_its_parent_s_has_ended_however_it_ended(kintone, chain, rung):
    make_lead(department=make_department(make_company()))
    kintone.fail(code="CB_NO02", status=403, times=1)
    fall_due()

    tasks.tick()
    order = work_off(rung)

    assert order == ["company", "department", "lead"]
    statuses = dict(Run.objects.values_list("mapping__record_type", "status"))
    assert statuses["company"] == RunStatus.FAILED
    assert statuses["department"] == RunStatus.PARTIAL


def test_a_message_that_comes_twice_runs_once(kintone, chain, rung):
    make_company()
    fall_due()
    tasks.tick()

    tasks.run(rung[0])
    tasks.run(rung[0])

    companies = Run.objects.get(mapping=chain[0])
    assert (companies.created, companies.requests) == (1, 1)
    assert len(kintone.records(chain[0].app)) == 1


def test_a_second_tick_in_the_same_slot_starts_nothing(chain, rung):
    fall_due()

    tasks.tick()
    tasks.tick()

    assert Run.objects.filter(trigger=Trigger.SCHEDULE).count() == 3


def test_a_quiet_slot_asks_kintone_nothing(kintone, chain, rung):
    fall_due()

    tasks.tick()
    work_off(rung)

    assert kintone.requests == []
    assert {run.status for run in Run.objects.all()} == {RunStatus.SUCCEEDED}
