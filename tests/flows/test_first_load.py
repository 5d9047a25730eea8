"""全件連携: existing data, foretold, in slices, to be paused, going on where it was."""

from collections.abc import Sequence
from typing import Any

import pytest
from django.db.models import F

from common import clock
from crm.models import Company
from integrations import budget
from jobs import cleansing, enabling, forecast, liveness, runs, schedules, sweep
from jobs.book import DatabaseBook
from jobs.engine.values import Settled
from jobs.execute import execute
from jobs.models import Alert, Run
from jobs.states import RunStatus, Trigger
from mapping.models import Mapping
from tests.builders_crm import change, make_companies, make_company
from tests.flows.conftest import FIELDS, enabled_mapping, fall_due, outcomes, run_now


@pytest.fixture
def mapping(kintone, db, settings):
    """Enabled after 1,200 companies were there; requests go one at a time."""
    settings.KINTONE_REQUESTS_AT_ONCE = 1
    made = make_companies(1200)
    mapping = enabled_mapping(kintone)
    assert len(made) == 1200
    return mapping


def start(mapping, *, trigger=Trigger.FIRST_LOAD, full=True):
    return runs.start(mapping, trigger=trigger, now=clock.now(), full=full)


def carry_out(run: Run, *, after_each: Any = None) -> Run:
    def settled(some: Sequence[Settled]) -> None:
        if after_each:
            after_each(run)

    return execute(run.pk, owner=liveness.owner_here(), progress=settled)


def names(kintone, mapping):
    return [record["name"] for record in kintone.records(mapping.app)]


def test_it_is_foretold_what_it_takes_and_so_it_comes(kintone, mapping):
    told = forecast.of_first_load(mapping, now=clock.now())

    run = carry_out(start(mapping))

    assert (told.records, told.counted, told.exchanges) == (1200, 12, 4)
    assert (run.created, run.counted, run.requests) == (1200, 12, 4)
    assert (run.total, run.done) == (1200, 1200)
    again = forecast.of_first_load(mapping, now=clock.now())
    assert (again.records, again.counted, again.exchanges) == (0, 0, 0)


@pytest.mark.parametrize(
    ("records", "left", "days"), [(100_000, 4500, 0), (450_100, 4500, 1), (1_000_000, 100, 3)]
)
def test_where_the_day_s_requests_do_not_suffice_the_forecast_says_for_how_many_days(
    company_mapping, monkeypatch, records, left, days
):
    host, app = company_mapping.connection.host, company_mapping.app
    budget.spend(host, app, now=clock.now(), requests=4500 - left) if left < 4500 else None
    monkeypatch.setattr("django.db.models.query.QuerySet.count", lambda self: records)

    assert forecast.of_first_load(company_mapping, now=clock.now()).days == days


def test_what_changes_meanwhile_does_not_wait_for_its_end(kintone, mapping, monkeypatch):
    monkeypatch.setattr("jobs.engine.dispatch.MOST_PARTS", 1)
    monkeypatch.setattr("jobs.source.CHUNK_SIZE", 100)
    monkeypatch.setattr("jobs.source.CHUNKS_OF_A_SLICE", 3)
    last = Company.objects.latest("pk")
    fresh: list[int] = []

    def note(run: Run) -> None:
        if len(fresh) == 0:
            fresh.append(1)
            change(last, name="その間に変わった会社")
        elif len(fresh) == 1 and "その間に変わった会社" in names(kintone, mapping):
            fresh.append(len(kintone.records(mapping.app)))

    run = carry_out(start(mapping), after_each=note)

    assert run.status == RunStatus.SUCCEEDED
    assert len(fresh) == 2
    assert fresh[1] < 1200
    assert len(kintone.records(mapping.app)) == 1200


def test_it_is_paused_at_its_next_request_and_goes_on_where_it_was(kintone, mapping):
    run = start(mapping)

    paused = carry_out(run, after_each=runs.pause)

    assert (paused.status, paused.message["code"], paused.resume_at) == (
        RunStatus.HELD,
        "paused",
        None,
    )
    done = paused.created
    assert done == len(kintone.records(mapping.app))
    assert 0 < done < 1200
    sweep.sweep(now=clock.now())
    paused.refresh_from_db()
    assert paused.status == RunStatus.HELD
    assert not Alert.objects.exists()

    kintone.forget_requests()
    assert runs.resume(paused, now=clock.now())
    resumed = carry_out(paused)

    assert (resumed.status, resumed.created, resumed.total) == (RunStatus.SUCCEEDED, 1200, 1200)
    assert len(kintone.records(mapping.app)) == 1200
    assert sum(request.counted for request in kintone.requests) == -(-(1200 - done) // 100)


def test_the_schedule_goes_on_while_it_is_paused(kintone, mapping):
    paused = carry_out(start(mapping), after_each=runs.pause)
    make_company(name="新しい会社")

    slot = run_now(mapping)

    assert outcomes(slot) == {"created": 1}
    assert "新しい会社" in names(kintone, mapping)
    paused.refresh_from_db()
    assert paused.status == RunStatus.HELD


def test_it_cannot_be_resumed_while_another_run_is_active_and_says_so(mapping):
    paused = carry_out(start(mapping), after_each=runs.pause)
    start(mapping, trigger=Trigger.SCHEDULE, full=False)

    with pytest.raises(runs.AlreadyActive):
        runs.resume(paused, now=clock.now())

    paused.refresh_from_db()
    assert paused.status == RunStatus.HELD


def test_a_run_that_waits_is_paused_at_once(mapping):
    run = start(mapping)

    assert runs.pause(run)

    run.refresh_from_db()
    assert (run.status, run.message["code"]) == (RunStatus.HELD, "paused")


def test_a_run_that_has_ended_cannot_be_paused(mapping):
    run = carry_out(start(mapping))

    assert not runs.pause(run)


def test_started_anew_after_it_failed_it_sends_only_what_is_left(kintone, mapping):
    kintone.fail(status=503, times=None, skip=1)
    failed = carry_out(start(mapping))
    kintone.heal()
    kintone.forget_requests()
    done = len(kintone.records(mapping.app))

    again = carry_out(start(mapping))

    assert failed.status == RunStatus.FAILED
    assert 0 < done < 1200
    assert again.created == 1200 - done
    assert len(kintone.records(mapping.app)) == 1200


def test_killed_in_the_middle_it_sends_again_only_what_was_under_way(
    kintone, mapping, monkeypatch, time_machine
):
    time_machine.move_to(clock.now(), tick=True)

    class Killed(BaseException):
        pass

    real, settled = DatabaseBook.settle, []

    def die_at_the_second(self, some):
        settled.append(some)
        if len(settled) == 2:
            raise Killed
        real(self, some)

    with monkeypatch.context() as patch:
        patch.setattr(DatabaseBook, "settle", die_at_the_second)
        with pytest.raises(Killed):
            carry_out(start(mapping))
    assert len(kintone.records(mapping.app)) == 1000
    time_machine.shift(600)
    sweep.sweep(now=clock.now())

    again = carry_out(start(mapping))

    assert (again.created, again.updated) == (200, 500)
    assert len(set(names(kintone, mapping))) == 1200


def test_a_tenth_of_the_day_is_left_to_the_schedule(kintone, mapping, time_machine):
    time_machine.move_to("2026-11-22T14:00:00+09:00", tick=True)
    host, app = mapping.connection.host, mapping.app
    mapping.form_read_at = clock.now()
    mapping.save()
    budget.set_daily_requests(host, app, 10)

    held = carry_out(start(mapping))

    assert (held.status, held.message["code"], held.counted) == (
        RunStatus.HELD,
        "first_load_share",
        9,
    )
    assert held.resume_at is not None
    assert not Alert.objects.exists()
    make_company(name="新しい会社")
    assert outcomes(run_now(mapping)) == {"created": 1}

    time_machine.move_to("2026-11-23T00:01:00+09:00", tick=True)
    sweep.sweep(now=clock.now())
    held.refresh_from_db()
    assert held.status == RunStatus.QUEUED
    assert carry_out(held).status == RunStatus.SUCCEEDED
    assert len(kintone.records(mapping.app)) == 1201


def test_a_held_first_load_waits_until_the_run_of_a_slot_has_ended(mapping, time_machine):
    time_machine.move_to("2026-11-22T14:00:00+09:00", tick=True)
    budget.set_daily_requests(mapping.connection.host, mapping.app, 10)
    held = carry_out(start(mapping))
    slot = start(mapping, trigger=Trigger.SCHEDULE, full=False)
    time_machine.move_to("2026-11-23T00:01:00+09:00", tick=True)

    sweep.sweep(now=clock.now())
    held.refresh_from_db()
    assert held.status == RunStatus.HELD
    runs.cancel(slot, now=clock.now())
    sweep.sweep(now=clock.now())

    held.refresh_from_db()
    assert held.status == RunStatus.QUEUED


def test_switching_the_mapping_off_ends_one_that_rests(mapping):
    paused = carry_out(start(mapping), after_each=runs.pause)

    enabling.disable(mapping, now=clock.now())

    paused.refresh_from_db()
    assert paused.status == RunStatus.CANCELED


def stopped(mapping, kintone) -> Run:
    """A first load that a changed password stopped in the middle."""
    run = carry_out(start(mapping), after_each=lambda run: kintone.change_password("another"))
    kintone.change_password(kintone.password)
    assert run.status == RunStatus.FAILED
    assert 0 < len(kintone.records(mapping.app)) < 1200
    return run


def test_one_that_was_stopped_goes_on_with_the_next_slot(kintone, mapping):
    stopped(mapping, kintone)

    fall_due()
    (queued,) = schedules.claim_due(now=clock.now())
    run = carry_out(queued)

    assert (run.trigger, run.status, run.continues_first_load) == (
        Trigger.SCHEDULE,
        RunStatus.SUCCEEDED,
        True,
    )
    assert len(kintone.records(mapping.app)) == 1200
    assert not start(mapping, trigger=Trigger.MANUAL, full=False).full


def test_one_that_could_not_even_begin_goes_on_with_the_next_run(kintone, mapping):
    Mapping.objects.update(form={}, form_read_at=None)
    kintone.change_password("another")
    assert carry_out(start(mapping)).status == RunStatus.FAILED
    kintone.change_password(kintone.password)

    assert carry_out(start(mapping, trigger=Trigger.MANUAL, full=False)).created == 1200


def test_one_whose_rules_changed_meanwhile_goes_on_by_the_new_ones(kintone, mapping):
    def change_rules(run: Run) -> None:
        Mapping.objects.filter(pk=mapping.pk).update(version=F("version") + 1)

    assert carry_out(start(mapping), after_each=change_rules).status == RunStatus.CANCELED

    assert start(mapping, trigger=Trigger.MANUAL, full=False).full


@pytest.mark.parametrize("act", ["cancel", "disable"])
def test_what_a_person_ended_is_not_gone_on_with(kintone, mapping, act):
    run = stopped(mapping, kintone)
    if act == "cancel":
        run = start(mapping)
        runs.cancel(run, now=clock.now())
    else:
        enabling.disable(mapping, now=clock.now())
        enabling.enable(mapping, now=clock.now())

    assert not start(mapping, trigger=Trigger.MANUAL, full=False).full


def test_beside_one_that_rests_other_runs_stay_what_they_are(kintone, mapping):
    stopped(mapping, kintone)
    runs.pause(start(mapping))

    assert not start(mapping, trigger=Trigger.MANUAL, full=False).full


def test_another_app_is_not_loaded_because_the_former_one_was_not_finished(kintone, mapping):
    stopped(mapping, kintone)
    Mapping.objects.update(app=mapping.app + 1)
    mapping.refresh_from_db()

    assert not start(mapping, trigger=Trigger.MANUAL, full=False).full


@pytest.mark.parametrize("key_changes", [False, True])
def test_one_that_cleansing_interrupted_goes_on_afterwards_whatever_the_key(
    kintone, settings, db, key_changes
):
    settings.KINTONE_REQUESTS_AT_ONCE = 1
    make_companies(300, corporate_number="")
    fields = {**FIELDS, "name": {**FIELDS["name"], "unique": True}}
    mapping = enabled_mapping(kintone, fields=fields)
    paused = carry_out(start(mapping), after_each=runs.pause)
    sent = len(kintone.records(mapping.app))
    assert 0 < sent < 300

    cleansing.begin(mapping.connection, now=clock.now())
    if key_changes:
        Mapping.objects.update(update_key="name")
    cleansing.end(mapping.connection, send_changed_meanwhile=True, now=clock.now())
    run = run_now(mapping)

    paused.refresh_from_db()
    assert paused.status == RunStatus.CANCELED
    assert run.full
    assert len(kintone.records(mapping.app)) == 300
    assert not run_now(mapping).full
