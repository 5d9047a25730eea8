"""What an import would change, without a write."""

import io
import json

import pytest

from common.types import RecordType
from crm.importing import import_csv
from crm.importing.forecast import Forecast, forecast_csv
from crm.models import Company, Department, Lead, Member
from tests.builders_crm import make_company

pytestmark = pytest.mark.django_db


def foreseen(content: str, record_type: RecordType = RecordType.COMPANY) -> Forecast:
    return forecast_csv(record_type, io.BytesIO(content.encode()), key="external_id")


def test_the_whole_file_is_counted_and_nothing_is_written() -> None:
    make_company(external_id="C1", name="青葉", url="https://a.example.com")
    make_company(external_id="C2", name="若葉")
    before = sorted(Company.objects.values_list())

    found = foreseen("外部ID,会社名\nC1,青葉商事\nC2,若葉\nC3,三葉\nC4,\n")

    assert (found.read, found.created, found.updated, found.unchanged, found.refused) == (
        (4, 1, 1, 1, 1)
    )
    assert found.refused_lines == ((5, "会社名：入力してください。"),)
    assert sorted(Company.objects.values_list()) == before


def test_the_first_changes_are_told_as_old_and_new() -> None:
    make_company(external_id="C1", name="青葉", tags=["A"])

    found = foreseen("外部ID,会社名,タグ\nC1,青葉商事,A;B\nC3,三葉,\n")

    old_new = [(cell.label, cell.old, cell.new) for cell in found.changed_lines[0].cells]
    assert old_new[:2] == [("会社名", "青葉", "青葉商事"), ("タグ", "A", "A\nB")]
    assert (found.changed_lines[1].line, found.changed_lines[1].is_new) == (3, True)
    assert ("会社名", "", "三葉") in [
        (cell.label, cell.old, cell.new) for cell in found.changed_lines[1].cells
    ]


def test_only_the_first_lines_are_told_but_all_are_counted() -> None:
    rows = "".join(f"C{number},社{number}\n" for number in range(1200))
    found = foreseen(f"外部ID,会社名\n{rows}")
    assert (found.created, len(found.changed_lines)) == (1200, 20)


def test_an_owner_nobody_knows_is_not_made_by_looking() -> None:
    foreseen("外部ID,会社名,営業担当者メールアドレス\nC1,青葉,new@example.com\n")
    assert not Member.objects.exists()


def test_it_foresees_what_the_import_then_does() -> None:
    make_company(external_id="C1", name="青葉")
    content = (
        "外部ID,会社外部ID,姓,公開グループ\nL1,C1,山田,営業\nL2,,鈴木,\nL3,C1,佐藤,\nL1,C1,別,\n"
    )

    found = foreseen(content, RecordType.LEAD)
    report = import_csv(RecordType.LEAD, io.BytesIO(content.encode()))

    refused = tuple((one.line, one.reason) for one in report.refused)
    assert (found.created, found.updated, found.refused_lines) == (
        (report.created, report.updated, refused)
    )
    assert Lead.objects.count() == report.created


def test_departments_whose_parents_are_in_the_file_count_as_coming_in() -> None:
    make_company(external_id="C1")
    content = (
        "外部ID,会社外部ID,部署名,parent.external_id\n"
        "D3,C1,三課,D2\nD2,C1,二部,D1\nD1,C1,一本部,\nD5,C1,五課,D4\nD4,C1,四部,D9\n"
    )

    found = foreseen(content, RecordType.DEPARTMENT)

    assert (found.created, found.refused) == (3, 2)
    assert not Department.objects.exists()


def test_it_is_kept_and_read_back_as_it_was() -> None:
    found = foreseen("外部ID,会社名\nC1,青葉商事\nC2,\n")
    assert Forecast.from_json(json.loads(json.dumps(found.as_json()))) == found
