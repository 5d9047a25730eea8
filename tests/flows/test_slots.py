"""A slot from the clock's tick to the last run: parents before children, nothing twice."""

from datetime import timedelta
from typing import Any

import pytest

from common import clock
from jobs import tasks
from jobs.models import Run, Schedule
from jobs.states import RunStatus, Trigger
from mapping.models import Mapping
from tests.builders_crm import make_company, make_department, make_lead, make_member
from tests.builders_mapping import make_connection
from tests.flows.conftest import enabled_mapping

CODE = {"type": "SINGLE_LINE_TEXT", "unique": True}


def lookup(app: int) -> dict[str, Any]:
    return {
        "type": "SINGLE_LINE_TEXT",
        "lookup": {
            "relatedApp": {"app": str(app), "code": ""},
            "relatedKeyField": "code",
            "fieldMappings": [],
            "lookupPickerFields": [],
            "filterCond": "",
            "sort": "",
        },
    }


@pytest.fixture
def chain(kintone: Any, db: None) -> list[Mapping]:
    """Companies, departments and leads of one connection; children look their parents up."""
    connection = make_connection(login=kintone.login, password=kintone.password)
    companies = enabled_mapping(
        kintone, connection=connection, fields={"code": CODE}, rules={"code": "external_id"}
    )
    departments = enabled_mapping(
        kintone,
        connection=connection,
        record_type="department",
        fields={"code": CODE, "company": lookup(companies.app)},
        rules={"code": "external_id", "company": "company.external_id"},
    )
    leads = enabled_mapping(
        kintone,
        connection=connection,
        record_type="lead",
        fields={"code": CODE, "department": lookup(departments.app)},
        rules={"code": "external_id", "department": "department.external_id"},
    )
    Schedule.objects.filter(connection=connection).update(sync_user=make_member())
    return [companies, departments, leads]


def fall_due() -> None:
    Schedule.objects.update(next_due_at=clock.now() - timedelta(seconds=1))


def work_off(rung: list[int]) -> list[str]:
    """Carry out what was rung for, as a worker does, until no bell rings; the types in order."""
    order = []
    while rung:
        run_id = rung.pop(0)
        if Run.objects.get(pk=run_id).status == RunStatus.QUEUED:
            order.append(Run.objects.get(pk=run_id).mapping.record_type)
        tasks.run(run_id)
    return order


@pytest.fixture(autouse=True)
def commit_at_once(django_capture_on_commit_callbacks, monkeypatch):
    """What is rung on commit is rung at once: the test's own transaction never commits."""
    monkeypatch.setattr("django.db.transaction.on_commit", lambda callback, **_: callback())


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
