"""Importing a CSV."""

import io
import tracemalloc
from collections.abc import Mapping
from pathlib import Path

import pytest
from django.db import DatabaseError
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from common import clock
from common.types import RecordType
from crm.importing import CsvError, ImportReport, import_csv, run_import, work
from crm.models import Account, Alias, Company, Department, ImportRun, Lead
from tests.builders_crm import make_companies, make_company

pytestmark = pytest.mark.django_db


def imported(
    content: str,
    *,
    record_type: RecordType = RecordType.COMPANY,
    key: str = "external_id",
    columns: Mapping[str, str | None] | None = None,
) -> ImportReport:
    file = io.BytesIO(content.encode())
    return import_csv(record_type, file, key=key, columns=columns)


def counts(report: ImportReport) -> tuple[int, int, int, int, int]:
    refused = len(report.refused)
    return (report.read, report.created, report.updated, report.unchanged, refused)


def test_a_file_is_imported_and_the_second_time_nothing_is_touched() -> None:
    content = "外部ID,会社名,タグ\nC1,青葉,A;B\nC2,若葉,\n"

    assert counts(imported(content)) == (2, 2, 0, 0, 0)
    before = sorted(Company.objects.values_list())
    assert counts(imported(content)) == (2, 0, 0, 2, 0)
    assert sorted(Company.objects.values_list()) == before


@pytest.mark.parametrize("order", [("A,以前", "B,現在"), ("B,現在", "A,以前")])
def test_of_lines_under_the_old_and_the_new_id_the_new_one_says_what_the_record_is(
    order: tuple[str, str],
) -> None:
    Alias.objects.create(record_type="company", old_id="A", new_id="B", made_at=clock.now())
    content = "\n".join(["外部ID,会社名", *order, ""])

    first, again = imported(content), imported(content)

    assert (counts(first), counts(again)) == ((2, 1, 0, 1, 0), (2, 0, 0, 2, 0))
    assert [*Company.objects.values_list("external_id", "name")] == [("B", "現在")]


def test_a_line_under_the_old_id_alone_is_of_the_record_with_the_new_one() -> None:
    make_company(external_id="B", name="前")
    Alias.objects.create(record_type="company", old_id="A", new_id="B", made_at=clock.now())

    assert counts(imported("外部ID,会社名\nA,後\n")) == (1, 0, 1, 0, 0)
    assert [*Company.objects.values_list("external_id", "name")] == [("B", "後")]


def test_an_absent_column_keeps_the_value_and_an_empty_cell_clears_it() -> None:
    imported("外部ID,会社名,住所,URL\nC1,青葉,東京,https://example.com\n")

    assert counts(imported("外部ID,住所\nC1,\n")) == (1, 0, 1, 0, 0)

    company = Company.objects.get()
    assert (company.name, company.address, company.url) == ("青葉", "", "https://example.com")


def test_every_refused_line_is_named_by_number_and_reason_and_the_others_come_in() -> None:
    content = (
        "外部ID,会社名,緯度\n"
        "C1,青葉,北\n"
        "C2,若葉,35.1\n"
        "C3\n"
        ",双葉,\n"
        'C5,"開,\n'
        "C6,,\n"
        "C7,七葉\x00,\n"
        "C8,八葉,\n"
    )

    report = imported(content)

    assert counts(report) == (8, 2, 0, 0, 6)
    assert [(one.line, one.reason) for one in report.refused] == [
        (2, "緯度：「北」は数値ではありません。"),
        (4, "列の数（1）が見出しの数（3）と違います。"),
        (5, "外部ID：キーになる項目が空です。"),
        (6, '引用符（"）が閉じられていません。'),
        (7, "会社名：入力してください。"),
        (8, "会社名：使用できない制御文字が含まれています。"),
    ]
    assert sorted(Company.objects.values_list("name", flat=True)) == ["八葉", "若葉"]


def test_of_lines_with_one_key_the_first_counts_and_another_is_refused_every_time() -> None:
    content = "外部ID,会社名\nC1,青葉\nC2,若葉\nC1,青葉 \nC1,双葉\n"

    for first in (True, False):
        report = imported(content)
        assert counts(report) == ((4, 2, 0, 1, 1) if first else (4, 0, 0, 3, 1))
        [refused] = report.refused
        assert refused.line == 5
        assert refused.reason == "2行目と同じ外部ID「C1」で、内容が違います。"
    assert Company.objects.get(external_id="C1").version == 1


def test_a_refused_line_does_not_stand_in_the_way_of_a_good_one_with_its_key() -> None:
    report = imported("外部ID,会社名\nC1,\nC1,青葉\n")
    assert counts(report) == (2, 1, 0, 0, 1)
    assert report.refused[0].line == 2


def test_lines_that_share_a_chunk_boundary_are_all_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "CHUNK", 3)
    done: list[int] = []
    rows = "".join(f"C{n},会社{n}\n" for n in range(7))

    report = import_csv(
        RecordType.COMPANY,
        io.BytesIO(f"外部ID,会社名\n{rows}".encode()),
        on_progress=done.append,
    )

    assert counts(report) == (7, 7, 0, 0, 0)
    assert done == [3, 6, 7]


def test_departments_may_come_before_their_parents_however_far(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(work, "CHUNK", 2)
    make_company(external_id="C")
    rows = [f"{n},部署{n},C,{n + 1 if n < 7 else ''}" for n in range(1, 8)]
    content = "\n".join(["外部ID,部署名,会社外部ID,上位部署外部ID", *rows, "9,迷子,C,99"])

    report = imported(content, record_type=RecordType.DEPARTMENT)

    assert counts(report) == (8, 7, 0, 0, 1)
    assert report.refused[0].line == 9
    assert Department.objects.get(external_id="1").path.count("＞") == 6
    assert counts(imported(content, record_type=RecordType.DEPARTMENT)) == (8, 0, 0, 7, 1)


def test_leads_are_inserted_or_updated_by_their_address() -> None:
    company = make_company()
    head = "メールアドレス,姓,会社外部ID,重要顧客,公開範囲,公開グループ\n"
    one = f"a@example.com,山田,{company.external_id},ー,グループ,東;西\n"

    imported(head + one, record_type=RecordType.LEAD, key="email")
    report = imported(
        head + one.replace(",ー,", ",○,") + f",佐藤,{company.external_id},,,\n",
        record_type=RecordType.LEAD,
        key="email",
    )

    assert counts(report) == (2, 0, 1, 0, 1)
    lead = Lead.objects.get()
    assert lead.important_customer
    assert lead.external_id is None
    assert sorted(group.name for group in lead.groups.all()) == ["東", "西"]


def test_rows_are_updated_by_the_id_of_an_export() -> None:
    company, other = make_companies(2)

    report = imported(f"会社ID,会社名\n{company.pk},新\n{other.pk},{other.name}\n0,無\n", key="id")

    assert counts(report) == (3, 0, 1, 1, 1)
    company.refresh_from_db()
    assert company.name == "新"


def test_a_heading_somebody_named_fills_the_item() -> None:
    imported(
        "番号,正式名,資本金\nC1,青葉,100\n",
        columns={"external_id": "番号", "name": "正式名", "capital_kbn": None},
    )
    company = Company.objects.get()
    assert (company.external_id, company.name, company.capital_kbn) == ("C1", "青葉", "")


def test_an_import_is_written_down_with_what_came_of_it() -> None:
    account = Account.objects.create(username="kanri")
    run_import(
        RecordType.COMPANY,
        io.BytesIO("外部ID,会社名\nC1,青葉\nC2,\n".encode()),
        file_name="会社.csv",
        account=account,
    )

    run = ImportRun.objects.get()
    assert (run.status, run.file_name, run.account) == ("partial", "会社.csv", account)
    assert (run.read, run.created, run.updated, run.unchanged) == (2, 1, 0, 0)
    assert run.refused == [{"line": 3, "reason": "会社名：入力してください。"}]
    assert run.finished_at is not None


def test_an_import_that_fails_is_written_down_with_the_reason() -> None:
    with pytest.raises(CsvError):
        run_import(RecordType.COMPANY, io.BytesIO(b"a,b\n1,\xff\n"), file_name="x.csv")

    run = ImportRun.objects.get()
    assert run.status == ImportRun.Status.FAILED
    assert run.refused[0]["line"] == 2
    assert "読めない文字があります。" in run.refused[0]["reason"]


def test_an_import_the_database_breaks_off_is_not_left_running(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(*_arguments: object, **_options: object) -> None:
        raise DatabaseError

    monkeypatch.setattr(work, "upsert", broken)
    with pytest.raises(DatabaseError):
        run_import(RecordType.COMPANY, io.BytesIO(b"external_id,name\n1,a\n"), file_name="x.csv")
    assert ImportRun.objects.get().status == ImportRun.Status.FAILED


def test_a_file_cut_off_inside_quotes_names_its_last_line_and_keeps_the_others() -> None:
    report = imported('外部ID,会社名\nC1,青葉\nC2,"若')

    assert (report.created, report.refused[0].line) == (1, 3)
    assert "が閉じられていません。" in report.refused[0].reason


def test_mixed_line_ends_are_understood_in_one_file() -> None:
    assert counts(imported("外部ID,会社名\r\nC1,青葉\nC2,若葉\rC3,三葉\r\n")) == (3, 3, 0, 0, 0)


def test_a_nul_never_reaches_the_database() -> None:
    report = imported("外部ID,会社名\nC1,青\0葉\nC2,若葉\n")

    assert report.read == 2
    assert not any("\0" in name for name in Company.objects.values_list("name", flat=True))


def test_formulas_are_kept_as_the_text_that_they_are() -> None:
    imported('外部ID,会社名\nC1,"=HYPERLINK(""x"")"\n')
    assert Company.objects.get().name == '=HYPERLINK("x")'


def test_of_very_many_refused_lines_the_first_are_listed_and_all_are_in_the_result(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(work, "LISTED", 3)
    result = tmp_path / "refused.csv"
    rows = "".join(f"C{n},\n" for n in range(10))
    content = f"外部ID,会社名\n{rows}".encode()
    report = import_csv(RecordType.COMPANY, io.BytesIO(content), refused_to=result)

    assert (report.read, report.refused_count) == (10, 10)
    assert [one.line for one in report.refused] == [2, 3, 4]
    assert len(result.read_text("utf-8-sig").splitlines()) == 11


def test_memory_does_not_grow_with_the_file() -> None:
    def peak(lines: int) -> int:
        rows = "".join(f"C{n},株式会社{n}\n" for n in range(lines))
        file = io.BytesIO(f"外部ID,会社名\n{rows}".encode())
        tracemalloc.start()
        import_csv(RecordType.COMPANY, file)
        _current, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    peak(1_000)
    assert peak(6_000) < peak(1_000) * 2


names = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12)


class RoundTrip(TestCase):
    @settings(deadline=None, max_examples=40)
    @given(st.lists(st.tuples(names, names), max_size=5))
    def test_every_line_is_accounted_for_and_the_second_import_changes_nothing(
        self, rows: list[tuple[str, str]]
    ) -> None:
        quoted = [[cell.replace('"', '""') for cell in row] for row in rows]
        content = '"外部ID","会社名"\n' + "".join(f'"{a}","{b}"\n' for a, b in quoted)

        first = imported(content)
        second = imported(content)

        blank = sum(not (a.strip() or b.strip()) for a, b in rows)
        assert first.read == len(rows) - blank
        assert first.created == Company.objects.count()
        assert second.updated == second.created == 0
        assert second.refused == first.refused
