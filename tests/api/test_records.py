"""Records written, read and deleted by other systems."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from common import clock
from common.types import Kind, RecordType
from crm.models import Company, Department, Lead
from crm.selectors import values_of
from tests.api.conftest import post, upsert
from tests.builders_crm import (
    change,
    make_company,
    make_custom_item,
    make_department,
    make_lead,
)

LIST = "records/company"


def read(client: Client, path: str, **query: Any) -> Any:
    answer = client.get(f"/api/v1/{path}", query)
    assert answer.status_code == 200, answer.content
    return answer.json()


def test_a_record_is_created_then_unchanged_then_updated(program: Client) -> None:
    outcomes = [
        upsert(program, "company", {"external_id": "C-1", "name": name})["results"][0]["outcome"]
        for name in ("青葉", "青葉", "若葉")
    ]

    assert outcomes == ["created", "unchanged", "updated"]
    assert Company.objects.get(external_id="C-1").name == "若葉"


def test_what_is_absent_keeps_its_value_and_null_or_nothing_empties_it(program: Client) -> None:
    company = make_company(main_tel="03", url="https://a.example", note="x")

    upsert(program, "company", {"external_id": company.external_id, "main_tel": None, "url": ""})

    company.refresh_from_db()
    assert (company.main_tel, company.url, company.note) == ("", "", "x")


def test_a_bad_record_stops_only_itself_and_names_item_and_reason(program: Client) -> None:
    answer = upsert(
        program,
        "company",
        {"external_id": "C-1", "name": "青葉"},
        {"external_id": "C-2", "name": "若葉", "latitude": "north"},
        {"external_id": "C-3", "name": "双葉"},
    )

    assert (answer["created"], answer["refused"]) == (2, 1)
    refused = answer["results"][1]
    assert (refused["external_id"], refused["outcome"], refused["id"]) == ("C-2", "refused", None)
    assert refused["reasons"] == [
        {"item": "latitude", "label": "緯度", "reason": "「north」は数値ではありません。"}
    ]


@pytest.mark.parametrize(
    ("record", "item"),
    [
        ("text", ""),
        ([], ""),
        ({"external_id": "1", "name": "a", "nothing": 1}, "nothing"),
        ({"external_id": "1", "name": "a", "id": 5}, "id"),
        ({"external_id": "1", "name": "a", "departments.name": ["x"]}, "departments.name"),
        ({"external_id": "1", "name": {"ja": "a"}}, "name"),
        ({"external_id": "1", "name": ["a", "b"]}, "name"),
        ({"external_id": "1", "name": "a", "tags": [["x"]]}, "tags"),
        ({"external_id": "1", "name": "a", "tags": [None]}, "tags"),
        ({"external_id": "1", "name": "a\0"}, "name"),
        ({"external_id": "1", "name": "\ud800"}, "name"),
        ({"external_id": "\ud800", "name": "a"}, "external_id"),
        ({"external_id": "1", "name": "a", "\ud800": "b"}, "?"),
        ({"external_id": "1" * 129, "name": "a"}, "external_id"),
        ({"external_id": None, "name": "a"}, "external_id"),
        ({"name": "a"}, "external_id"),
        ({"external_id": "1"}, "name"),
        ({}, "external_id"),
        (None, ""),
    ],
)
def test_what_does_not_fit_is_refused_with_the_item_that_does_not(
    program: Client, record: Any, item: str
) -> None:
    answer = upsert(program, "company", record, {"external_id": "good", "name": "若葉"})

    assert [result["outcome"] for result in answer["results"]] == ["refused", "created"]
    assert [reason["item"] for reason in answer["results"][0]["reasons"]] == [item]
    assert Company.objects.get().external_id == "good"


def test_reasons_are_in_the_language_that_was_asked_for(program: Client) -> None:
    record = {"external_id": "C-1", "name": "Aoba", "latitude": "north"}

    reasons = upsert(program, "company", record, headers={"Accept-Language": "en-GB, ja;q=0.5"})

    found = reasons["results"][0]["reasons"][0]
    assert (found["label"], found["reason"]) == ("Latitude", '"north" is not a number.')


def test_numbers_are_kept_digit_by_digit_and_come_back_so(program: Client) -> None:
    make_custom_item("size", kind=Kind.NUMBER)
    body = '{"records": [{"external_id": 7, "name": 12.50, "custom.size": 12345678901234567.125}]}'

    assert post(program, "records/company", body).status_code == 200

    company = Company.objects.get(external_id="7")
    assert company.name == "12.50"
    assert values_of(RecordType.COMPANY, company.pk)["custom.size"] == Decimal(
        "12345678901234567.125"
    )
    found = program.get("/api/v1/records/company/7").content.decode()
    assert '"custom.size":12345678901234567.125' in found


def test_a_number_of_a_million_digits_is_refused_and_costs_nothing(program: Client) -> None:
    body = '{"records": [{"external_id": "7", "name": "a", "latitude": 1e999999999}]}'

    answer = post(program, "records/company", body).json()

    assert answer["refused"] == 1


def test_departments_and_leads_name_what_they_belong_to(program: Client) -> None:
    upsert(program, "company", {"external_id": "C-1", "name": "青葉"})
    departments = upsert(
        program,
        "department",
        {"external_id": "D-2", "name": "一課", "parent.external_id": "D-1"},
        {"external_id": "D-1", "name": "営業部", "company.external_id": "C-1"},
    )
    leads = upsert(
        program,
        "lead",
        {"external_id": "L-1", "family_name": "山田", "department.external_id": "D-2"},
        {"external_id": "L-2", "family_name": "佐藤", "company.external_id": "C-9"},
    )

    assert departments["created"] == 2
    assert Department.objects.get(external_id="D-2").path == "営業部＞一課"
    assert Lead.objects.get().company.external_id == "C-1"
    assert leads["results"][1]["reasons"][0]["item"] == "company.external_id"


def test_a_thousand_records_are_taken_and_one_more_is_not(program: Client) -> None:
    records = [{"external_id": f"C-{number}", "name": f"会社{number}"} for number in range(1001)]

    too_many = post(program, "records/company", {"records": records})
    answer = upsert(program, "company", *records[:1000])

    assert too_many.status_code == 422
    assert too_many.json()["type"] == "urn:hpsync:problem:too-many-records"
    assert answer["created"] == Company.objects.count() == 1000
    assert [result["external_id"] for result in answer["results"]] == [
        record["external_id"] for record in records[:1000]
    ]


def test_what_is_read_can_be_written_back_unchanged(program: Client) -> None:
    make_custom_item("grade", record_type=RecordType.LEAD, kind=Kind.CHOICES)
    lead = make_lead(
        department=make_department(),
        trade_on="2026/01/31",
        not_mail=True,
        tags=["a", "b"],
        latitude="35.5",
        custom={"grade": ["A", "B"]},
    )
    writable = {item["key"] for item in read(program, "items/lead")["items"] if item["writable"]}

    record = read(program, f"records/lead/{lead.external_id}")
    answer = upsert(program, "lead", {k: v for k, v in record.items() if k in writable})

    assert (record["trade_on"], record["not_mail"]) == ("2026-01-31", True)
    assert (record["tags"], record["latitude"]) == (["a", "b"], 35.5)
    assert record["custom.grade"] == ["A", "B"]
    assert answer["results"][0]["outcome"] == "unchanged", answer


def test_records_are_listed_page_by_page_with_all_items(program: Client) -> None:
    made = [make_company() for _number in range(5)]

    pages, after = [], 0
    while True:
        page = read(program, "records/company", after=after, limit=2)
        pages.append([record["external_id"] for record in page["records"]])
        if page["next"] is None:
            break
        after = page["next"]

    keys = [company.external_id for company in made]
    assert pages == [keys[:2], keys[2:4], keys[4:]]


def test_only_what_changed_since_is_listed_also_by_what_it_belongs_to(program: Client) -> None:
    old, company = make_company(), make_company()
    for one in (old, company):
        make_lead(one)
    for model in (Company, Lead):
        model.objects.update(changed_at=clock.now() - timedelta(days=1))
    change(company, name="改名")
    since = (clock.now() - timedelta(hours=1)).isoformat()

    companies = read(program, "records/company", updated_since=since)["records"]
    leads = read(program, "records/lead", updated_since=since)["records"]

    assert [one["external_id"] for one in companies] == [company.external_id]
    assert [one["company.name"] for one in leads] == ["改名"]


def test_a_moment_without_zone_is_japans(program: Client) -> None:
    company = make_company()
    Company.objects.update(changed_at=datetime(2026, 1, 31, 0, 30, tzinfo=UTC))

    listed = [
        [
            one["external_id"]
            for one in read(program, "records/company", updated_since=at)["records"]
        ]
        for at in ("2026-01-31T09:30:00", "2026-01-31T09:31:00")
    ]

    assert listed == [[company.external_id], []]


def test_a_key_with_slashes_and_signs_is_found(program: Client) -> None:
    make_company(external_id="東京/1 #?")

    record = program.get("/api/v1/records/company/%E6%9D%B1%E4%BA%AC%2F1%20%23%3F").json()

    assert record["external_id"] == "東京/1 #?"


def test_a_record_that_nothing_belongs_to_is_deleted(program: Client) -> None:
    company, other = make_company(), make_company()

    assert program.delete(f"/api/v1/records/company/{company.external_id}").status_code == 204
    assert program.delete(f"/api/v1/records/company/{company.external_id}").status_code == 404
    assert Company.objects.get() == other


def test_a_record_that_others_belong_to_is_not_deleted(program: Client) -> None:
    child = make_department(parent=make_department())
    parent = child.parent
    assert parent
    lead = make_lead(department=child)

    answers = [
        program.delete(f"/api/v1/records/{kind}/{row.external_id}").json()
        for kind, row in (("company", child.company), ("department", parent))
    ]

    assert [answer["type"].rsplit(":", 1)[1] for answer in answers] == ["has-records"] * 2
    assert "3件" in answers[0]["detail"]
    # Leads of a deleted department stay, without it.
    assert program.delete(f"/api/v1/records/department/{child.external_id}").status_code == 204
    lead.refresh_from_db()
    assert lead.department is None


def test_items_are_listed_with_custom_ones_in_the_callers_language(program: Client) -> None:
    make_custom_item("grade", label="ランク")

    items = program.get("/api/v1/items/company", headers={"Accept-Language": "en"}).json()["items"]

    assert items[-1] == {
        "key": "custom.grade",
        "label": "ランク",
        "kind": "text",
        "writable": True,
        "required": False,
        "max_length": 3000,
    }
    assert {"external_id", "name"} <= {item["key"] for item in items}
    assert items[0]["label"] == "Company ID"


def test_a_page_costs_the_same_few_queries_however_long_it_is(
    program: Client, django_assert_num_queries: Any
) -> None:
    for _number in range(30):
        make_lead()
    read(program, "records/lead", limit=1)

    with django_assert_num_queries(6):
        read(program, "records/lead", limit=30)
    with django_assert_num_queries(6):
        read(program, "records/lead", limit=3)
