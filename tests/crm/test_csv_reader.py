"""CSV files as people send them."""

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm.importing.encoding import CsvError
from crm.importing.reader import CsvFile, open_csv


def table(content: str | bytes, *, encoding: str = "utf-8") -> CsvFile:
    return open_csv(io.BytesIO(content if isinstance(content, bytes) else content.encode(encoding)))


def lines(content: str | bytes, *, encoding: str = "utf-8") -> list[tuple[int, object]]:
    """(line, cells) of what can be used, (line, reason) of what cannot."""
    found = table(content, encoding=encoding).lines()
    return [(line.line, line.reason or list(line.cells)) for line in found]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932"])
def test_the_three_encodings_of_japanese_csv_are_told_apart(encoding: str) -> None:
    found = table("会社名,住所\r\n株式会社①髙,東京\r\n", encoding=encoding)
    assert found.headings == ("会社名", "住所")
    assert [line.cells for line in found.lines()] == [("株式会社①髙", "東京")]


def test_a_file_may_be_read_more_than_once_and_stays_open() -> None:
    file = io.BytesIO(b"a\n1\n")
    found = open_csv(file)
    assert [list(found.lines()), list(found.lines())][0] == list(found.lines())
    assert not file.closed


def test_a_record_is_named_by_the_line_it_starts_on() -> None:
    assert lines('a,b\n\n1,"x\ny"\n , \n2,z\n') == [
        (3, ["1", "x\ny"]),
        (6, ["2", "z"]),
    ]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_kind_of_line_end_is_understood(end: str) -> None:
    assert lines(end.join(["a,b", "1,2", "3,4"])) == [(2, ["1", "2"]), (3, ["3", "4"])]


def test_too_few_or_too_many_cells_are_refused_but_empty_ones_beyond_are_not() -> None:
    assert lines("a,b,,\n1\n1,2,3\n1,2,,\n1,2\n") == [
        (2, "列の数（1）が見出しの数（2）と違います。"),
        (3, "列の数（3）が見出しの数（2）と違います。"),
        (4, ["1", "2"]),
        (5, ["1", "2"]),
    ]


def test_an_unclosed_quote_costs_its_own_line_only() -> None:
    content = 'a,b\n1,2\n3,"open\n5,6\n7,8\n'
    assert lines(content) == [
        (2, ["1", "2"]),
        (3, '引用符（"）が閉じられていません。'),
        (4, ["5", "6"]),
        (5, ["7", "8"]),
    ]


def test_an_unclosed_quote_far_from_the_end_costs_its_own_line_only() -> None:
    rows = "".join(f"{n},x\n" for n in range(60_000))
    found = lines(f'a,b\n1,"open\n{rows}')
    assert found[0] == (2, '引用符（"）が閉じられていません。')
    assert len(found) == 60_001
    assert found[-1] == (60_002, ["59999", "x"])


def test_a_stray_quote_before_quoted_lines_costs_its_own_line_only() -> None:
    content = 'a,b\n1,"open\n"3","4"\n"5","6"\n'
    assert lines(content) == [
        (2, '引用符（"）の使い方が正しくありません。値の中の引用符は2つ重ねてください。'),
        (3, ["3", "4"]),
        (4, ["5", "6"]),
    ]


def test_a_quote_inside_a_bare_cell_is_part_of_it() -> None:
    assert lines('a\n5"モニター\n') == [(2, ['5"モニター'])]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "ファイルが空です。"),
        (b"\n \n", "見出し行がありません。"),
        (b'"a,b\n1,2\n', "見出し行を読めません。"),
        (b"a,b\n" + b"x" * 1_000_001, "2行目が長すぎます。"),
        ("a,b\n".encode("utf-16"), "UTF-16のファイルです。"),
    ],
)
def test_a_file_that_is_no_csv_is_refused_with_what_to_do(content: bytes, message: str) -> None:
    with pytest.raises(CsvError) as error:
        list(table(content).lines())
    assert message in str(error.value)


UTF8 = "会社名,住所\r\n青葉,東京\r\n若葉,大阪\r\n".encode()


@pytest.mark.parametrize(
    ("content", "line", "encoding"),
    [
        (UTF8.replace("若葉".encode(), b"\xe8\x8b"), 3, "UTF-8"),
        (UTF8 + b"\xe5", 4, "UTF-8"),
        (b"\xef\xbb\xbfa,b\n1,\xff\n", 2, "UTF-8"),
        ("会社名\n青葉\n".encode("cp932") + b"\x85\x40\n", 3, "Shift_JIS"),
        ("会社名\n青葉\n若葉\n".encode("cp932") + b"\xa0\n", 4, "Shift_JIS"),
    ],
)
def test_broken_bytes_are_refused_with_their_line(content: bytes, line: int, encoding: str) -> None:
    with pytest.raises(CsvError) as error:
        list(table(content).lines())
    assert error.value.line == line
    assert f"{line}行目に、{encoding}として読めない文字があります。" in str(error.value)


def test_broken_bytes_far_into_the_file_are_found() -> None:
    rows = "青葉,東京\n" * 20_000
    with pytest.raises(CsvError) as error:
        table(f"名,所\n{rows}".encode() + b"\xff\n")
    assert error.value.line == 20_002


cells = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\ufeff"), max_size=8)


@settings(deadline=None)
@given(
    st.lists(st.lists(cells, min_size=2, max_size=2), max_size=6),
    st.sampled_from(["utf-8", "utf-8-sig"]),
)
def test_what_a_csv_writer_wrote_is_read_back(rows: list[list[str]], encoding: str) -> None:
    written = io.StringIO(newline="")
    csv.writer(written, quoting=csv.QUOTE_ALL).writerows([["会社名", "住所"], *rows])

    found = [list(line.cells) for line in table(written.getvalue(), encoding=encoding).lines()]

    assert found == [row for row in rows if any(cell.strip() for cell in row)]
