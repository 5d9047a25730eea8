"""Writing rows: inserted, updated, unchanged or refused, one by one."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from common.types import Kind, RecordType
from crm import writing
from crm.catalogue import UnknownItemError
from crm.models import Company, Lead, Member
from crm.writing import RowOutcome, save_one, upsert
from tests.builders_crm import (
    change,
    make_companies,
    make_company,
    make_custom_item,
    make_department,
    make_lead,
    make_member,
)

pytestmark = pytest.mark.django_db

MONDAY = datetime(2026, 11, 23, 3, tzinfo=UTC)
TUESDAY = datetime(2026, 11, 24, 3, tzinfo=UTC)


def outcomes(report: writing.WriteReport) -> list[str]:
    return [result.outcome.value for result in report.results]


def reason(report: writing.WriteReport) -> str:
    [result] = report.results
    assert result.outcome is RowOutcome.REFUSED
    return result.reason


def test_a_new_row_gets_version_one_and_the_time() -> None:
    report = upsert(
        RecordType.COMPANY,
        [{"external_id": "C1", "name": "株式会社青葉", "capital_kbn": "1億円"}],
        now=MONDAY,
    )

    company = Company.objects.get(external_id="C1")
    assert outcomes(report) == ["created"]
    assert report.results[0].id == company.pk
    assert (company.name, company.capital_kbn, company.version) == ("株式会社青葉", "1億円", 1)
    assert company.created_at == company.updated_at == company.changed_at == MONDAY


def test_a_changed_row_gets_the_next_version_and_keeps_what_is_absent() -> None:
    row = {"external_id": "C1", "name": "青葉", "address": "東京", "main_tel": "03"}
    upsert(RecordType.COMPANY, [row], now=MONDAY)

    report = upsert(
        RecordType.COMPANY, [{"external_id": "C1", "address": "大阪", "main_tel": ""}], now=TUESDAY
    )

    company = Company.objects.get()
    assert outcomes(report) == ["updated"]
    assert (company.name, company.address, company.main_tel) == ("青葉", "大阪", "")
    assert company.version == 2
    assert (company.created_at, company.updated_at) == (MONDAY, TUESDAY)
    assert company.changed_at == TUESDAY


def test_an_unchanged_row_is_not_written_at_all() -> None:
    make_custom_item("rank")
    make_custom_item("score", kind=Kind.NUMBER)
    row = {
        "external_id": "C1",
        "name": "株式会社青葉",
        "latitude": "35.10",
        "tags": "A;B",
        "owner.email": "sato@example.com",
        "custom.rank": "上",
        "custom.score": "1,000.0",
    }
    upsert(RecordType.COMPANY, [row], now=MONDAY)

    with CaptureQueriesContext(connection) as queries:
        report = upsert(RecordType.COMPANY, [row], now=TUESDAY)

    assert outcomes(report) == ["unchanged"]
    assert [query["sql"] for query in queries if not is_reading(query["sql"])] == []
    company = Company.objects.get()
    assert (company.version, company.changed_at) == (1, MONDAY)


def test_an_unchanged_lead_with_groups_is_not_written_at_all() -> None:
    company = make_company()
    row = {
        "external_id": "L1",
        "family_name": "山田",
        "company.external_id": company.external_id,
        "visibility": "グループ",
        "groups": "東;西",
        "trade_on": "2024/01/02",
        "important_customer": "○",
    }
    upsert(RecordType.LEAD, [row])

    with CaptureQueriesContext(connection) as queries:
        report = upsert(RecordType.LEAD, [{**row, "groups": "西;東"}])

    assert outcomes(report) == ["unchanged"]
    assert [query["sql"] for query in queries if not is_reading(query["sql"])] == []


def is_reading(sql: str) -> bool:
    return sql.startswith(("SELECT", "SAVEPOINT", "RELEASE SAVEPOINT", "BEGIN", "COMMIT"))


def test_many_rows_cost_few_statements() -> None:
    rows = [{"external_id": f"C{n}", "name": f"会社{n}"} for n in range(200)]
    upsert(RecordType.COMPANY, rows)

    with CaptureQueriesContext(connection) as queries:
        report = upsert(RecordType.COMPANY, [{**row, "name": "新"} for row in rows])

    assert report.count(RowOutcome.UPDATED) == 200
    assert len(queries) < 40


def test_a_refused_row_does_not_hold_back_the_others_and_leaves_nothing() -> None:
    rows: list[dict[str, Any]] = [
        {"external_id": "C1", "name": "青葉", "owner.email": "a@example.com"},
        {"external_id": "C2", "name": "", "owner.email": "b@example.com"},
        {"external_id": "C3", "name": "あ" * 256, "owner.email": "c@example.com"},
        {"external_id": "C4", "name": "若葉"},
    ]

    report = upsert(RecordType.COMPANY, rows)

    assert outcomes(report) == ["created", "refused", "refused", "created"]
    assert report.results[1].reason == "会社名：入力してください。"
    assert "会社名：長すぎます（256文字）" in report.results[2].reason
    assert set(Company.objects.values_list("external_id", flat=True)) == {"C1", "C4"}
    assert [member.email for member in Member.objects.all()] == ["a@example.com"]


def test_all_that_is_wrong_with_a_row_is_said_at_once() -> None:
    report = upsert(
        RecordType.LEAD,
        [{"external_id": "L1", "trade_on": "2024/02/30", "important_customer": "?"}],
    )

    assert [problem.item for problem in report.results[0].problems] == [
        "trade_on",
        "important_customer",
    ]


def test_a_change_that_would_break_a_row_leaves_it_as_it_was() -> None:
    company = make_company(name="青葉", address="東京")

    report = upsert(
        RecordType.COMPANY,
        [{"external_id": company.external_id, "name": "", "address": "大阪"}],
    )

    assert reason(report) == "会社名：入力してください。"
    company.refresh_from_db()
    assert (company.name, company.address, company.version) == ("青葉", "東京", 1)


def test_a_row_without_its_key_is_refused() -> None:
    assert "外部ID：キーになる項目が空です。" in reason(
        upsert(RecordType.COMPANY, [{"external_id": " ", "name": "青葉"}])
    )


def test_an_item_nobody_may_fill_is_the_callers_mistake() -> None:
    for key in ("updated_at", "departments.name", "custom.none", "nothing"):
        with pytest.raises(UnknownItemError):
            upsert(RecordType.COMPANY, [{"external_id": "C1", key: "x"}])
    for key in ("updated_at", "owner.email", "tags", "custom.none"):
        with pytest.raises(UnknownItemError):
            upsert(RecordType.COMPANY, [], key=key)


def test_rows_are_found_by_another_item_and_not_where_two_have_it() -> None:
    make_company(name="青葉", corporate_number="1")
    make_company(name="若葉", corporate_number="2")
    make_company(name="双葉", corporate_number="2")

    report = upsert(
        RecordType.COMPANY,
        [{"corporate_number": number, "address": "東京", "name": "新"} for number in "123"],
        key="corporate_number",
    )

    assert outcomes(report) == ["updated", "refused", "created"]
    assert "2件あり" in report.results[1].reason


def test_rows_are_found_by_a_custom_item() -> None:
    make_custom_item("code")
    company = make_company(custom={"code": "007"})

    report = upsert(
        RecordType.COMPANY,
        [{"custom.code": "007", "name": "新"}, {"custom.code": "7", "name": "別"}],
        key="custom.code",
    )

    assert outcomes(report) == ["updated", "created"]
    company.refresh_from_db()
    assert company.name == "新"


def test_by_id_rows_are_changed_and_none_is_added() -> None:
    company = make_company()

    report = upsert(
        RecordType.COMPANY,
        [
            {"id": str(company.pk), "name": "新"},
            *(
                {"id": wrong, "name": "別"}
                for wrong in ("999999", "-1", f"{company.pk}.5", "9" * 25)
            ),
        ],
        key="id",
    )

    assert outcomes(report) == ["updated"] + ["refused"] * 4
    for result in report.results[1:]:
        assert result.reason == "会社ID：このIDのデータはありません。"
    assert Company.objects.count() == 1


def test_an_external_id_that_another_row_has_is_refused_by_name() -> None:
    taken, company = make_companies(2)

    result = save_one(RecordType.COMPANY, {"external_id": taken.external_id}, row_id=company.pk)

    assert result.reason == "外部ID：ほかのデータが同じ外部IDを使っています。"
    swapped = upsert(
        RecordType.COMPANY,
        [
            {"corporate_number": "8", "external_id": "X", "name": "a"},
            {"corporate_number": "9", "external_id": "X", "name": "b"},
        ],
        key="corporate_number",
    )
    assert outcomes(swapped) == ["created", "refused"]


def test_a_row_that_the_database_alone_refuses_does_not_hold_back_the_others() -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE UNIQUE INDEX one_per_address ON crm_company (address)")
    rows = [
        {"external_id": f"C{n}", "name": "青葉", "address": a} for n, a in enumerate("東西東南")
    ]

    report = upsert(RecordType.COMPANY, rows)

    assert outcomes(report) == ["created", "created", "refused", "created"]
    assert "データベースに保存できませんでした。" in report.results[2].reason
    assert Company.objects.count() == 3


def test_two_rows_of_one_key_make_one_row_and_one_version() -> None:
    report = upsert(
        RecordType.COMPANY,
        [{"external_id": "C1", "name": "青葉"}, {"external_id": "C1", "address": "東京"}],
    )

    company = Company.objects.get()
    assert outcomes(report) == ["created", "updated"]
    assert (company.name, company.address, company.version) == ("青葉", "東京", 1)


def test_a_blank_short_name_is_made_from_the_name_and_follows_it() -> None:
    names = {
        "株式会社青葉": "青葉",
        "青葉（株）": "青葉",
        "株式会社　サカタのタネ": "サカタのタネ",
        "一般社団法人青葉会": "青葉会",
        "株式会社": "株式会社",
        "日本株式会社研究所": "日本株式会社研究所",
    }
    for number, (name, short) in enumerate(names.items()):
        company = make_company(external_id=f"S{number}", name=name)
        assert company.name_disp == short

    company = make_company(name="株式会社青葉")
    change(company, name="株式会社若葉")
    assert company.name_disp == "若葉"
    change(company, name_disp="わかば")
    change(company, name="株式会社双葉")
    assert company.name_disp == "わかば"
    change(company, name_disp="")
    assert company.name_disp == "双葉"


def test_a_lead_finds_its_company_by_external_id_or_number_or_name() -> None:
    company = make_company(name="株式会社青葉", corporate_number="0123456789012")
    twins = make_companies(2, name="株式会社双葉")
    rows: list[dict[str, Any]] = [
        {"company.external_id": company.external_id, "company.name": "株式会社別名"},
        {"company.external_id": "", "company.corporate_number": "0123456789012"},
        {"company.name": "株式会社青葉"},
        {"company.name": twins[0].name},
        {"company.external_id": "C-none"},
        {},
    ]

    report = upsert(
        RecordType.LEAD,
        [{"external_id": f"L{n}", "family_name": "山田", **row} for n, row in enumerate(rows)],
    )

    assert outcomes(report) == ["created"] * 3 + ["refused"] * 3
    assert set(Lead.objects.values_list("company_id", flat=True)) == {company.pk}
    assert "「株式会社双葉」の会社が2件あり" in report.results[3].reason
    assert "「C-none」の会社が見つかりません。" in report.results[4].reason
    assert "会社を指定してください。" in report.results[5].reason


def test_a_lead_is_in_a_department_of_its_own_company() -> None:
    mine, other = make_companies(2)
    department = make_department(other)

    refused = save_one(
        RecordType.LEAD,
        {
            "family_name": "山田",
            "company.external_id": mine.external_id or "",
            "department.external_id": department.external_id or "",
        },
    )
    by_department = save_one(
        RecordType.LEAD,
        {"family_name": "山田", "department.external_id": department.external_id or ""},
    )

    assert "別の会社の部署です。" in refused.reason
    assert by_department.outcome is RowOutcome.CREATED
    assert Lead.objects.get().company_id == other.pk


def test_a_lead_that_moves_to_another_company_leaves_its_department() -> None:
    department = make_department()
    lead = make_lead(department=department)
    other = make_company()

    change(lead, company=other)

    assert (lead.company_id, lead.department_id, lead.version) == (other.pk, None, 2)


def test_an_unknown_owner_comes_in_with_the_data() -> None:
    known = make_member(name="佐藤", email="sato@example.com")

    upsert(
        RecordType.COMPANY,
        [
            {"external_id": "C1", "name": "a", "owner.email": "SATO@example.com"},
            {
                "external_id": "C2",
                "name": "b",
                "owner.email": "new@example.com",
                "owner.name": "新",
            },
            {"external_id": "C3", "name": "c", "owner.email": "bare@example.com"},
            {"external_id": "C4", "name": "d", "owner.name": "佐藤"},
        ],
    )

    owners = dict(Company.objects.values_list("external_id", "owner__name"))
    assert owners == {"C1": "佐藤", "C2": "新", "C3": "bare@example.com", "C4": "佐藤"}
    assert Company.objects.get(external_id="C1").owner_id == known.pk


def test_a_member_known_by_its_address_only_gets_its_name_and_others_keep_theirs() -> None:
    rows = [{"external_id": "C1", "name": "a", "owner.email": "sato@example.com"}]
    upsert(RecordType.COMPANY, rows)
    company = Company.objects.get()

    for name in ("佐藤", "斎藤"):
        upsert(RecordType.COMPANY, [{**rows[0], "owner.name": name}])

    company.refresh_from_db()
    assert company.owner is not None
    assert company.owner.name == "佐藤"
    assert company.version == 2


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"owner.email": "佐藤"}, "「佐藤」はメールアドレスではありません。"),
        ({"owner.name": "誰か"}, "「誰か」という営業担当者が1人に決まりません。"),
    ],
)
def test_an_owner_who_cannot_be_meant_is_refused(values: dict[str, str], reason: str) -> None:
    result = save_one(RecordType.COMPANY, {"name": "青葉", **values})
    assert reason in result.reason
    assert not Member.objects.exists()


def test_an_owner_is_taken_away_by_an_empty_address() -> None:
    company = make_company(owner=make_member())
    change(company, owner=None)
    assert (company.owner, company.version) == (None, 2)


def test_custom_values_are_added_changed_and_cleared_one_by_one() -> None:
    for key in ("a", "b", "c"):
        make_custom_item(key)
    company = make_company(custom={"a": "1", "b": "2"})

    change(company, custom={"b": "", "c": "3"})

    assert company.custom == {"a": "1", "c": "3"}
    assert company.version == 2


def test_visibility_and_groups_come_in_with_leads() -> None:
    lead = make_lead(visibility="グループ", groups=["東"])
    change(lead, groups=["東", "西"])
    assert lead.visibility == Lead.Visibility.GROUPS
    assert sorted(group.name for group in lead.groups.all()) == ["東", "西"]
    assert lead.version == 2
    change(lead, visibility="", groups=[])
    assert lead.visibility == Lead.Visibility.EVERYONE
    assert not lead.groups.exists()
    assert (
        "「社外」という公開範囲はありません。"
        in save_one(RecordType.LEAD, {"visibility": "社外"}, row_id=lead.pk).reason
    )


def test_a_place_on_earth_is_kept_to_fourteen_decimals() -> None:
    company = make_company(latitude="35.123456789012345678", longitude="-0.0")
    assert (company.latitude, company.longitude) == ("35.12345678901235", "0")
    assert (
        "-180から180"
        in save_one(RecordType.COMPANY, {"longitude": "181"}, row_id=company.pk).reason
    )


def test_deleting_takes_away_all_below_a_company() -> None:
    company, other = make_companies(2)
    make_lead(department=make_department(company))
    kept = make_lead(other)

    assert writing.delete(RecordType.COMPANY, [company.pk, 999_999]) == 1

    assert list(Company.objects.all()) == [other]
    assert list(Lead.objects.all()) == [kept]


texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
companies = st.fixed_dictionaries(
    {"external_id": st.sampled_from(["A", "B", "C"]), "name": texts.filter(str.strip)},
    optional={
        "name_disp": texts,
        "address": texts,
        "note": texts,
        "tags": texts,
        "latitude": st.sampled_from(["", "0", "35.50", "-12.345678901234"]),
    },
)


class Idempotence(TestCase):
    @settings(deadline=None, max_examples=50)
    @given(st.lists(companies, max_size=6, unique_by=lambda row: row["external_id"]))
    def test_the_same_rows_again_change_nothing_whatever_is_in_them(
        self, rows: list[dict[str, str]]
    ) -> None:
        upsert(RecordType.COMPANY, rows)
        before = sorted(Company.objects.values_list())

        again = upsert(RecordType.COMPANY, rows)

        assert again.count(RowOutcome.UNCHANGED) == len(rows)
        assert sorted(Company.objects.values_list()) == before
