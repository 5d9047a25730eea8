"""A change of one row raises the version of every row that shows it."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from common.types import Kind, RecordType
from crm import writing
from crm.models import Company, Department, Lead, Member
from tests.builders_crm import (
    change,
    make_company,
    make_custom_item,
    make_department,
    make_lead,
    make_member,
)

pytestmark = pytest.mark.django_db


class House:
    """One company with a tree of departments and leads, and another beside it."""

    def __init__(self) -> None:
        self.owner = make_member(name="佐藤", email="sato@example.com")
        self.company = make_company(name="青葉", owner=self.owner)
        self.sales = make_department(self.company, name="営業部")
        self.team = make_department(self.company, name="一課", parent=self.sales)
        self.desk = make_department(self.company, name="窓口", parent=self.team)
        self.lead = make_lead(self.company, department=self.desk, owner=self.owner)
        self.loose = make_lead(self.company)
        self.other = make_company(name="若葉")
        self.other_department = make_department(self.other)
        self.other_lead = make_lead(self.other, department=self.other_department)
        self.before = self.versions()

    def rows(self) -> dict[str, Any]:
        kinds = (Company, Department, Lead)
        return {name: row for name, row in vars(self).items() if isinstance(row, kinds)}

    def versions(self) -> dict[str, int]:
        found = {}
        for name, row in self.rows().items():
            row.refresh_from_db()
            found[name] = row.version
        return found

    def raised(self) -> dict[str, int]:
        """By how much the versions rose since the beginning, where they did."""
        now = self.versions()
        return {name: now[name] - old for name, old in self.before.items() if now[name] != old}


@pytest.fixture
def house() -> House:
    return House()


def test_a_renamed_company_raises_its_departments_and_leads(house: House) -> None:
    change(house.company, name="新青葉")
    assert house.raised() == dict.fromkeys(("company", "sales", "team", "desk", "lead", "loose"), 1)


def test_what_no_other_row_shows_raises_the_row_alone(house: House) -> None:
    change(house.company, note="めも", tags="A")
    assert house.raised() == {"company": 1}


def test_a_related_change_moves_the_scan_time_but_not_the_updated_time(house: House) -> None:
    updated_at = house.lead.updated_at
    change(house.company, name="新青葉")
    house.lead.refresh_from_db()
    house.company.refresh_from_db()
    assert house.lead.updated_at == updated_at
    assert house.lead.changed_at == house.company.changed_at > updated_at


def test_a_renamed_department_raises_all_below_and_its_company(house: House) -> None:
    change(house.sales, name="販売部")

    assert house.raised() == dict.fromkeys(("company", "sales", "team", "desk", "lead"), 1)
    assert (house.desk.path, house.team.path) == ("販売部＞一課＞窓口", "販売部＞一課")


def test_a_new_department_raises_its_company_alone(house: House) -> None:
    make_department(house.company)
    assert house.raised() == {"company": 1}


def test_a_renamed_member_raises_what_it_owns(house: House) -> None:
    writing.save_member(member_id=house.owner.pk, name="斎藤", email="sato@example.com")
    assert house.raised() == {"company": 1, "lead": 1}


def test_a_member_who_is_disabled_or_saved_unchanged_raises_nothing(house: House) -> None:
    writing.save_member(
        member_id=house.owner.pk, name="佐藤", email="SATO@example.com", active=False, groups=["東"]
    )
    assert house.raised() == {}
    house.owner.refresh_from_db()
    assert not house.owner.active


def test_a_deleted_member_leaves_what_it_owned_behind_as_changed(house: House) -> None:
    before = house.lead.updated_at

    writing.delete_member(house.owner.pk)

    assert house.raised() == {"company": 1, "lead": 1}
    assert (house.company.owner, house.lead.owner) == (None, None)
    assert house.lead.updated_at > before
    assert not Member.objects.exists()


def test_a_deleted_department_takes_those_below_and_leaves_the_leads(house: House) -> None:
    writing.delete(RecordType.DEPARTMENT, [house.sales.pk])

    assert not Department.objects.filter(company=house.company).exists()
    house.lead.refresh_from_db()
    house.company.refresh_from_db()
    assert house.lead.department is None
    assert house.lead.version == house.before["lead"] + 1
    assert house.company.version == house.before["company"] + 1


def test_a_custom_item_of_users_follows_the_member() -> None:
    make_custom_item("the__one", kind=Kind.USER, record_type=RecordType.LEAD)
    make_custom_item("team", kind=Kind.USERS, record_type=RecordType.LEAD)
    member = make_member(email="sato@example.com")
    one = make_lead(custom={"the__one": "sato@example.com"})
    many = make_lead(custom={"team": "x@example.com;sato@example.com"})
    none = make_lead(custom={"the__one": "x@example.com"})

    writing.save_member(member_id=member.pk, name="新", email="sato@example.com")

    for lead, version in ((one, 2), (many, 2), (none, 1)):
        lead.refresh_from_db()
        assert lead.version == version


def test_fan_out_costs_one_statement_per_dependent_type(house: House) -> None:
    def updates(name: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            change(house.company, name=name)
        return sum('UPDATE "crm_' in query["sql"] for query in queries)

    few = updates("一")
    for _number in range(5):
        make_lead(make_department(house.company).company)
    assert updates("二") == few == 3  # the company, its departments, its leads
