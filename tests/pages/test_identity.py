"""Pages on IDs that change and on rows that look like one."""

from typing import Any

from django.test import Client
from django.urls import reverse

from common import clock
from common.types import RecordType
from crm import duplicates
from crm.models import Alias, Company, LikelyDuplicate
from jobs import identity, takeover
from tests.builders_crm import make_company, make_department, make_lead
from tests.flows.conftest import run_now

IDS = reverse("jobs:ids", args=["company"])
DUPLICATES = reverse("jobs:duplicates", args=["company"])


def text_of(answer: Any) -> str:
    return str(answer.content.decode())


def compare(one: Company, other: Company) -> str:
    return reverse("jobs:duplicate", args=["company", one.pk, other.pk])


def twins() -> tuple[Company, Company]:
    one = make_company(name="株式会社 青葉商事", main_tel="03-1234-5678", external_id="A")
    two = make_company(name="青葉商事㈱", main_tel="０３（１２３４）５６７８", external_id="B")
    return one, two


def test_pairs_are_checked_before_they_are_registered(as_administrator: Client) -> None:
    make_company(external_id="A")
    lines = "会社ID,新会社ID\nA,B\n"

    checked = as_administrator.post(IDS, {"lines": lines, "action": "check"})
    untouched = Company.objects.get().external_id
    applied = as_administrator.post(IDS, {"lines": lines, "action": "apply"})

    assert "IDの変更1件" in text_of(checked)
    assert "A,B" in text_of(checked)
    assert untouched == "A"
    assert applied.status_code == 302
    assert Company.objects.get().external_id == "B"


def test_lines_that_are_refused_are_named_and_the_others_are_registered(
    as_administrator: Client,
) -> None:
    lines = "会社ID,新会社ID\nA,B\nB,A\nC,\nD,D\n"

    answer = as_administrator.post(IDS, {"lines": lines, "action": "apply"})

    assert "3行目：" in text_of(answer)
    assert "循環します" in text_of(answer)
    assert [*Alias.objects.values_list("old_id", "new_id")] == [("A", "B")]


def test_a_file_without_the_two_columns_is_refused_with_what_is_needed(
    as_administrator: Client,
) -> None:
    answer = as_administrator.post(IDS, {"lines": "会社ID,名前\nA,B\n", "action": "check"})

    assert answer.status_code == 422
    assert "「会社ID」と「新会社ID」の列が1つずつ必要です。" in text_of(answer)


def test_an_id_is_changed_on_the_records_page(as_administrator: Client) -> None:
    company = make_company(external_id="A")

    as_administrator.post(reverse("jobs:record-id", args=["company", company.pk]), {"new_id": "B"})

    company.refresh_from_db()
    assert company.external_id == "B"
    assert Alias.objects.get().origin == Alias.Origin.HAND


def test_an_id_that_another_record_has_leads_to_both_side_by_side(as_administrator: Client) -> None:
    one, two = make_company(external_id="A"), make_company(external_id="B")

    answer = as_administrator.post(
        reverse("jobs:record-id", args=["company", one.pk]), {"new_id": "B"}
    )

    assert answer["Location"] == compare(one, two)
    assert Company.objects.count() == 2


def test_an_alias_that_was_a_mistake_is_deleted(as_administrator: Client) -> None:
    as_administrator.post(IDS, {"lines": "会社ID,新会社ID\nA,B\n", "action": "apply"})

    as_administrator.post(reverse("jobs:alias-delete", args=[Alias.objects.get().pk]))

    assert not Alias.objects.exists()


def test_duplicates_are_found_whatever_the_way_of_writing_and_nothing_is_merged(
    as_administrator: Client,
) -> None:
    twins()
    make_company(name="青葉商事株式会社", main_tel="06-9999-0000")

    page = as_administrator.post(DUPLICATES, follow=True)

    assert "会社名と電話番号が同じ" in text_of(page)
    assert LikelyDuplicate.objects.count() == 1
    assert Company.objects.count() == 3


def test_leads_and_departments_that_look_like_one_are_found_too(db) -> None:
    company = make_company()
    make_lead(company, family_name="佐藤", first_name="花子")
    make_lead(company, family_name="佐　藤", first_name="花 子")
    make_lead(email="Sato@Example.com ")
    make_lead(email="sato@example.com")
    make_department(company, name="営業部")
    make_department(company, name="営業部")

    found = {kind: duplicates.find(kind, now=clock.now()) for kind in RecordType}

    assert found == {RecordType.COMPANY: 0, RecordType.DEPARTMENT: 1, RecordType.LEAD: 2}


def test_two_records_are_merged_into_the_one_that_a_person_chose(as_administrator: Client) -> None:
    one, two = twins()
    make_lead(one)

    shown = as_administrator.get(compare(one, two))
    answer = as_administrator.post(compare(one, two), {"action": "merge", "into": two.pk})

    assert "部署0件、リード1件" in text_of(shown)
    assert answer["Location"] == reverse("crm:record", args=["company", two.pk])
    assert [*Company.objects.all()] == [two]
    assert Alias.objects.get().new_id == "B"


def test_without_a_choice_nothing_is_merged(as_administrator: Client) -> None:
    one, two = twins()

    answer = as_administrator.post(compare(one, two), {"action": "merge"})

    assert answer.status_code == 422
    assert "残すデータを選択してください。" in text_of(answer)
    assert Company.objects.count() == 2


def test_what_is_told_apart_never_comes_back(as_administrator: Client) -> None:
    one, two = twins()
    as_administrator.post(DUPLICATES)

    as_administrator.post(compare(one, two), {"action": "dismiss"})
    page = as_administrator.post(DUPLICATES, follow=True)

    assert "候補はありません" in text_of(page)
    assert Company.objects.count() == 2


def test_a_third_that_looks_like_a_merged_one_is_held_against_the_one_that_stayed(db) -> None:
    one, two = twins()
    three = make_company(name="青葉商事", main_tel="03-1234-5678", external_id="C")
    duplicates.find(RecordType.COMPANY, now=clock.now())

    identity.merge_two(RecordType.COMPANY, one.pk, into_id=two.pk, now=clock.now())

    pair = LikelyDuplicate.objects.get()
    assert (pair.first_id, pair.second_id) == (two.pk, three.pk)


def test_records_left_over_in_kintone_are_listed_until_a_person_deleted_them(
    kintone, company_mapping, as_administrator: Client
) -> None:
    one, two = twins()
    run_now(company_mapping)
    as_administrator.post(compare(one, two), {"action": "merge", "into": two.pk})
    (left,) = takeover.left_over()

    page = as_administrator.get(reverse("jobs:left-over"))
    as_administrator.post(reverse("jobs:left-over"), {"entry": left.pk})
    after = as_administrator.get(reverse("jobs:left-over"))

    assert f"レコード番号{left.record_id}" in text_of(page)
    assert "株式会社 青葉商事" in text_of(page)
    assert "統合済みのレコードは、kintoneに残っていません。" in text_of(after)
    assert len(kintone.records(company_mapping.app)) == 2
