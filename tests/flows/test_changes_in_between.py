"""Customer data, kintone and people move while hpsync is at work; the last word wins."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from common import clock
from crm.models import Company, Member
from jobs import liveness, runs
from jobs.book import DatabaseBook
from jobs.courier import RunCourier
from jobs.execute import execute
from jobs.models import LedgerEntry, Outcome, Schedule
from jobs.states import RunStatus, Trigger
from mapping.models import Mapping
from tests.builders_crm import change, make_companies, make_company, make_lead, make_member
from tests.flows.conftest import CODE, enabled_mapping, outcomes, run_now
from tests.flows.sequences import DEAD_HERE, KEY_ITEMS, Scene

#: The step of a run at which its first request is about to leave.
LEAVING = 2


@pytest.fixture
def viewer(db: None) -> Member:
    return make_member()


@pytest.fixture
def leads(kintone: Any, viewer: Member) -> Mapping:
    """Leads with their first names, as the viewer sees them."""
    mapping = enabled_mapping(
        kintone,
        record_type="lead",
        fields={"code": CODE, "name": {"type": "SINGLE_LINE_TEXT"}},
        rules={"code": "external_id", "name": "first_name"},
    )
    Schedule.objects.update(sync_user=viewer)
    return mapping


def names(kintone: Any, mapping: Mapping) -> list[str]:
    return [record["name"] for record in kintone.records(mapping.app)]


def test_of_rows_stamped_alike_none_is_lost_at_the_edge_of_a_chunk(
    kintone, company_mapping, monkeypatch
):
    monkeypatch.setattr("jobs.source.CHUNK_SIZE", 2)
    run_now(company_mapping)
    make_companies(7)
    Company.objects.update(changed_at=clock.now() - timedelta(minutes=1))

    run = run_now(company_mapping)

    assert outcomes(run) == {"created": 7}
    assert len(kintone.records(company_mapping.app)) == 7


def test_a_row_that_changes_while_its_batch_is_on_the_way_goes_again_as_it_is_now(
    kintone, company_mapping, monkeypatch
):
    company = make_company(name="前")
    real = RunCourier.send

    def change_it_meanwhile(courier: RunCourier, request: Any) -> None:
        real(courier, request)
        monkeypatch.setattr(RunCourier, "send", real)
        change(company, name="後")

    monkeypatch.setattr(RunCourier, "send", change_it_meanwhile)
    first = run_now(company_mapping)
    before = names(kintone, company_mapping)
    second = run_now(company_mapping)

    assert (outcomes(first), before) == ({"created": 1}, ["前"])
    assert (outcomes(second), names(kintone, company_mapping)) == ({"updated": 1}, ["後"])


def test_a_row_that_changes_after_it_was_read_and_before_it_is_recorded_is_still_owed(
    kintone, company_mapping, monkeypatch
):
    company = make_company(name="前")
    real = DatabaseBook.settle

    def change_it_first(book: DatabaseBook, settled: Any) -> None:
        monkeypatch.setattr(DatabaseBook, "settle", real)
        change(company, name="後")
        real(book, settled)

    monkeypatch.setattr(DatabaseBook, "settle", change_it_first)
    run_now(company_mapping)

    assert outcomes(run_now(company_mapping)) == {"updated": 1}
    assert names(kintone, company_mapping) == ["後"]


def test_a_record_whose_key_somebody_changed_in_kintone_comes_back_and_is_noted(
    kintone, company_mapping
):
    company = make_company(name="青葉商事")
    run_now(company_mapping)
    app = kintone.app(company_mapping.app)
    (record_id,) = app.ids
    values = {**app.records[record_id].values, "code": "手で変えたキー"}
    app.records[record_id] = replace(app.records[record_id], values=values)
    app.rebuild()

    change(company, name="青葉商事（新）")
    run = run_now(company_mapping)

    assert outcomes(run) == {"created": 1}
    assert Outcome.objects.get(run=run).recreated_from == record_id
    held = {record["code"]: record["name"] for record in kintone.records(company_mapping.app)}
    assert held == {"手で変えたキー": "青葉商事", company.external_id: "青葉商事（新）"}


def test_a_dead_worker_s_request_that_arrives_late_does_not_undo_what_is_newer(
    new_scene: Callable[[], Scene], monkeypatch: pytest.MonkeyPatch
):
    scene = new_scene()
    scene.create(name="甲社", **{KEY_ITEMS[0]: "K3"})
    scene.kill_at(LEAVING)
    scene.run(0, owner=DEAD_HERE)
    scene.sweep()
    scene.change(1, name="乙社")
    arrived: list[str] = []

    def wait(_work: Any, seconds: float) -> None:
        scene.arrive_late()
        arrived.extend(record["name"] for record in scene.records_of(1, via=0))
        scene.wait(seconds=seconds)

    monkeypatch.setattr("jobs.execute._Work._sleep", wait)
    scene.run(0)

    assert arrived == ["甲社"], "it did arrive, while the next run waited for it"
    (record,) = scene.records_of(1, via=0)
    assert record["name"] == "乙社"
    scene.settle()
    scene.close()


def test_very_many_rows_within_one_overlap_cost_a_quiet_tick_nothing(kintone, company_mapping):
    run_now(company_mapping)
    now = clock.now()
    Company.objects.bulk_create(
        Company(
            external_id=f"M{n}",
            name=f"会社{n}",
            version=1,
            changed_at=now,
            updated_at=now,
            created_at=now,
        )
        for n in range(5000)
    )

    first = run_now(company_mapping)
    kintone.forget_requests()
    second = run_now(company_mapping)
    change(Company.objects.get(external_id="M4321"), name="一件だけ")
    third = run_now(company_mapping)

    assert (outcomes(first), first.counted) == ({"created": 5000}, 50)
    assert (outcomes(second), second.counted) == ({}, 0)
    assert (outcomes(third), third.counted) == ({"updated": 1}, 1)


def test_a_lead_that_moves_out_of_sight_and_back_arrives_as_it_is_then(kintone, leads, viewer):
    lead = make_lead(first_name="一郎")
    run_now(leads)
    change(lead, visibility="owner", owner=make_member(), first_name="二郎")

    hidden = run_now(leads)
    while_hidden = names(kintone, leads)
    change(lead, visibility="everyone", first_name="三郎")
    back = run_now(leads)

    assert (outcomes(hidden), while_hidden) == ({"skipped": 1}, ["一郎"])
    assert (outcomes(back), names(kintone, leads)) == ({"updated": 1}, ["三郎"])


def test_a_lead_that_comes_into_sight_by_a_change_of_its_owner_is_sent(kintone, leads, viewer):
    lead = make_lead(visibility="owner", owner=make_member(), first_name="一郎")
    assert outcomes(run_now(leads)) == {"skipped": 1}

    change(lead, owner=viewer)

    assert outcomes(run_now(leads)) == {"created": 1}


def test_a_sync_user_who_is_disabled_in_mid_run_stops_it_and_nothing_is_lost(
    kintone, leads, viewer, monkeypatch, settings
):
    settings.KINTONE_REQUESTS_AT_ONCE = 1
    monkeypatch.setattr("jobs.source.CHUNK_SIZE", 2)
    for module in ("dispatch", "pipeline"):
        monkeypatch.setattr(f"jobs.engine.{module}.BATCH_SIZE", 2)
    monkeypatch.setattr("jobs.engine.dispatch.MOST_PARTS", 1)
    for _number in range(6):
        make_lead()

    def disable(_settled: Any) -> None:
        Member.objects.filter(pk=viewer.pk).update(active=False)

    run = runs.start(leads, trigger=Trigger.MANUAL, now=clock.now())
    stopped = execute(run.pk, owner=liveness.owner_here(), progress=disable)
    sent = len(kintone.records(leads.app))
    Member.objects.filter(pk=viewer.pk).update(active=True)
    resumed = run_now(leads)

    assert (stopped.status, stopped.message["code"]) == (RunStatus.FAILED, "sync_user_disabled")
    assert 0 < sent < 6
    assert outcomes(resumed)["created"] == 6 - sent
    assert len(kintone.records(leads.app)) == 6
    assert not LedgerEntry.objects.filter(doubt_until__isnull=False).exists()
