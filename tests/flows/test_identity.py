"""Records that are renumbered or merged keep their kintone record; nothing is deleted by itself."""

from collections.abc import Callable
from typing import Any

import pytest

from common import clock
from common.types import RecordType
from crm import writing
from crm.importing.pairs import PairLine
from crm.models import Alias, Company, Department, Lead, MergedRow
from crm.writing.identity import Change
from jobs import identity, takeover
from jobs.courier import RunCourier
from jobs.models import KeyClaim, LedgerEntry
from mapping.models import Mapping
from tests.builders_crm import change, make_company, make_department, make_lead
from tests.flows.conftest import enabled_mapping, outcomes, run_now

COMPANY = RecordType.COMPANY


def apply(*pairs: tuple[str, str], record_type: RecordType = COMPANY) -> identity.PairsReport:
    lines = [PairLine(line=n, old=old, new=new) for n, (old, new) in enumerate(pairs, 2)]
    return identity.settle_pairs(record_type, lines, now=clock.now())


def feed(**row: Any) -> None:
    report = writing.upsert(COMPANY, [row])
    assert not report.results[0].reason


def held(kintone: Any, mapping: Mapping) -> dict[int, tuple[str, str]]:
    return {
        int(record["$id"]): (record["code"], record["name"])
        for record in kintone.records(mapping.app)
    }


@pytest.fixture
def in_flight(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], object]], None]:
    """Does something once, when the next request is on its way and nothing of it is recorded."""

    def do(action: Callable[[], object]) -> None:
        real = RunCourier.send

        def send(courier: RunCourier, request: Any) -> None:
            real(courier, request)
            monkeypatch.setattr(RunCourier, "send", real)
            action()

        monkeypatch.setattr(RunCourier, "send", send)

    return do


def settle_doubts() -> None:
    """Time passes: no request of a former run can be alive any more."""
    LedgerEntry.objects.filter(doubt_until__isnull=False).update(
        doubt_until=clock.now(), due_at=clock.now()
    )


def test_a_renumbered_company_keeps_its_kintone_record(kintone, company_mapping):
    company = make_company(external_id="A", name="青葉商事")
    run_now(company_mapping)
    (record_id,) = held(kintone, company_mapping)

    report = apply(("A", "B"))
    run = run_now(company_mapping)

    assert report.counts == {Change.RENUMBERED: 1}
    assert Company.objects.get().pk == company.pk
    assert outcomes(run) == {"updated": 1}
    assert held(kintone, company_mapping) == {record_id: ("B", "青葉商事")}


@pytest.mark.parametrize("arrived_before", [True, False])
def test_a_company_is_renumbered_while_its_request_is_on_the_way(
    kintone, company_mapping, in_flight, arrived_before
):
    company = make_company(external_id="A", name="前")
    if arrived_before:
        run_now(company_mapping)
        change(company, name="後")
    in_flight(lambda: apply(("A", "B")))

    run_now(company_mapping)
    run_now(company_mapping)

    ((code, _name),) = held(kintone, company_mapping).values()
    assert code == "B"


def test_of_two_companies_of_which_one_is_in_kintone_its_record_becomes_that_of_the_other(
    kintone, company_mapping
):
    make_company(external_id="A", name="青葉商事")
    run_now(company_mapping)
    (record_id,) = held(kintone, company_mapping)
    make_company(external_id="B", name="青葉商事株式会社")

    report = apply(("A", "B"))
    run = run_now(company_mapping)

    assert report.counts == {Change.MERGED: 1}
    assert outcomes(run) == {"updated": 1}
    assert held(kintone, company_mapping) == {record_id: ("B", "青葉商事株式会社")}
    assert [*KeyClaim.objects.values_list("key", flat=True)] == ["B"]
    assert not takeover.left_over().exists()


def test_of_two_companies_in_kintone_both_records_stay_and_one_is_listed(kintone, company_mapping):
    old = make_company(external_id="A", name="旧")
    new = make_company(external_id="B", name="新")
    run_now(company_mapping)
    before = held(kintone, company_mapping)

    apply(("A", "B"))
    change(new, name="新々")
    run = run_now(company_mapping)

    after = held(kintone, company_mapping)
    (left,) = takeover.left_over()
    assert outcomes(run) == {"updated": 1}
    assert after.keys() == before.keys()
    assert {*after.values()} == {("A", "旧"), ("B", "新々")}
    assert (left.source_id, after[left.record_id or 0]) == (old.pk, ("A", "旧"))


def test_what_is_left_over_leaves_the_list_when_a_person_deleted_it_in_kintone(
    kintone, company_mapping
):
    make_company(external_id="A")
    make_company(external_id="B")
    run_now(company_mapping)
    apply(("A", "B"))
    (left,) = takeover.left_over()

    number = takeover.forget_left_over([left.pk], now=clock.now())

    assert number == 1
    assert not takeover.left_over().exists()
    assert [*KeyClaim.objects.values_list("key", flat=True)] == ["B"]


def test_a_company_is_merged_while_its_first_request_is_on_the_way(
    kintone, company_mapping, in_flight
):
    make_company(external_id="A", name="旧")

    def meanwhile() -> None:
        make_company(external_id="B", name="新")
        apply(("A", "B"))

    in_flight(meanwhile)
    run_now(company_mapping)
    settle_doubts()
    run_now(company_mapping)
    settle_doubts()
    run_now(company_mapping)

    assert [*held(kintone, company_mapping).values()] == [("B", "新")]
    assert not LedgerEntry.objects.filter(doubt_until__isnull=False).exists()


def test_a_company_is_merged_while_an_update_of_it_is_on_the_way(
    kintone, company_mapping, in_flight
):
    old = make_company(external_id="A", name="旧")
    run_now(company_mapping)
    (record_id,) = held(kintone, company_mapping)
    change(old, name="旧々")

    def meanwhile() -> None:
        make_company(external_id="B", name="新")
        apply(("A", "B"))

    in_flight(meanwhile)
    run_now(company_mapping)
    settle_doubts()
    run_now(company_mapping)

    assert held(kintone, company_mapping) == {record_id: ("B", "新")}


def test_a_merge_that_no_mapping_was_told_of_is_found_by_the_next_run(kintone, company_mapping):
    """A pull knows nothing of the ledger."""
    old = make_company(external_id="A", name="旧")
    run_now(company_mapping)
    (record_id,) = held(kintone, company_mapping)
    new = make_company(external_id="B", name="新")

    writing.in_transaction(
        lambda: writing.identity.merge(COMPANY, old.pk, into_id=new.pk, now=clock.now())
    )
    run_now(company_mapping)

    assert held(kintone, company_mapping) == {record_id: ("B", "新")}


def test_a_line_with_the_old_id_is_applied_to_the_record_with_the_new_one(kintone, company_mapping):
    make_company(external_id="A", name="青葉商事")
    run_now(company_mapping)
    apply(("A", "B"))
    run_now(company_mapping)

    feed(external_id="A", name="青葉ホールディングス")
    run = run_now(company_mapping)

    assert outcomes(run) == {"updated": 1}
    assert [*held(kintone, company_mapping).values()] == [("B", "青葉ホールディングス")]
    assert Company.objects.get().external_id == "B"


def test_an_id_that_changed_twice_means_the_last_one(kintone, company_mapping):
    make_company(external_id="A")
    run_now(company_mapping)
    (record_id,) = held(kintone, company_mapping)

    apply(("A", "B"), ("B", "C"))
    feed(external_id="A", name="以前のIDで")
    run_now(company_mapping)

    assert held(kintone, company_mapping) == {record_id: ("C", "以前のIDで")}
    assert dict(Alias.objects.values_list("old_id", "new_id")) == {"A": "C", "B": "C"}


@pytest.mark.parametrize(
    "pairs", [(("A", "B"), ("B", "A")), (("A", "B"), ("B", "C"), ("C", "A")), (("A", "A"),)]
)
def test_a_circle_is_refused_and_leaves_everything_as_it_is(db, pairs):
    make_company(external_id="A")

    report = apply(*pairs)

    assert [one.line for one in report.refused] == [len(pairs) + 1]
    assert report.counts[Change.REFUSED] == 1
    assert Company.objects.get().external_id == ("A", "B", "C")[len(pairs) - 1]


def test_what_belongs_to_a_merged_company_belongs_to_the_other_one(db):
    old, new = make_company(external_id="A"), make_company(external_id="B")
    department = make_department(old, name="営業部")
    below = make_department(old, name="一課", parent=department)
    lead = make_lead(old, department=below)

    apply(("A", "B"))

    assert [*Company.objects.all()] == [new]
    assert {*Department.objects.values_list("company_id", flat=True)} == {new.pk}
    moved = Lead.objects.get()
    assert (moved.company_id, moved.department_id) == (new.pk, below.pk)
    assert moved.version > lead.version


def test_departments_are_merged_with_all_below_them_into_another_company(db):
    one, two = make_company(), make_company()
    old = make_department(one, name="営業", external_id="A")
    below = make_department(one, name="一課", parent=old)
    new = make_department(two, name="営業本部", external_id="B")
    lead = make_lead(one, department=below)

    apply(("A", "B"), record_type=RecordType.DEPARTMENT)

    below.refresh_from_db()
    lead.refresh_from_db()
    assert (below.parent_id, below.company_id, below.path) == (new.pk, two.pk, "営業本部＞一課")
    assert (lead.company_id, lead.department_id) == (two.pk, below.pk)


def test_a_department_does_not_go_into_one_below_it(db):
    old = make_department(name="営業", external_id="A")
    make_department(old.company, name="一課", parent=old, external_id="B")

    report = apply(("A", "B"), record_type=RecordType.DEPARTMENT)

    assert "下位" in report.refused[0].reason
    assert Department.objects.count() == 2
    assert not Alias.objects.exists()


def test_a_merge_is_there_as_a_whole_or_not_at_all(kintone, company_mapping, monkeypatch):
    make_company(external_id="A")
    make_company(external_id="B")

    def fail(*_given: Any, **_named: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr("jobs.takeover.take_over", fail)
    with pytest.raises(RuntimeError):
        apply(("A", "B"))

    assert Company.objects.count() == 2
    assert not Alias.objects.exists()
    assert not MergedRow.objects.exists()


def test_a_rehearsal_tells_what_would_happen_and_changes_nothing(db):
    make_company(external_id="A")
    make_company(external_id="B")
    make_company(external_id="C")
    lines = [
        PairLine(line=2, old="A", new="B"),
        PairLine(line=3, old="C", new="D"),
        PairLine(line=4, old="X", new="Y"),
        PairLine(line=5, reason="読めません。"),
    ]

    report = identity.settle_pairs(COMPANY, lines, now=clock.now(), rehearse=True)

    counts = {Change.MERGED: 1, Change.RENUMBERED: 1, Change.NOTED: 1, Change.REFUSED: 1}
    assert report.counts == counts
    assert Company.objects.count() == 3
    assert not Alias.objects.exists()


def test_a_record_with_another_update_key_is_taken_over_too(kintone, db):
    mapping = enabled_mapping(
        kintone, rules={"code": "corporate_number", "name": "name"}, update_key="code"
    )
    number = "1234567890123"
    make_company(external_id="A", name="旧", corporate_number=number)
    make_company(external_id="B", name="新", corporate_number=number)
    first = run_now(mapping)

    apply(("A", "B"))
    second = run_now(mapping)

    assert (outcomes(first), outcomes(second)) == ({"created": 1, "invalid": 1}, {"updated": 1})
    assert [*held(kintone, mapping).values()] == [(number, "新")]
