"""Records that look their parent up in kintone: after it, never with it, and at once when it is in.

kintone says nothing of whether a lookup sees a record of its own request, so none may rely on it.
"""

import copy
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from common import clock
from crm.models import Department
from jobs import tasks
from jobs.ledger import ledger_of
from jobs.models import Alert, LedgerEntry, Run
from jobs.states import EntryState, RunStatus
from mapping.models import Mapping
from sandbox.model import ALL_RIGHTS
from tests.builders_crm import change, make_company, make_department, make_lead
from tests.builders_mapping import form_answer, make_connection
from tests.flows.conftest import (
    CODE,
    enabled_mapping,
    fall_due,
    lookup,
    outcomes,
    run_now,
    work_off,
)

#: Departments of each generation below the first, under each of the one above.
BREADTH = 3


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """With few rows there are several batches, bulkRequests and chunks all the same."""
    for module in ("dispatch", "pipeline"):
        monkeypatch.setattr(f"jobs.engine.{module}.BATCH_SIZE", 10)
    monkeypatch.setattr("jobs.engine.dispatch.MOST_PARTS", 2)
    monkeypatch.setattr("jobs.source.CHUNK_SIZE", 7)


@pytest.fixture
def tree(kintone: Any, db: None) -> Mapping:
    """Departments that look their parents up in their own app."""
    return tree_mapping(kintone)


def tree_mapping(kintone: Any) -> Mapping:
    app = kintone.add_app("部署", form_answer({"code": CODE})["properties"])
    kintone.set_field(app, "parent", **lookup(app))
    return enabled_mapping(
        kintone,
        app=app,
        record_type="department",
        fields={"code": CODE, "parent": lookup(app)},
        rules={"code": "external_id", "parent": "parent.external_id"},
    )


def make_tree(*, generations: int = 4, youngest_first: bool = False) -> int:
    """A tree of departments: 1, 3, 9, 27 …; returns how many.

    Args:
        youngest_first: Their ids and times rise from the leaves to the root.
    """
    company = make_company()
    codes = [
        [f"D{generation}-{number}" for number in range(BREADTH**generation)]
        for generation in range(generations)
    ]
    order = [code for generation in codes for code in generation]
    for code in reversed(order) if youngest_first else order:
        make_department(company, external_id=code)
    rows = {row.external_id: row for row in Department.objects.all()}
    links = [
        (codes[generation][number], codes[generation - 1][number // BREADTH])
        for generation in range(1, generations)
        for number in range(BREADTH**generation)
    ]
    for code, parent in reversed(links) if youngest_first else links:
        change(rows[code], parent=rows[parent])
    return len(order)


def requests_of(kintone: Any) -> Iterator[list[dict[str, Any]]]:
    """The records of each request that was counted, in the order of their sending."""
    for exchange in kintone.requests:
        if exchange.method == "PUT":
            yield exchange.body["records"]
        elif "bulkRequest" in exchange.path:
            yield [
                record
                for request in exchange.body["requests"]
                for record in request["payload"]["records"]
            ]


def assert_parents_went_first(kintone: Any) -> None:
    there: set[str] = set()
    for records in requests_of(kintone):
        for record in records:
            parent = record["record"]["parent"]["value"]
            assert not parent or parent in there, f"{parent} is not there yet"
        there.update(record["updateKey"]["value"] for record in records)


def hide_lookup(mapping: Mapping, code: str) -> None:
    """As kintone answers a login that may not see the app that is looked up in."""
    form = copy.deepcopy(mapping.form)
    form["properties"][code]["lookup"] = None
    Mapping.objects.filter(pk=mapping.pk).update(form=form)


# One tree in one app


@pytest.mark.usefixtures("small_batches")
@pytest.mark.parametrize("youngest_first", [False, True])
@pytest.mark.parametrize("full", [False, True])
def test_a_tree_goes_generation_by_generation_and_none_is_refused(
    kintone, tree, youngest_first, full
):
    number = make_tree(youngest_first=youngest_first)
    kintone.latency(0.02)  # so that several are under way at once

    run = run_now(tree, full=full)

    assert (run.status, outcomes(run)) == (RunStatus.SUCCEEDED, {"created": number})
    assert run.counted == 1 + 1 + 1 + 3
    assert_parents_went_first(kintone)


@pytest.mark.usefixtures("small_batches")
def test_departments_without_parents_cost_no_more_than_anything_else(kintone, tree):
    company = make_company()
    for _ in range(25):
        make_department(company)

    run = run_now(tree)

    assert run.counted == 3


@pytest.mark.usefixtures("small_batches")
def test_a_parent_that_is_in_kintone_already_holds_nobody_up(kintone, tree):
    root = make_department()
    run_now(tree)
    for _ in range(10):
        make_department(parent=root)

    run = run_now(tree)

    assert (run.counted, outcomes(run)) == (1, {"created": 10})


def test_a_root_that_cannot_be_sent_now_does_not_keep_its_children_from_being_tried(kintone, tree):
    root = make_department(external_id="R" * 65)  # too long for a key
    child = make_department(parent=root)

    run = run_now(tree)

    assert outcomes(run) == {"invalid": 1, "rejected": 1}
    assert LedgerEntry.objects.get(source_id=child.pk).due_at is not None


def test_a_root_that_is_on_its_way_in_another_run_holds_up_this_one_no_longer_than_a_look(
    kintone, tree
):
    root = make_department()
    make_department(parent=root)
    busy = LedgerEntry(
        ledger=ledger_of(tree),
        source_id=root.pk,
        state=EntryState.PENDING,
        version=0,
        doubt_until=clock.now() + timedelta(hours=1),
        due_at=clock.now() + timedelta(hours=1),
        touched_at=clock.now(),
    )
    busy.save()

    run = run_now(tree)

    assert outcomes(run) == {"rejected": 1}


def test_the_order_is_kept_where_we_may_not_see_what_the_lookup_reads(kintone, tree):
    hide_lookup(tree, "parent")
    make_tree(generations=2, youngest_first=True)

    run_now(tree)

    assert_parents_went_first(kintone)


def test_children_follow_in_the_same_run_when_their_parent_comes_at_last(kintone, db, time_machine):
    time_machine.move_to(clock.now(), tick=True)
    root = make_department(external_id="root")
    tree = tree_mapping(kintone)  # so the root is there before the mapping is enabled
    child = make_department(parent=root, external_id="child")
    make_department(parent=child, external_id="grandchild")
    before = run_now(tree)
    assert outcomes(before) == {"rejected": 2}

    kintone.forget_requests()
    run = run_now(tree, full=True)

    assert (run.status, outcomes(run)) == (RunStatus.SUCCEEDED, {"created": 3})
    sent = [[r["updateKey"]["value"] for r in records] for records in requests_of(kintone)]
    assert sent == [["root"], ["child"], ["grandchild"]]


def test_a_child_that_is_refused_though_its_parent_came_is_not_tried_again_and_again(
    kintone, db, time_machine
):
    time_machine.move_to(clock.now(), tick=True)
    root = make_department(external_id="root")
    tree = tree_mapping(kintone)
    make_department(parent=root, external_id="child")
    assert outcomes(run_now(tree)) == {"rejected": 1}
    message = "フィールド「parent」の値「root」がありません。"
    kintone.fail(code="GAIA_LO04", message=message, times=None, containing="child")

    run = run_now(tree, full=True)

    assert (run.counted, outcomes(run)) == (2, {"created": 1, "rejected": 1})


def test_a_child_that_is_on_its_way_in_another_run_is_left_to_that_one(kintone, db, time_machine):
    time_machine.move_to(clock.now(), tick=True)
    root = make_department(external_id="root")
    tree = tree_mapping(kintone)
    make_department(parent=root, external_id="child")
    run_now(tree)
    later = clock.now() + timedelta(minutes=3)
    LedgerEntry.objects.filter(state=EntryState.FAILED).update(doubt_until=later, due_at=later)

    run = run_now(tree, full=True)

    assert outcomes(run) == {"created": 1}
    assert LedgerEntry.objects.get(state=EntryState.FAILED).due_at == later


# Parents in other apps


@pytest.mark.usefixtures("commit_at_once")
def test_a_lead_goes_in_the_slot_in_which_its_parents_arrive_whatever_its_pause(
    kintone, chain, rung
):
    companies, _, leads = chain
    lead = make_lead(department=make_department(make_company()))
    kintone.grant(companies.app, "view")
    for _ in range(6):
        fall_due()
        tasks.tick()
        work_off(rung)
        LedgerEntry.objects.filter(state=EntryState.FAILED).update(due_at=clock.now())
    kintone.grant(companies.app, *ALL_RIGHTS)
    waiting = LedgerEntry.objects.filter(state=EntryState.FAILED)
    waiting.update(due_at=clock.now() + timedelta(hours=5))
    assert waiting.count() == 2
    kintone.forget_requests()

    fall_due()
    tasks.tick()
    work_off(rung)

    assert not waiting.exists()
    assert [record["code"] for record in kintone.records(leads.app)] == [lead.external_id]
    assert sum(exchange.method == "PUT" for exchange in kintone.requests) == 3


def test_a_parent_that_went_to_another_app_wakes_nobody(kintone, chain):
    companies, departments, _ = chain
    elsewhere = enabled_mapping(
        kintone,
        connection=companies.connection,
        fields={"code": CODE},
        rules={"code": "external_id"},
    )
    make_department(make_company())
    run_now(departments)

    run_now(elsewhere)
    run = run_now(departments)

    assert (run.requests, outcomes(run)) == (0, {})


def test_a_parent_that_went_to_an_app_of_that_number_in_another_domain_wakes_nobody(kintone, chain):
    companies, departments, _ = chain
    elsewhere = enabled_mapping(
        kintone,
        connection=make_connection(
            login=kintone.login, password=kintone.password, subdomain="another"
        ),
        app=companies.app,
        fields={"code": CODE},
        rules={"code": "external_id"},
    )
    make_department(make_company())
    run_now(departments)

    assert outcomes(run_now(elsewhere)) == {"created": 1}
    run = run_now(departments)

    assert run.requests == 0


def test_a_parent_that_comes_by_another_connection_of_the_domain_wakes_its_children(kintone, chain):
    companies, departments, _ = chain
    other = make_connection(login=kintone.login, password=kintone.password)
    same_app = enabled_mapping(
        kintone,
        connection=other,
        app=companies.app,
        fields={"code": CODE},
        rules={"code": "external_id"},
    )
    make_department(make_company())
    run_now(departments)

    run_now(same_app)
    run = run_now(departments)

    assert outcomes(run) == {"created": 1}


def test_a_parent_that_was_refused_itself_wakes_nobody(kintone, chain):
    companies, departments, _ = chain
    company = make_company()
    make_department(company)
    run_now(departments)
    kintone.fail(code="GAIA_IL26", times=None, containing=company.external_id)
    assert outcomes(run_now(companies)) == {"rejected": 1}

    run = run_now(departments)

    assert run.requests == 0


def test_where_we_may_not_see_what_a_lookup_reads_any_parent_of_its_kind_wakes(kintone, chain):
    companies, departments, _ = chain
    hide_lookup(departments, "company")
    make_department(make_company())
    run_now(departments)

    run_now(companies)
    run = run_now(departments)

    assert outcomes(run) == {"created": 1}


def test_what_was_refused_for_another_reason_is_not_woken_by_its_parent(kintone, chain):
    companies, departments, _ = chain
    company = make_company()
    department = make_department(company)
    run_now(companies)
    kintone.fail(code="GAIA_IL26", times=None, containing=department.external_id)
    run_now(departments)

    change(company, note="何か")
    run_now(companies)
    run = run_now(departments)

    assert run.requests == 0


# A parent that does not come


def failures(mapping: Mapping) -> list[dict[str, Any]]:
    entries = LedgerEntry.objects.filter(ledger__mapping=mapping, state=EntryState.FAILED)
    return [entry.problems[0] for entry in entries]


def test_the_reason_names_the_parent_that_is_missing(kintone, chain):
    company = make_company(name="株式会社青葉商事", external_id="C-7")
    make_department(company)

    run_now(chain[1])

    (problem,) = failures(chain[1])
    assert (problem["field"], problem["value"]) == ("company", "C-7")
    assert problem["params"]["parent"] == "株式会社青葉商事（C-7）"


def test_a_child_whose_parent_stays_away_costs_one_request_an_attempt_with_growing_pauses(
    kintone, chain, time_machine
):
    time_machine.move_to(clock.now(), tick=False)
    departments = chain[1]
    company = make_company()
    for _ in range(30):
        make_department(company)
    time_machine.shift(timedelta(seconds=1))
    first = run_now(departments)
    assert (first.counted, outcomes(first)) == (1, {"rejected": 30})

    pauses = []
    for _ in range(5):
        (due_at,) = {entry.due_at or clock.now() for entry in LedgerEntry.objects.all()}
        pauses.append((due_at - clock.now()) / timedelta(minutes=1))
        time_machine.move_to(due_at - timedelta(seconds=1), tick=False)
        assert run_now(departments).requests == 0
        time_machine.move_to(due_at, tick=False)
        attempt = run_now(departments)
        assert (attempt.counted, outcomes(attempt)) == (1, {"rejected": 30})

    assert pauses == [5, 10, 20, 40, 80]
    assert Alert.objects.count() == 1


def test_children_of_many_missing_parents_cost_no_more_than_a_request_each(
    kintone, chain, time_machine
):
    time_machine.move_to(clock.now(), tick=False)
    departments = chain[1]
    for _ in range(4):
        company = make_company()
        for _ in range(3):
            make_department(company)
    time_machine.shift(timedelta(seconds=1))
    first = run_now(departments)

    time_machine.shift(timedelta(minutes=5))
    again = run_now(departments)

    assert (first.counted, again.counted) == (4, 4)
    assert Run.objects.filter(mapping=departments, rejected=12).count() == 2
