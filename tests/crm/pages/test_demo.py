"""The invented data: the same everywhere, fitting, with a few rows that fail on purpose."""

import time
from collections import Counter

import pytest
from django.core.management import call_command

from crm import demo
from crm.models import Company, CustomItem, Department, Lead, Member
from integrations.models import Connection


def test_the_same_data_is_invented_every_time():
    assert demo.invent(companies=40, leads=50) == demo.invent(companies=40, leads=50)


def test_no_corporate_number_can_be_a_real_one_and_each_has_its_check_digit():
    numbers = [demo.corporate_number(number) for number in range(1, 50)]

    assert len(set(numbers)) == len(numbers)
    for number in numbers:
        digits = [int(digit) for digit in reversed(number[1:])]
        weighted = sum(digit * (2 if position % 2 else 1) for position, digit in enumerate(digits))
        assert number[1:5] == "9999"
        assert int(number[0]) == 9 - weighted % 9


def test_a_few_rows_fail_on_purpose_each_in_another_way():
    data = demo.invent()

    numbers = Counter(row["corporate_number"] for row in data.companies)
    addresses = Counter(row["email"] for row in data.leads)
    assert numbers[""] == 1
    assert [number for number, count in numbers.items() if count > 1 and number]
    assert [address for address, count in addresses.items() if count > 1]
    assert any(len(str(row["name"])) > 128 for row in data.companies)
    assert any(row["business_category_kbn"] == "情報・通信業" for row in data.companies)
    assert any(not str(row["sales_last_year"]).isdigit() for row in data.companies)
    assert sum("@" not in str(row["email"]) for row in data.leads) == 2
    assert sum(row["owner.email"] == "watanabe@example.com" for row in data.leads) == 3


def test_what_belongs_to_a_company_that_fails_does_not_fail_with_it_but_for_one_lead():
    data = demo.invent()
    failing = {data.companies[place]["external_id"] for place in demo.SPOILED}

    homeless = [row for row in data.leads if row["company.external_id"] in failing]

    assert [row["external_id"] for row in homeless] == ["L-00039"]
    assert not [row for row in data.departments if row["company.external_id"] in failing]


@pytest.mark.django_db
def test_loading_it_twice_changes_nothing_and_connects_nothing(capsys):
    call_command("demo_data")
    first = list(Lead.objects.order_by("pk").values("pk", "version", "updated_at"))
    began = time.monotonic()
    call_command("demo_data")

    assert list(Lead.objects.order_by("pk").values("pk", "version", "updated_at")) == first
    assert time.monotonic() - began < 20
    assert (Company.objects.count(), Lead.objects.count()) == (300, 1000)
    assert Department.objects.exclude(parent=None).exists()
    assert {lead["visibility"] for lead in Lead.objects.values("visibility")} == {
        "everyone",
        "groups",
        "owner",
    }
    assert Lead.objects.filter(visibility="groups", groups=None).count() == 0
    assert CustomItem.objects.count() == len(demo.CUSTOM_ITEMS)
    assert Connection.objects.count() == 0


@pytest.mark.django_db
def test_what_somebody_changed_on_a_member_is_kept(capsys):
    call_command("demo_data")
    Member.objects.filter(email="sato@example.com").update(login="hanako")

    call_command("demo_data")

    assert Member.objects.get(email="sato@example.com").login == "hanako"
