"""Excel files as people send them, and as nobody should."""

import csv
import io
import tracemalloc
from datetime import date, datetime, time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.clock import JAPAN
from common.types import RecordType
from crm.importing import import_csv
from crm.importing.encoding import CsvError
from crm.importing.reader import open_table
from crm.importing.xlsx import XlsxFile, book, formats, open_xlsx, package
from crm.models import Company, Lead
from tests.builders_crm import make_company
from tests.workbooks import cell, handmade, workbook, zipped

HEADING = f'<row r="1">{cell("A1", "外部ID")}{cell("B1", "会社名")}</row>'


def opened(content: bytes) -> XlsxFile:
    return open_xlsx(io.BytesIO(content))


def cells(content: bytes) -> list[tuple[str, ...]]:
    return [line.cells for line in opened(content).lines()]


def refusal(content: bytes) -> str:
    with pytest.raises(CsvError) as error:
        list(open_table(io.BytesIO(content)).lines())
    return str(error.value)


def test_cells_become_the_text_that_a_csv_would_have() -> None:
    content = workbook(
        [
            ["文字", "数", "小数", "日付", "日時", "はい", "空"],
            [
                "0123",
                1234.0,
                0.1,
                date(2026, 1, 31),
                datetime(2026, 1, 31, 9, 30, tzinfo=JAPAN),
                True,
                None,
            ],
            [" 前後 ", 1234567890123, 1e20, date(1900, 1, 1), time(9, 30), False, ""],
            [
                "改\n行",
                -0.5,
                1 / 3,
                date(1900, 3, 1),
                datetime(2026, 1, 1, tzinfo=JAPAN),
                True,
                "x",
            ],
        ]
    )
    assert cells(content) == [
        ("0123", "1234", "0.1", "2026-01-31", "2026-01-31T09:30:00", "TRUE", ""),
        (" 前後 ", "1234567890123", "1" + "0" * 20, "1900-01-01", "09:30:00", "FALSE", ""),
        ("改\n行", "-0.5", "0.333333333333333", "1900-03-01", "2026-01-01", "TRUE", "x"),
    ]


def test_dates_counted_from_1904_are_the_same_dates() -> None:
    rows: list[list[object]] = [["日付"], [date(2026, 1, 31)]]
    assert cells(workbook(rows, date_1904=True)) == [("2026-01-31",)]


@pytest.mark.parametrize(
    ("code", "number", "text"),
    [
        ("General", "5.0", "5"),
        ("#,##0", "1234567", "1234567"),
        ("0000000", "1234", "0001234"),
        ("0", "12", "12"),
        ('0"年"', "3", "3"),
        ("[Red]0.00", "1.50", "1.5"),
        ("0.00E+00", "1.5E+3", "1500"),
        ('[$-411]ggge"年"m"月"d"日"', "46053", "2026-01-31"),
        ("yyyy/m/d;@", "46053", "2026-01-31"),
        ("m/d", "46053.5", "2026-01-31T12:00:00"),
        ("h:mm", "0.395833333333333", "09:30:00"),
        ("[h]:mm", "1.5", "36:00:00"),
        ("yyyy/m/d", "-1", "-1"),
        ("yyyy/m/d", "9999999", "9999999"),
        ("General", "1E+400", "1E+400"),
        ("General", "NaN", "NaN"),
        ("General", "abc", "abc"),
    ],
)
def test_a_number_is_read_as_its_format_shows_it(code: str, number: str, text: str) -> None:
    meaning = formats.format_of(200, {200: code})
    assert formats.text_of(number, meaning, from_1904=False) == text


@pytest.mark.parametrize(("number", "text"), [(14, "2026-01-31"), (57, "2026-01-31"), (1, "46053")])
def test_the_formats_that_need_no_code_are_known(number: int, text: str) -> None:
    meaning = formats.format_of(number, {})
    assert formats.text_of("46053", meaning, from_1904=False) == text


def test_furigana_over_a_text_is_no_part_of_it() -> None:
    texts = "<si><r><t>青葉</t></r><r><t>商事</t></r><rPh sb='0' eb='2'><t>アオバ</t></rPh></si>"
    row = '<row r="2"><c r="A2" t="s"><v>0</v></c></row>'
    assert cells(handmade(HEADING + row, texts=texts)) == [("青葉商事", "")]


def test_gaps_are_empty_and_lines_are_named_as_the_sheet_names_them() -> None:
    content = handmade(HEADING + f'<row r="7">{cell("B7", "若葉")}</row><row r="9"/>')
    assert [(line.line, line.cells) for line in opened(content).lines()] == [(7, ("", "若葉"))]


def test_places_may_be_left_out() -> None:
    bare = cell("", "外部ID").replace(' r=""', "")
    assert opened(handmade(f"<row>{bare}</row>")).headings == ("外部ID",)


def test_elements_with_a_prefix_are_the_same_elements() -> None:
    with_prefix = '<x:row r="2"><x:c r="A2"><x:v>5</x:v></x:c></x:row>'
    assert cells(handmade(HEADING + with_prefix)) == [("5", "")]


def test_the_first_visible_sheet_is_read_and_the_others_are_told_of() -> None:
    rows = [["外部ID"], ["C1"]]
    several = opened(workbook(rows, sheets=["会社", "リード", "部署"]))
    assert (several.sheet.name, several.other_sheets) == ("会社", 2)
    assert opened(workbook(rows)).other_sheets == 0


@pytest.mark.django_db
class TestImports:
    def test_a_workbook_is_imported_and_the_second_time_nothing_is_touched(self) -> None:
        content = workbook(
            [["外部ID", "会社名", "郵便番号"], ["C1", "青葉", "0010001"], ["C2", "若葉", 1000001]]
        )
        first = import_csv(RecordType.COMPANY, io.BytesIO(content))
        again = import_csv(RecordType.COMPANY, io.BytesIO(content))
        assert (first.created, again.unchanged) == (2, 2)
        assert Company.objects.get(external_id="C1").zip == "0010001"
        assert Company.objects.get(external_id="C2").zip == "1000001"

    def test_dates_and_flags_arrive_as_such(self) -> None:
        make_company(external_id="C1")
        heading = ["外部ID", "会社の外部ID", "姓", "情報取得日", "競合"]
        columns = {"company.external_id": "会社の外部ID"}
        content = workbook([heading, ["L1", "C1", "山田", date(2026, 1, 31), True]])
        import_csv(RecordType.LEAD, io.BytesIO(content), columns=columns)
        lead = Lead.objects.get()
        assert (lead.trade_on, lead.competitor) == (date(2026, 1, 31), True)

    def test_a_formula_counts_by_its_result_and_is_refused_without_one(
        self, tmp_path: Path
    ) -> None:
        rows = (
            '<row r="2"><c r="A2" t="str"><f>"C"&amp;1</f><v>C1</v></c>' + cell("B2", "青葉"),
            '<row r="3">' + cell("A3", "C2") + '<c r="B3"><f>A3&amp;"社"</f></c>',
            '<row r="4">' + cell("A4", "C3") + '<c r="B4" t="e"><v>#N/A</v></c>',
        )
        content = handmade(HEADING + "".join(f"{row}</row>" for row in rows))
        result = tmp_path / "refused.csv"
        report = import_csv(RecordType.COMPANY, io.BytesIO(content), refused_to=result)

        assert list(Company.objects.values_list("external_id", "name")) == [("C1", "青葉")]
        assert [(one.line, one.reason[:4]) for one in report.refused] == [
            (3, "B列の数"),
            (4, "B列の値"),
        ]
        assert "計算結果が保存されていません" in report.refused[0].reason
        [_heading, formula, error] = csv.reader(io.StringIO(result.read_text("utf-8-sig")))
        assert (formula[1:], error[1:]) == (["3", "C2", '\'=A3&"社"'], ["4", "C3", "#N/A"])

    def test_a_formula_in_a_column_that_is_not_imported_stands_in_nobodys_way(self) -> None:
        heading = HEADING.replace("</row>", cell("C1", "合計") + "</row>")
        row = cell("A2", "C1") + cell("B2", "青葉") + '<c r="C2"><f>SUM(D:D)</f></c>'
        content = handmade(heading + f'<row r="2">{row}</row>')
        assert import_csv(RecordType.COMPANY, io.BytesIO(content)).created == 1

    def test_a_control_character_never_reaches_the_database(self) -> None:
        row = f'<row r="2">{cell("A2", "C1")}{cell("B2", "青_x0000_葉")}</row>'
        report = import_csv(RecordType.COMPANY, io.BytesIO(handmade(HEADING + row)))
        assert "使用できない制御文字" in report.refused[0].reason

    def test_the_result_file_is_mended_and_loaded_with_the_same_matching(
        self, tmp_path: Path
    ) -> None:
        content = workbook([["外部ID", "会社名", "緯度"], ["C1", "", 35.5], ["C2", "若葉", 1]])
        result = tmp_path / "refused.csv"
        import_csv(RecordType.COMPANY, io.BytesIO(content), refused_to=result)
        result.write_text(result.read_text("utf-8-sig").replace("C1,,", "C1,青葉,"), "utf-8")
        with result.open("rb") as file:
            import_csv(RecordType.COMPANY, file)
        assert Company.objects.get(external_id="C1").latitude == "35.5"


@pytest.mark.parametrize(
    "rest", [b"\0" * 600, b"".join([b"\0" * 64, "Workbook".encode("utf-16-le")])]
)
def test_an_old_workbook_is_told_from_others(rest: bytes) -> None:
    assert "「Excelブック（.xlsx）」で保存" in refusal(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + rest)


def test_a_workbook_with_a_password_is_told_so() -> None:
    directory = "EncryptedPackage".encode("utf-16-le")
    assert "パスワード" in refusal(b"\xd0\xcf\x11\xe0" + b"\0" * 2_000_000 + directory)


def test_a_binary_workbook_and_another_zip_are_told_so() -> None:
    relations = (
        b'<Relationships><Relationship Id="1" Type="x/officeDocument" Target="xl/workbook.bin"/>'
        b"</Relationships>"
    )
    assert "「Excelブック（.xlsx）」で保存" in refusal(zipped({"_rels/.rels": relations}))
    word = relations.replace(b"xl/workbook.bin", b"word/document.xml")
    assert "Excelファイルではありません" in refusal(zipped({"_rels/.rels": word}))
    assert "Excelファイルではありません" in refusal(zipped({"a.txt": b"a"}))


def test_a_workbook_without_a_heading_or_a_visible_sheet_says_so() -> None:
    assert "シート「手製」に見出し行がありません" in refusal(handmade('<row r="1"/>'))
    book = b'<workbook><sheets><sheet name="x" state="hidden" id="r1"/></sheets></workbook>'
    hidden = handmade(HEADING, parts={"xl/workbook.xml": book})
    assert "表示されているシートがありません" in refusal(hidden)


WHOLE = workbook([["外部ID", "会社名"], *([f"C{n}", f"会社{n}"] for n in range(300))])


@pytest.mark.parametrize("share", [0.01, 0.3, 0.6, 0.9, 0.99])
def test_a_workbook_that_was_cut_off_is_refused_as_a_whole(share: float) -> None:
    assert "途中で切れています" in refusal(WHOLE[: int(len(WHOLE) * share)])


def test_a_zip_of_a_kind_that_nobody_can_read_yet_is_refused_in_words() -> None:
    needed = WHOLE.index(b"PK\x01\x02") + 6  # "version needed to extract", in the zip's list
    assert "途中で切れています" in refusal(WHOLE[:needed] + b"\xff" + WHOLE[needed + 1 :])


@settings(deadline=None, max_examples=150)
@given(st.integers(0, len(WHOLE) - 1), st.binary(min_size=1, max_size=30))
def test_whatever_is_broken_in_a_workbook_is_refused_in_words_or_read(
    place: int, junk: bytes
) -> None:
    content = WHOLE[:place] + junk + WHOLE[place + len(junk) :]
    try:
        for _line in open_table(io.BytesIO(content)).lines():
            pass
    except CsvError as error:
        assert str(error)  # noqa: PT017  # either way is right; anything else is not


@pytest.mark.parametrize(
    "sheet_data",
    [
        HEADING + '<row r="2">' + "<a>" * 200 + "</a>" * 200 + "</row>",
        HEADING + f'<row r="2" x="{"y" * 6_000_000}"></row>',
        HEADING + f'<row r="2">{cell("A2", "y" * 300_000)}</row>',
        HEADING + f'<row r="2">{cell("ZZZ2", "y")}</row>',
        HEADING + f'<row r="2">{cell("B2", "y")}{cell("A2", "x")}</row>',
        HEADING + '<row r="2000000"></row>',
        HEADING + '<row r="1"></row>',
        HEADING + '<row r="2"><c r="A2" t="s"><v>5</v></c></row>',
    ],
    ids=["deep", "wide tag", "long text", "column", "order", "row", "row twice", "no such text"],
)
def test_what_no_workbook_holds_is_refused(sheet_data: str) -> None:
    assert refusal(handmade(sheet_data))


def test_entities_are_refused_before_they_grow() -> None:
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaa">]><worksheet><sheetData/></worksheet>'
    content = handmade(HEADING, parts={"xl/worksheets/sheet1.xml": bomb})
    assert "壊れているか" in refusal(content)


def test_a_zip_that_says_it_grows_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(package, "SHEET", 10_000)
    content = handmade(HEADING + '<row r="2"></row>' + " " * 20_000)
    assert "大きすぎます" in refusal(content)


def test_a_look_at_a_sheet_that_holds_nothing_for_very_long_ends(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(book, "_BEGINNING", 1)
    blank, row = " " * 600_000, f'<row r="2">{cell("A2", "C1")}</row>'
    table = opened(handmade(HEADING + blank + row))
    assert (len(list(table.beginning())), len(list(table.lines()))) == (0, 1)
    assert "見出し行がありません" in refusal(handmade(blank + HEADING))


def test_a_zip_of_very_many_files_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(package, "_LIST", 1000)
    assert "大きすぎます" in refusal(zipped({f"{n}.txt": b"" for n in range(100)}))


def test_memory_does_not_grow_with_the_workbook() -> None:
    def peak(rows: int) -> int:
        content = workbook([["外部ID"], *([f"会社{n}"] for n in range(rows))])
        tracemalloc.start()
        for _line in opened(content).lines():
            pass
        _current, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    peak(1_000)
    assert peak(60_000) < peak(20_000) * 2
