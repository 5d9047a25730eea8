"""A record keeps its one kintone record, whatever happens to its update key."""

from jobs import ledger
from jobs.models import KeyClaim, Outcome
from jobs.states import RunStatus
from tests.builders_crm import change, make_companies, make_company
from tests.flows.conftest import enabled_mapping, outcomes, run_now


def records_by_id(kintone, mapping) -> dict[int, str]:
    return {int(record["$id"]): record["code"] for record in kintone.records(mapping.app)}


def test_a_changed_key_changes_the_record_and_makes_no_second_one(kintone, company_mapping):
    company = make_company(external_id="A1")
    run_now(company_mapping)
    before = records_by_id(kintone, company_mapping)

    change(company, external_id="A2")
    run = run_now(company_mapping)

    assert outcomes(run) == {"updated": 1}
    assert records_by_id(kintone, company_mapping) == {next(iter(before)): "A2"}


def test_swapped_keys_stay_with_their_records(kintone, company_mapping):
    one, two = make_companies(2)
    run_now(company_mapping)
    before = records_by_id(kintone, company_mapping)
    first, second = one.external_id, two.external_id

    change(one, external_id="swap")
    change(two, external_id=first)
    change(one, external_id=second)
    run = run_now(company_mapping)

    after = records_by_id(kintone, company_mapping)
    assert (run.status, outcomes(run)) == (RunStatus.SUCCEEDED, {"updated": 2})
    assert after == {
        record_id: second if code == first else first for record_id, code in before.items()
    }


def test_of_two_records_with_one_key_the_lower_id_is_sent_and_the_other_names_both(kintone, db):
    mapping = enabled_mapping(
        kintone, rules={"code": "corporate_number", "name": "name"}, update_key="code"
    )
    one = make_company(name="青葉商事", corporate_number="1234567890123")
    two = make_company(name="若葉商事", corporate_number="1234567890123")

    run = run_now(mapping)

    assert outcomes(run) == {"created": 1, "invalid": 1}
    assert [r["name"] for r in kintone.records(mapping.app)] == [one.name]
    problem = Outcome.objects.get(run=run, source_id=two.pk).problems[0]
    assert problem["code"] == "key_taken"
    assert one.name in str(problem["params"]["other_label"])
    assert two.name in str(problem["params"]["label"])


def test_a_released_key_goes_to_the_record_that_waits_for_it(kintone, db):
    mapping = enabled_mapping(kintone, rules={"code": "corporate_number", "name": "name"})
    one = make_company(corporate_number="1234567890123")
    two = make_company(corporate_number="1234567890123")
    run_now(mapping)

    change(one, corporate_number="9999999999999")
    run = run_now(mapping)

    assert outcomes(run) == {"created": 1, "updated": 1}
    assert not ledger.failed_entries(mapping).exists()
    assert {r["name"]: r["code"] for r in kintone.records(mapping.app)} == {
        one.name: "9999999999999",
        two.name: "1234567890123",
    }


def test_an_empty_key_is_skipped_and_comes_back_to_the_same_record(kintone, db):
    mapping = enabled_mapping(kintone, rules={"code": "corporate_number", "name": "name"})
    company = make_company(corporate_number="1234567890123")
    run_now(mapping)
    before = records_by_id(kintone, mapping)

    change(company, corporate_number="")
    skipped = run_now(mapping)
    change(company, corporate_number="9999999999999")
    back = run_now(mapping)

    assert (outcomes(skipped), skipped.requests) == ({"skipped": 1}, 0)
    assert outcomes(back) == {"updated": 1}
    assert records_by_id(kintone, mapping) == {next(iter(before)): "9999999999999"}


def test_a_key_whose_holder_was_deleted_is_free(kintone, db):
    mapping = enabled_mapping(kintone, rules={"code": "corporate_number", "name": "name"})
    one = make_company(corporate_number="1234567890123")
    run_now(mapping)
    one.delete()

    heir = make_company(corporate_number="1234567890123")
    run = run_now(mapping)

    assert outcomes(run) == {"updated": 1}
    assert [r["name"] for r in kintone.records(mapping.app)] == [heir.name]


def test_two_mappings_into_one_app_do_not_take_each_other_s_keys(kintone, company_mapping):
    other = enabled_mapping(
        kintone,
        app=company_mapping.app,
        rules={"code": "corporate_number", "name": "name"},
    )
    make_company(external_id="SHARED-1", corporate_number="")
    run_now(company_mapping)
    make_company(external_id="other", corporate_number="1111111111111")
    thief = make_company(external_id="1111111111111", corporate_number="")

    run_now(other)
    run = run_now(company_mapping)

    failed = Outcome.objects.get(run=run, outcome="invalid")
    assert failed.source_id == thief.pk
    assert KeyClaim.objects.filter(key="1111111111111").count() == 1


def test_a_record_deleted_by_hand_in_kintone_comes_back_and_is_noted(kintone, company_mapping):
    company = make_company()
    run_now(company_mapping)
    (old_id,) = records_by_id(kintone, company_mapping)
    kintone.remove_record(company_mapping.app, old_id)

    change(company, name="また来た会社")
    run = run_now(company_mapping)

    assert outcomes(run) == {"created": 1}
    assert Outcome.objects.get(run=run).recreated_from == old_id
