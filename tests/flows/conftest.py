"""A mapping of companies into an app of the sandbox, and runs of it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from common import clock
from integrations.kintone import transport
from jobs import enabling, liveness, runs, schedules, tasks
from jobs.execute import execute
from jobs.models import Run, Schedule
from jobs.states import RunStatus, Trigger
from mapping.models import Mapping
from tests.builders_crm import make_member
from tests.builders_mapping import form_answer, make_connection, make_mapping
from tests.flows.sequences import Interruptions, Scene

FIELDS: dict[str, dict[str, Any]] = {
    "code": {"type": "SINGLE_LINE_TEXT", "label": "会社ID", "unique": True},
    "name": {"type": "SINGLE_LINE_TEXT", "label": "会社名", "required": True},
    "tel": {"type": "SINGLE_LINE_TEXT", "label": "電話番号", "maxLength": "20"},
    "industry": {"type": "DROP_DOWN", "label": "業種", "options": ["製造業", "小売業"]},
}
RULES = {
    "code": "external_id",
    "name": "name",
    "tel": "main_tel",
    "industry": "business_category_kbn",
}
CODE = {"type": "SINGLE_LINE_TEXT", "unique": True}


@pytest.fixture
def company_mapping(kintone: Any, db: None) -> Mapping:
    """Companies into an app of the sandbox, by external ID; enabled before anything was fed in."""
    return enabled_mapping(kintone)


@pytest.fixture
def new_scene(
    kintone: Any, db: None, time_machine: Any, monkeypatch: pytest.MonkeyPatch
) -> Callable[[], Scene]:
    """Makes scenes (`tests.flows.sequences`) in which nobody really waits."""
    monkeypatch.setattr(transport, "FIRST_PAUSE", 0)
    monkeypatch.setattr(
        "jobs.execute._Work._sleep",
        lambda _work, seconds: time_machine.shift(timedelta(seconds=seconds)),
    )
    # With few rows there are several batches, and bulkRequests, all the same.
    for module in ("dispatch", "pipeline"):
        monkeypatch.setattr(f"jobs.engine.{module}.BATCH_SIZE", 2)
    monkeypatch.setattr("jobs.engine.dispatch.MOST_PARTS", 2)
    interruptions = Interruptions(monkeypatch)
    return lambda: Scene(kintone, time_machine, interruptions)


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


@pytest.fixture
def commit_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is rung on commit is rung at once: the test's own transaction never commits."""
    monkeypatch.setattr("django.db.transaction.on_commit", lambda callback, **_: callback())


def lookup(app: int) -> dict[str, Any]:
    """A field that looks its value up in the app's field `code`."""
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


def fall_due() -> None:
    """Every schedule is due at the next tick."""
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


def enabled_mapping(kintone: Any, **values: Any) -> Mapping:
    """A mapping as `company_mapping`, with other values where given."""
    connection = values.pop("connection", None) or make_connection(
        login=kintone.login, password=kintone.password
    )
    schedules.ensure(connection, now=clock.now())
    fields = values.pop("fields", FIELDS)
    app = values.pop("app", None) or kintone.add_app(
        "顧客リスト", form_answer(fields)["properties"]
    )
    defaults = {"rules": RULES, "update_key": "code", "form_read_at": clock.now()}
    mapping = make_mapping(connection, app=app, form=fields, **{**defaults, **values})
    enabling.enable(mapping, now=clock.now())
    return mapping


def run_now(mapping: Mapping, *, full: bool = False) -> Run:
    """One run of the mapping from start to end, in this process."""
    mapping.refresh_from_db()
    trigger = Trigger.FIRST_LOAD if full else Trigger.MANUAL
    run = runs.start(mapping, trigger=trigger, now=clock.now(), full=full)
    return execute(run.pk, owner=liveness.owner_here())


def outcomes(run: Run) -> dict[str, int]:
    """The run's counts that are not zero."""
    names = ("created", "updated", "unchanged", "skipped", "invalid", "rejected", "unsent")
    return {name: getattr(run, name) for name in names if getattr(run, name)}


RunNow = Callable[[Mapping], Run]
