"""Which values of an item occur, and how often."""

import pytest

from common.types import RecordType, UserRef
from crm import catalogue
from crm.models import CustomItem
from crm.occurrences import Occurrences, occurrences
from tests.builders_crm import make_company, make_lead, make_member

pytestmark = pytest.mark.django_db


def of(key: str, record_type: RecordType = RecordType.COMPANY, **given: int | None) -> Occurrences:
    item = catalogue.item(record_type, key)
    return occurrences(record_type, item, viewer_id=given.get("viewer_id"))


def test_values_of_a_column_are_counted_by_one_query(django_assert_num_queries):
    for industry in ("製造業", "製造業", "小売業", ""):
        make_company(business_category_kbn=industry)
    item = catalogue.item(RecordType.COMPANY, "business_category_kbn")

    with django_assert_num_queries(1):
        found = occurrences(RecordType.COMPANY, item, viewer_id=None)

    assert (found.counts, found.complete) == ({"製造業": 2, "小売業": 1}, True)


def test_what_is_stored_otherwise_than_it_reads_is_counted_as_it_reads():
    make_lead()
    make_lead(visibility="owner", owner=make_member())

    assert of("visibility", RecordType.LEAD).counts == {"全体": 1, "営業担当者のみ": 1}


def test_each_of_several_values_counts_once_a_row():
    make_company(tags=["重要", "輸出", "重要"])
    make_company(tags=["重要"])
    make_company(tags=[])

    assert of("tags").counts == {"重要": 2, "輸出": 1}


def test_custom_items_and_users_are_counted_too():
    CustomItem.objects.create(record_type="company", key="rank", label="ランク", kind="choice")
    member = make_member(name="佐藤", email="sato@example.com", login="sato")
    make_company(owner=member, custom={"rank": "A"})
    make_company(owner=member)

    assert of("custom.rank").counts == {"A": 1}
    assert of("owner").counts == {UserRef(name="佐藤", email="sato@example.com", login="sato"): 2}


def test_values_of_the_company_that_a_lead_belongs_to_count_once_for_each_lead():
    company = make_company(business_category_kbn="製造業")
    make_lead(company)
    make_lead(company)

    assert of("company.business_category_kbn", RecordType.LEAD).counts == {"製造業": 2}


def test_of_leads_only_those_in_sight_count():
    member = make_member()
    make_lead(lead_status="A")
    make_lead(lead_status="B", visibility="owner", owner=make_member())

    assert of("lead_status", RecordType.LEAD, viewer_id=member.pk).counts == {"A": 1}
    assert of("lead_status", RecordType.LEAD).counts == {"A": 1, "B": 1}


def test_where_not_everything_was_looked_at_it_says_so(monkeypatch):
    monkeypatch.setattr("crm.occurrences.MOST_ROWS", 4)
    monkeypatch.setattr("crm.occurrences._ROWS_AT_ONCE", 2)
    monkeypatch.setattr("crm.occurrences.MOST_VALUES", 3)
    for number in range(5):
        make_company(tags=[str(number)], pref=str(number))

    by_row, by_column = of("tags"), of("pref")

    assert (len(by_row.counts), by_row.complete) == (3, False)
    assert "0" not in by_row.counts, "the oldest row was not looked at"
    assert (len(by_column.counts), by_column.complete) == (3, False)


def test_values_are_also_told_in_the_order_in_which_people_came_to_use_them():
    for rank, tags in (("未定", ["重要", "あ"]), ("A", ["い"]), ("A", ["重要", "ん"])):
        make_company(business_category_kbn=rank, tags=tags)

    assert of("business_category_kbn").in_order == ("未定", "A")
    assert of("tags").in_order == ("重要", "あ", "い", "ん")
