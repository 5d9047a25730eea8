"""What is kept when kintone refuses a record, whatever the way; and how it is forgotten."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from common import clock
from common.types import RecordType
from crm import writing
from integrations.kintone import transport
from integrations.kintone.evidence import Evidence
from jobs import exchanges, trial
from jobs.models import KeptExchange, LedgerEntry, Run
from jobs.states import EntryState, RunStatus
from jobs.sweep import sweep
from mapping.models import Mapping
from tests.builders_crm import change, make_companies, make_company, make_department
from tests.builders_mapping import make_connection
from tests.flows.conftest import chain as chain
from tests.flows.conftest import enabled_mapping, outcomes, run_now

TOO_LONG = "0123456789"


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "FIRST_PAUSE", 0)


def evidence_of(record: Any) -> Evidence:
    """What is kept of a record."""
    return Evidence.from_json(KeptExchange.objects.get(source_id=record.pk).evidence)


def sent_record(evidence: Evidence) -> dict[str, Any]:
    """The one record of the request that is kept."""
    body = json.loads(evidence.request)
    payload = body["requests"][0]["payload"] if "requests" in body else body
    (record,) = payload["records"]
    return {code: field["value"] for code, field in record["record"].items()}


def tighten(kintone: Any, mapping: Mapping) -> None:
    """kintone forbids long telephone numbers since the form was read."""
    kintone.set_field(mapping.app, "tel", maxLength="5")


def test_a_record_named_by_index_keeps_its_own_part_of_the_request(
    kintone: Any, company_mapping: Mapping
) -> None:
    make_companies(60)
    bad = make_company(main_tel=TOO_LONG)
    make_companies(39)
    tighten(kintone, company_mapping)

    run = run_now(company_mapping)

    kept = evidence_of(bad)
    assert KeptExchange.objects.get().run_id == run.pk
    assert sent_record(kept)["tel"] == TOO_LONG
    assert kept.place is not None
    assert (kept.place.number, kept.place.records, kept.place.parts) == (61, 100, 1)
    assert (kept.status, kept.app) == (400, company_mapping.app)
    assert "records[60].tel.value" in kept.answer


def test_many_named_records_of_a_bulk_request_keep_one_part_each(
    kintone: Any, company_mapping: Mapping
) -> None:
    make_companies(460)
    bad = [make_company(main_tel=TOO_LONG, external_id=f"BAD-{n}") for n in range(40)]
    tighten(kintone, company_mapping)

    assert outcomes(run_now(company_mapping)) == {"created": 460, "rejected": 40}

    for company in bad:
        stored = json.dumps(evidence_of(company).as_json())
        assert f'\\"{company.external_id}\\"' in stored
        assert stored.count("BAD-") == 1
    places = [evidence_of(company).place for company in bad]
    assert {place.parts for place in places if place} <= {1, 5}


def test_a_record_found_by_splitting_keeps_the_request_that_was_about_it_alone(
    kintone: Any, company_mapping: Mapping
) -> None:
    make_companies(7)
    bad = make_company(name="拒否される会社")
    kintone.fail(
        code="GAIA_ZZ99", message="だめ", containing="拒否される会社", times=None, path="records"
    )

    assert outcomes(run_now(company_mapping)) == {"created": 7, "rejected": 1}

    kept = evidence_of(bad)
    assert kept.place is not None
    assert kept.place.records == 1
    assert json.loads(kept.answer)["code"] == "GAIA_ZZ99"


def test_a_refusal_after_a_lost_answer_tells_both(kintone: Any, company_mapping: Mapping) -> None:
    bad = make_company(main_tel=TOO_LONG)
    tighten(kintone, company_mapping)
    kintone.cut(before_write=True, method="PUT")

    run_now(company_mapping)

    first, second = evidence_of(bad).attempts
    assert (first["status"], second["status"]) == (0, 400)
    assert first["lost"]


def test_records_in_doubt_each_keep_what_was_sent(kintone: Any, company_mapping: Mapping) -> None:
    companies = make_companies(3)
    kintone.cut(before_write=False, times=None, method="PUT")

    run = run_now(company_mapping)

    assert run.status == RunStatus.FAILED
    assert {sent_record(evidence_of(company))["name"] for company in companies} == {
        company.name for company in companies
    }
    assert all(len(evidence_of(company).attempts) == 4 for company in companies)


def test_a_request_refused_as_a_whole_is_kept_once(kintone: Any, company_mapping: Mapping) -> None:
    make_companies(3)
    kintone.change_password("another")

    run = run_now(company_mapping)

    assert run.status == RunStatus.FAILED
    kept = Evidence.from_json(KeptExchange.objects.get(run=run).evidence)
    assert kept.status == 401
    assert kept.place is not None
    assert kept.place.records == 3


def test_records_held_back_when_nobody_may_write_are_kept(
    kintone: Any, company_mapping: Mapping
) -> None:
    make_companies(3)
    kintone.grant(company_mapping.app, "view")

    run = run_now(company_mapping)

    assert run.status == RunStatus.FAILED
    assert KeptExchange.objects.filter(run=run).count() >= 1


def test_a_test_of_one_record_is_kept_too(kintone: Any, company_mapping: Mapping) -> None:
    bad = make_company(main_tel=TOO_LONG)
    tighten(kintone, company_mapping)

    result = trial.push(company_mapping, bad.pk)

    assert not result.ok
    assert KeptExchange.objects.get(source_id=bad.pk).run_id == result.run.pk


def test_the_newest_takes_the_place_of_the_one_before(
    kintone: Any, company_mapping: Mapping
) -> None:
    bad = make_company(main_tel=TOO_LONG)
    tighten(kintone, company_mapping)
    run_now(company_mapping)

    change(bad, main_tel="9876543210")
    second = run_now(company_mapping)

    assert KeptExchange.objects.get().run_id == second.pk
    assert sent_record(evidence_of(bad))["tel"] == "9876543210"


def test_records_that_succeed_or_fail_before_they_are_sent_cost_nothing(
    company_mapping: Mapping,
) -> None:
    make_companies(120)
    make_company(business_category_kbn="宇宙業")

    with CaptureQueriesContext(
        connection,
    ) as queries:
        run = run_now(company_mapping)

    assert outcomes(run) == {"created": 120, "invalid": 1}
    assert not [one for one in queries if KeptExchange._meta.db_table in one["sql"]]


@pytest.mark.parametrize("login", ["tokens", "password"])
@pytest.mark.usefixtures("db")
def test_no_secret_is_stored_even_if_kintone_sends_it_back(kintone: Any, login: str) -> None:
    secrets = ["marker-token-1", "marker-password", "marker-basic"]
    if login == "tokens":
        given: dict[str, Any] = {"tokens": "marker-token-1", "login": "", "password": ""}
    else:
        given = {"login": "sync", "password": "marker-password"}
    made = make_connection(**given, basic_user="front", basic_password="marker-basic")
    mapping = enabled_mapping(kintone, connection=made)
    make_company()
    kintone.fail(400, {"code": "GAIA_ZZ99", "id": "1", "message": " ".join(secrets)}, times=None)

    run_now(mapping)

    stored = json.dumps([kept.evidence for kept in KeptExchange.objects.all()])
    assert "GAIA_ZZ99" in stored
    used = secrets[:1] + secrets[2:] if login == "tokens" else secrets[1:]
    assert not [secret for secret in used if secret in stored]


def test_it_is_erased_together_with_its_record(kintone: Any, company_mapping: Mapping) -> None:
    bad, other = make_company(main_tel=TOO_LONG), make_company(main_tel=TOO_LONG)
    tighten(kintone, company_mapping)
    run_now(company_mapping)

    writing.delete(RecordType.COMPANY, [bad.pk])

    assert KeptExchange.objects.get().source_id == other.pk


def test_it_goes_with_the_company_that_a_department_belongs_to(chain: list[Mapping]) -> None:
    _companies, departments, _leads = chain
    company = make_company()
    department = make_department(company=company)
    run = Run.objects.create(
        mapping=departments, trigger="manual", slot=clock.now(), queued_at=clock.now()
    )
    KeptExchange.objects.create(
        mapping=departments,
        source_id=department.pk,
        department=department,
        run=run,
        at=clock.now(),
        evidence={},
    )

    writing.delete(RecordType.COMPANY, [company.pk])

    assert not KeptExchange.objects.exists()


def test_a_record_deleted_while_it_was_sent_is_forgotten_by_the_next_run(
    kintone: Any, company_mapping: Mapping, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = make_company(main_tel=TOO_LONG)
    tighten(kintone, company_mapping)
    keep = exchanges.keep

    def delete_first(*given: Any, **named: Any) -> None:
        writing.delete(RecordType.COMPANY, [bad.pk])
        keep(*given, **named)

    monkeypatch.setattr(exchanges, "keep", delete_first)
    run = run_now(company_mapping)
    assert (run.status, KeptExchange.objects.count()) == (RunStatus.PARTIAL, 1)

    monkeypatch.undo()
    run_now(company_mapping)
    assert not KeptExchange.objects.exists()


def test_it_is_kept_for_its_days_whatever_becomes_of_the_record(
    kintone: Any, company_mapping: Mapping, settings: Any
) -> None:
    bad = make_company(main_tel=TOO_LONG)
    tighten(kintone, company_mapping)
    run_now(company_mapping)
    change(bad, main_tel="123")
    run_now(company_mapping)
    assert LedgerEntry.objects.get(source_id=bad.pk).state == EntryState.SYNCED

    settings.EXCHANGE_DAYS = 30
    sweep(now=clock.now() + timedelta(days=29))
    assert KeptExchange.objects.exists()
    sweep(now=clock.now() + timedelta(days=30, minutes=1))
    assert not KeptExchange.objects.exists()
