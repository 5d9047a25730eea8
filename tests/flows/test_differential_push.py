"""What arrives in kintone, and what it costs, when customer data changes."""

from datetime import timedelta

from common import clock
from jobs import enabling, ledger, trial
from jobs.models import LedgerEntry, Outcome
from jobs.states import EntryState, RunStatus
from tests.builders_crm import change, make_companies, make_company, make_lead, make_member
from tests.flows.conftest import enabled_mapping, outcomes, run_now


def test_what_was_created_after_enabling_arrives_and_a_second_run_sends_nothing(
    kintone, company_mapping
):
    make_companies(3)

    first = run_now(company_mapping)
    second = run_now(company_mapping)

    assert (first.status, outcomes(first)) == (RunStatus.SUCCEEDED, {"created": 3})
    assert len(kintone.records(company_mapping.app)) == 3
    assert (second.status, second.requests, outcomes(second)) == (RunStatus.SUCCEEDED, 0, {})


def test_one_changed_field_sends_one_record_in_one_request(kintone, company_mapping):
    _, middle, _ = make_companies(3)
    run_now(company_mapping)

    change(middle, main_tel="03-1234-5678")
    run = run_now(company_mapping)

    assert (run.requests, run.counted, outcomes(run)) == (1, 1, {"updated": 1})
    sent = {record["code"]: record["tel"] for record in kintone.records(company_mapping.app)}
    assert sent[middle.external_id] == "03-1234-5678"


def test_a_change_that_is_not_mapped_costs_no_request(company_mapping):
    company = make_company()
    run_now(company_mapping)

    change(company, note="社内のメモ")
    run = run_now(company_mapping)

    assert (run.requests, outcomes(run)) == (0, {"unchanged": 1})


def test_what_was_there_before_enabling_is_sent_only_by_the_first_load(kintone, db):
    old, other = make_companies(2)
    mapping = enabled_mapping(kintone)

    assert outcomes(run_now(mapping)) == {}
    change(old, name="株式会社新しい名前")
    assert outcomes(run_now(mapping)) == {"created": 1}
    assert outcomes(run_now(mapping, full=True)) == {"created": 1}
    assert {record["code"] for record in kintone.records(mapping.app)} == {
        old.external_id,
        other.external_id,
    }
    assert outcomes(run_now(mapping, full=True)) == {}


def test_a_refused_record_does_not_hold_back_its_batch(kintone, company_mapping):
    # kintone forbids it since the form was read: our own check does not know yet.
    make_companies(99)
    bad = make_company(main_tel="0" * 20)
    kintone.set_field(company_mapping.app, "tel", maxLength="5")

    run = run_now(company_mapping)

    assert (run.status, outcomes(run)) == (RunStatus.PARTIAL, {"created": 99, "rejected": 1})
    assert run.requests == 2
    failed = Outcome.objects.get(run=run, outcome="rejected")
    assert failed.source_id == bad.pk
    assert failed.problems[0]["field"] == "tel"
    assert len(kintone.records(company_mapping.app)) == 99


def test_a_value_that_cannot_be_expressed_fails_before_a_request_is_spent(company_mapping):
    make_company(business_category_kbn="宇宙業")

    run = run_now(company_mapping)

    assert (run.status, run.requests, outcomes(run)) == (RunStatus.PARTIAL, 0, {"invalid": 1})


def test_a_failed_record_is_tried_again_when_its_row_changes(kintone, company_mapping):
    company = make_company(business_category_kbn="宇宙業")
    run_now(company_mapping)

    assert outcomes(run_now(company_mapping)) == {}
    change(company, business_category_kbn="製造業")

    assert outcomes(run_now(company_mapping)) == {"created": 1}
    assert not ledger.failed_entries(company_mapping).exists()


def test_failed_records_are_tried_again_on_demand(kintone, company_mapping):
    make_company(business_category_kbn="宇宙業")
    run_now(company_mapping)

    assert ledger.retry(company_mapping, now=clock.now()) == 1
    assert outcomes(run_now(company_mapping)) == {"invalid": 1}


def test_a_cause_that_heals_in_kintone_is_tried_again_by_itself(kintone, db, time_machine):
    time_machine.move_to(clock.now(), tick=True)
    masters = kintone.add_app(
        "会社マスター",
        {"code": {"type": "SINGLE_LINE_TEXT", "code": "code", "label": "code", "unique": True}},
    )
    fields = {
        "code": {"type": "SINGLE_LINE_TEXT", "unique": True},
        "master": {
            "type": "SINGLE_LINE_TEXT",
            "lookup": {
                "relatedApp": {"app": str(masters), "code": ""},
                "relatedKeyField": "code",
                "fieldMappings": [],
                "lookupPickerFields": [],
                "filterCond": "",
                "sort": "",
            },
        },
    }
    mapping = enabled_mapping(
        kintone, fields=fields, rules={"code": "external_id", "master": "name_disp"}
    )
    make_company(name_disp="M1")

    first = run_now(mapping)
    kintone.add_records(masters, [{"code": "M1"}])
    too_early = run_now(mapping)
    time_machine.shift(timedelta(minutes=6))
    healed = run_now(mapping)

    assert (outcomes(first), outcomes(too_early)) == ({"rejected": 1}, {})
    assert outcomes(healed) == {"created": 1}


def test_a_renamed_company_is_owed_by_its_leads_too(kintone, db):
    fields = {
        "code": {"type": "SINGLE_LINE_TEXT", "unique": True},
        "company": {"type": "SINGLE_LINE_TEXT"},
    }
    mapping = enabled_mapping(
        kintone,
        record_type="lead",
        fields=fields,
        rules={"code": "external_id", "company": "company.name"},
    )
    viewer = make_member()
    schedule = mapping.connection.schedule
    schedule.sync_user = viewer
    schedule.save()
    lead = make_lead()
    assert outcomes(run_now(mapping)) == {"created": 1}

    change(lead.company, name="改名株式会社")

    assert outcomes(run_now(mapping)) == {"updated": 1}
    assert kintone.records(mapping.app)[0]["company"] == "改名株式会社"


def test_leads_stop_when_the_sync_user_is_disabled_and_nothing_is_lost(kintone, db):
    fields = {"code": {"type": "SINGLE_LINE_TEXT", "unique": True}}
    mapping = enabled_mapping(
        kintone, record_type="lead", fields=fields, rules={"code": "external_id"}
    )
    viewer = make_member(active=False)
    schedule = mapping.connection.schedule
    schedule.sync_user = viewer
    schedule.save()
    make_lead()

    stopped = run_now(mapping)
    viewer.active = True
    viewer.save()
    resumed = run_now(mapping)

    assert (stopped.status, stopped.message["code"]) == (RunStatus.FAILED, "sync_user_disabled")
    assert outcomes(resumed) == {"created": 1}


def test_only_leads_that_the_sync_user_may_see_are_sent(kintone, db):
    fields = {"code": {"type": "SINGLE_LINE_TEXT", "unique": True}}
    mapping = enabled_mapping(
        kintone, record_type="lead", fields=fields, rules={"code": "external_id"}
    )
    schedule = mapping.connection.schedule
    schedule.sync_user = make_member()
    schedule.save()
    seen = make_lead(visibility="everyone")
    hidden = make_lead(visibility="owner", owner=make_member())

    run = run_now(mapping)

    assert outcomes(run) == {"created": 1, "skipped": 1}
    assert [r["code"] for r in kintone.records(mapping.app)] == [seen.external_id]
    assert LedgerEntry.objects.get(source_id=hidden.pk).state == EntryState.SKIPPED


def test_switching_off_and_on_sends_what_changed_meanwhile_if_asked(kintone, company_mapping):
    first, second = make_companies(2)
    run_now(company_mapping)
    enabling.disable(company_mapping, now=clock.now())
    change(first, name="休止中に変わった会社")
    assert enabling.owed_since_disabled(company_mapping) == 1

    enabling.enable(company_mapping, now=clock.now(), send_changed_meanwhile=True)
    assert outcomes(run_now(company_mapping)) == {"updated": 1}

    enabling.disable(company_mapping, now=clock.now())
    change(second, name="送らない会社")
    enabling.enable(company_mapping, now=clock.now(), send_changed_meanwhile=False)
    assert outcomes(run_now(company_mapping)) == {}
    change(second, name="これは送る会社")
    assert outcomes(run_now(company_mapping)) == {"updated": 1}


def test_the_first_load_also_takes_what_changed_while_the_mapping_was_off(kintone, company_mapping):
    company = make_company()
    run_now(company_mapping)
    enabling.disable(company_mapping, now=clock.now())
    change(company, name="休止中に変わった会社")
    enabling.enable(company_mapping, now=clock.now(), send_changed_meanwhile=False)
    assert outcomes(run_now(company_mapping)) == {}

    assert outcomes(run_now(company_mapping, full=True)) == {"updated": 1}
    assert [r["name"] for r in kintone.records(company_mapping.app)] == ["休止中に変わった会社"]


def test_a_test_pushes_exactly_one_record_for_real_before_enabling(kintone, db):
    mapping = enabled_mapping(kintone)
    enabling.disable(mapping, now=clock.now())
    one, _ = make_companies(2)

    result = trial.push(mapping, one.pk)
    again = trial.push(mapping, one.pk)

    assert (result.ok, result.outcome, again.outcome) == (True, "created", "updated")
    assert [r["code"] for r in kintone.records(mapping.app)] == [one.external_id]


def test_a_test_says_beside_which_field_kintone_refused(kintone, db):
    mapping = enabled_mapping(kintone)
    company = make_company(main_tel="0" * 20)
    kintone.set_field(mapping.app, "tel", maxLength="5")

    result = trial.push(mapping, company.pk)

    assert not result.ok
    assert [problem.field for problem in result.problems] == ["tel"]
