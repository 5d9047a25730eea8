"""A bulkRequest that is refused, lost or answered by nonsense: its parts are as safe as singles."""

from datetime import timedelta

import pytest

from common import clock
from integrations.kintone import transport
from integrations.kintone.client import REQUEST_LIFE
from integrations.kintone.exchange import Call
from jobs.models import LedgerEntry
from jobs.states import FailureKind, RunStatus
from tests.builders_crm import make_companies
from tests.flows.conftest import outcomes, run_now

BULK = "bulkRequest.json"


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Eight records travel as two bulkRequests of two parts of two, and nobody waits long."""
    for module in ("dispatch", "pipeline"):
        monkeypatch.setattr(f"jobs.engine.{module}.BATCH_SIZE", 2)
    monkeypatch.setattr("jobs.engine.dispatch.MOST_PARTS", 2)
    monkeypatch.setattr(transport, "FIRST_PAUSE", 0.01)
    monkeypatch.setattr(transport, "LONGEST_PAUSE", 0.02)


def codes(kintone, mapping) -> list[str]:
    return sorted(record["code"] for record in kintone.records(mapping.app))


def sent_in_bulk(kintone) -> int:
    return sum(one.path.endswith(BULK) for one in kintone.requests)


def test_of_a_refused_one_only_the_bad_record_stays_behind(kintone, company_mapping):
    rows = make_companies(8)
    bad = rows[3]
    kintone.fail(code="GAIA_LO04", times=None, path="records.json", containing=str(bad.external_id))

    run = run_now(company_mapping)

    assert (run.status, outcomes(run)) == (RunStatus.PARTIAL, {"created": 7, "rejected": 1})
    assert codes(kintone, company_mapping) == sorted(
        str(row.external_id) for row in rows if row.pk != bad.pk
    )
    assert run.outcomes.get(outcome="rejected").source_id == bad.pk


def test_where_every_part_has_a_bad_one_all_others_are_written_in_the_same_run(
    kintone, company_mapping
):
    rows = make_companies(8)
    for row in rows[::2]:
        kintone.fail(
            code="GAIA_LO04", times=None, path="records.json", containing=str(row.external_id)
        )

    run = run_now(company_mapping)

    assert outcomes(run) == {"created": 4, "rejected": 4}
    assert codes(kintone, company_mapping) == sorted(str(row.external_id) for row in rows[1::2])


def test_one_that_was_written_unseen_is_sent_again_without_a_second_record(
    kintone, company_mapping
):
    rows = make_companies(8)
    kintone.cut(before_write=False, times=1, path=BULK)

    run = run_now(company_mapping)

    assert run.status == RunStatus.SUCCEEDED
    assert run.created + run.updated == 8
    assert codes(kintone, company_mapping) == sorted(str(row.external_id) for row in rows)


def test_where_every_answer_is_lost_its_records_stay_in_doubt_until_they_are_known(
    kintone, company_mapping, time_machine
):
    time_machine.move_to(clock.now(), tick=True)
    rows = make_companies(8)
    kintone.cut(before_write=False, times=None, path=BULK)
    lost = run_now(company_mapping)
    doubts = LedgerEntry.objects.filter(doubt_until__isnull=False).count()
    kintone.heal()

    time_machine.shift(REQUEST_LIFE + timedelta(minutes=2))
    run = run_now(company_mapping)

    assert (lost.status, lost.failure_kind) == (RunStatus.FAILED, FailureKind.TRANSIENT)
    assert doubts >= 4, "kintone has them, and we do not know"
    assert run.status == RunStatus.SUCCEEDED
    assert codes(kintone, company_mapping) == sorted(str(row.external_id) for row in rows)
    assert not LedgerEntry.objects.filter(doubt_until__isnull=False).exists()


@pytest.mark.parametrize(
    "answer",
    [{"results": []}, {"results": [{"records": []}] * 2}, {"nothing": "expected"}, '{"res'],
    ids=["no parts", "no records", "no results", "half"],
)
def test_an_answer_that_says_less_than_was_sent_settles_nothing(
    answer, kintone, company_mapping, time_machine
):
    time_machine.move_to(clock.now(), tick=True)
    rows = make_companies(8)
    kintone.fail(200, answer, times=None, path=BULK)

    stopped = run_now(company_mapping)
    settled = LedgerEntry.objects.filter(record_id__isnull=False).count()
    kintone.heal()
    time_machine.shift(REQUEST_LIFE + timedelta(minutes=2))
    run_now(company_mapping)

    assert (stopped.status, outcomes(stopped)) == (RunStatus.FAILED, {"unsent": 8})
    assert settled == 0
    assert codes(kintone, company_mapping) == sorted(str(row.external_id) for row in rows)


def test_what_was_written_and_answered_with_less_than_that_stays_in_doubt(
    kintone, company_mapping, time_machine, monkeypatch
):
    time_machine.move_to(clock.now(), tick=True)
    rows = make_companies(8)
    real = transport.Transport.send

    def leave_out(way: transport.Transport, call: Call) -> object:
        answer = real(way, call)
        return {"results": [{"records": []}] * 2} if BULK in call.path else answer

    with monkeypatch.context() as patch:
        patch.setattr(transport.Transport, "send", leave_out)
        stopped = run_now(company_mapping)
    written = len(kintone.records(company_mapping.app))
    doubts = LedgerEntry.objects.filter(doubt_until__isnull=False).count()
    time_machine.shift(REQUEST_LIFE + timedelta(minutes=2))
    run_now(company_mapping)

    assert (stopped.status, outcomes(stopped)) == (RunStatus.FAILED, {"unsent": 8})
    assert doubts == written >= 4
    assert codes(kintone, company_mapping) == sorted(str(row.external_id) for row in rows)
    assert not LedgerEntry.objects.filter(doubt_until__isnull=False).exists()


@pytest.mark.parametrize("code", ["GAIA_DA02", "GAIA_RE18", "GAIA_LT01"])
def test_a_lock_that_passes_costs_patience_and_nothing_else(code, kintone, company_mapping):
    rows = make_companies(8)
    kintone.fail(code=code, times=2, path="records.json")

    run = run_now(company_mapping)

    assert (run.status, outcomes(run)) == (RunStatus.SUCCEEDED, {"created": 8})
    assert codes(kintone, company_mapping) == sorted(str(row.external_id) for row in rows)
    assert sent_in_bulk(kintone) >= 2
