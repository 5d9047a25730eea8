"""Whatever fails on the way: nothing is lost, nothing is doubled, a person knows."""

from datetime import timedelta

import pytest

from common import clock
from integrations import budget
from integrations.kintone import transport
from integrations.kintone.client import REQUEST_LIFE
from jobs import sweep
from jobs.book import DatabaseBook
from jobs.models import Alert, LedgerEntry, Run
from jobs.states import AlertKind, FailureKind, RunStatus
from tests.builders_crm import change, make_companies, make_company
from tests.flows.conftest import outcomes, run_now


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """The client's pauses between attempts are as long as they need to be in a test."""
    monkeypatch.setattr(transport, "FIRST_PAUSE", 0.01)
    monkeypatch.setattr(transport, "LONGEST_PAUSE", 0.02)


def test_kintone_down_for_three_slots_then_everything_arrives(kintone, company_mapping):
    make_companies(3)
    kintone.fail(status=503, body="<html>Service Unavailable</html>", times=None)

    down = [run_now(company_mapping) for _ in range(3)]
    kintone.heal()
    up = run_now(company_mapping)

    assert {run.status for run in down} == {RunStatus.FAILED}
    assert {run.failure_kind for run in down} == {FailureKind.TRANSIENT}
    assert {run.unsent for run in down} == {3}
    assert outcomes(up) == {"created": 3}
    alerts = Alert.objects.filter(kind=AlertKind.UNREACHABLE)
    assert [alert.ended_at is not None for alert in alerts] == [True]


def test_a_lost_answer_is_settled_by_sending_again_without_a_second_record(
    kintone, company_mapping
):
    make_companies(2)
    kintone.cut(before_write=False, times=1)

    run = run_now(company_mapping)

    assert run.status == RunStatus.SUCCEEDED
    assert len(kintone.records(company_mapping.app)) == 2


def test_when_every_answer_is_lost_the_records_stay_in_doubt_and_are_sent_again(
    kintone, company_mapping, time_machine
):
    time_machine.move_to(clock.now(), tick=True)
    company = make_company(name="A")
    run_now(company_mapping)
    change(company, name="B")
    kintone.cut(before_write=False, times=None)
    lost = run_now(company_mapping)
    kintone.heal()
    change(company, name="A")

    time_machine.shift(REQUEST_LIFE + timedelta(seconds=1))
    run = run_now(company_mapping)

    assert lost.failure_kind == FailureKind.TRANSIENT
    assert outcomes(run) == {"updated": 1}
    assert [r["name"] for r in kintone.records(company_mapping.app)] == ["A"]


def test_a_process_that_dies_after_kintone_s_yes_leaves_nothing_missing_and_nothing_double(
    kintone, company_mapping, time_machine, monkeypatch
):
    time_machine.move_to(clock.now(), tick=True)
    company = make_company(name="A")

    class Killed(BaseException):
        pass

    def die(*args, **kwargs):
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr("jobs.book.DatabaseBook.settle", die)
        with pytest.raises(Killed):
            run_now(company_mapping)
    dead = Run.objects.get()
    assert dead.status == RunStatus.RUNNING
    assert len(kintone.records(company_mapping.app)) == 1
    change(company, external_id="another key", name="B")

    time_machine.shift(timedelta(minutes=10))
    sweep.sweep(now=clock.now())
    run_now(company_mapping)
    run_now(company_mapping)

    dead.refresh_from_db()
    assert (dead.status, dead.failure_kind) == (RunStatus.FAILED, FailureKind.LOST)
    (record,) = kintone.records(company_mapping.app)
    assert (record["code"], record["name"]) == ("another key", "B")
    assert not LedgerEntry.objects.filter(doubt_until__isnull=False).exists()


def test_a_run_given_up_for_lost_can_neither_send_nor_record(kintone, company_mapping, monkeypatch):
    make_companies(2)
    real = DatabaseBook.intend

    def given_up_meanwhile(self, batch, **named):
        intent = real(self, batch, **named)
        Run.objects.update(status=RunStatus.FAILED)
        return intent

    monkeypatch.setattr(DatabaseBook, "intend", given_up_meanwhile)

    run = run_now(company_mapping)

    assert run.status == RunStatus.FAILED
    assert kintone.records(company_mapping.app) == []
    assert outcomes(run) == {}


def test_when_the_day_s_requests_are_spent_the_run_is_held_until_midnight_in_japan(
    kintone, company_mapping, time_machine
):
    time_machine.move_to("2026-11-22T14:00:00+09:00", tick=True)
    make_companies(150)
    budget.set_daily_requests(company_mapping.connection.host, company_mapping.app, 1)
    company_mapping.form_read_at = clock.now()
    company_mapping.save()

    held = run_now(company_mapping)

    assert (held.status, outcomes(held)) == (RunStatus.HELD, {"created": 100, "unsent": 50})
    assert held.resume_at is not None
    assert held.resume_at.astimezone(clock.JAPAN).isoformat() == "2026-11-23T00:00:00+09:00"
    assert Alert.objects.filter(kind=AlertKind.BUDGET, ended_at=None).exists()

    time_machine.move_to("2026-11-23T00:00:30+09:00", tick=True)
    sweep.sweep(now=clock.now())
    held.refresh_from_db()
    assert held.status == RunStatus.QUEUED
    from jobs import liveness
    from jobs.execute import execute

    resumed = execute(held.pk, owner=liveness.owner_here())
    assert (resumed.status, outcomes(resumed)) == (RunStatus.SUCCEEDED, {"created": 150})
    assert len(kintone.records(company_mapping.app)) == 150


def test_a_held_run_goes_on_as_soon_as_the_limit_is_raised(kintone, company_mapping):
    make_companies(101)
    host, app = company_mapping.connection.host, company_mapping.app
    budget.set_daily_requests(host, app, 1)
    held = run_now(company_mapping)

    sweep.sweep(now=clock.now())
    held.refresh_from_db()
    assert held.status == RunStatus.HELD
    budget.set_daily_requests(host, app, 2)
    sweep.sweep(now=clock.now())

    held.refresh_from_db()
    assert held.status == RunStatus.QUEUED


def test_a_wrong_login_stops_the_run_and_says_so(kintone, company_mapping):
    make_company()
    connection = company_mapping.connection
    connection.password = "wrong"
    connection.save()

    run = run_now(company_mapping)

    assert (run.status, run.failure_kind) == (RunStatus.FAILED, FailureKind.CONFIGURATION)
    assert run.message["code"] == "kintone_config.login"
    assert outcomes(run) == {"unsent": 1}


def test_a_mapping_that_was_changed_meanwhile_stops_the_run_at_its_next_batch(
    kintone, company_mapping, monkeypatch, settings
):
    from mapping.models import Mapping

    settings.KINTONE_REQUESTS_AT_ONCE = 1
    make_companies(150)
    real = DatabaseBook.settle

    def change_after_the_first_batch(self, settled):
        real(self, settled)
        Mapping.objects.filter(pk=company_mapping.pk).update(version=99)

    monkeypatch.setattr(DatabaseBook, "settle", change_after_the_first_batch)

    run = run_now(company_mapping)

    assert (run.status, run.message["code"]) == (RunStatus.CANCELED, "rules_changed")
    assert run.created == 100


def test_a_row_committed_late_is_found_within_the_overlap(kintone, company_mapping):
    run_now(company_mapping)
    company = make_company()
    type(company).objects.filter(pk=company.pk).update(
        changed_at=clock.now() - timedelta(minutes=5)
    )

    assert outcomes(run_now(company_mapping)) == {"created": 1}


def test_a_row_that_time_hides_is_found_by_the_daily_reconciliation(
    kintone, company_mapping, time_machine
):
    time_machine.move_to(clock.now(), tick=True)
    run_now(company_mapping)
    company = make_company()
    type(company).objects.filter(pk=company.pk).update(changed_at=clock.now() - timedelta(hours=5))

    assert outcomes(run_now(company_mapping)) == {}
    time_machine.shift(timedelta(days=1, minutes=1))
    assert outcomes(run_now(company_mapping)) == {"created": 1}


def test_a_clock_that_jumps_back_hides_nothing(kintone, company_mapping, time_machine):
    time_machine.move_to(clock.now(), tick=True)
    run_now(company_mapping)
    time_machine.shift(timedelta(hours=-2))
    make_company()

    assert outcomes(run_now(company_mapping)) == {"created": 1}
