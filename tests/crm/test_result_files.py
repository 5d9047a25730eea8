"""The result file: refused lines with their reasons, to mend and load again."""

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.spreadsheets import harmless, original
from common.types import RecordType
from crm.importing import import_csv
from crm.importing.columns import recall, remember
from crm.models import Company
from tests.builders_crm import make_custom_item

pytestmark = pytest.mark.django_db

HEAD = "取り込めない理由,元の行番号,外部ID,会社名,緯度"


def refused_lines(content: str | bytes, path: Path) -> str:
    """What the result file holds after an import of `content`."""
    data = content.encode() if isinstance(content, str) else content
    import_csv(RecordType.COMPANY, io.BytesIO(data), refused_to=path)
    return path.read_text(encoding="utf-8-sig")


def test_only_the_refused_lines_stand_in_it_as_they_were(tmp_path: Path) -> None:
    text = refused_lines(
        "外部ID,会社名,緯度\nC1,青葉,1\nC2,,\nC3,三葉,北\n", tmp_path / "refused.csv"
    )

    rows = list(csv.reader(io.StringIO(text)))
    assert ",".join(rows[0]) == HEAD
    assert [row[1:] for row in rows[1:]] == [["3", "C2", "", ""], ["4", "C3", "三葉", "北"]]
    assert rows[1][0] == "会社名：入力してください。"


def test_it_is_loaded_again_as_it_is_once_it_is_mended(tmp_path: Path) -> None:
    path = tmp_path / "refused.csv"
    text = refused_lines("外部ID,会社名,緯度\nC1,青葉,1\nC2,,2\n", path)
    path.write_text(text.replace("C2,,", "C2,若葉,"), encoding="utf-8-sig")

    with path.open("rb") as file:
        report = import_csv(RecordType.COMPANY, file)

    assert (report.read, report.created, report.refused) == (1, 1, ())
    assert Company.objects.get(external_id="C2").name == "若葉"


def test_a_result_of_a_result_has_the_added_columns_once(tmp_path: Path) -> None:
    first, second = tmp_path / "1.csv", tmp_path / "2.csv"
    text = refused_lines("外部ID,会社名,緯度\nC2,,2\n", first)

    again = refused_lines(text, second)

    assert again.splitlines()[0] == HEAD
    assert again.splitlines()[1] == "会社名：入力してください。,2,C2,,2"


def test_formulas_are_marked_in_it_and_come_back_as_they_were(tmp_path: Path) -> None:
    path = tmp_path / "refused.csv"
    text = refused_lines("外部ID,会社名,緯度\n=C1,+81 青葉,北\n-C2,'=x,北\n", path)
    assert "'=C1,'+81 青葉" in text
    assert "'-C2,''=x" in text

    path.write_text(text.replace("北", "1"), encoding="utf-8-sig")
    with path.open("rb") as file:
        import_csv(RecordType.COMPANY, file)

    names = Company.objects.order_by("pk").values_list("external_id", "name")
    assert list(names) == [("=C1", "+81 青葉"), ("-C2", "'=x")]


def test_lines_with_wrong_columns_or_quotes_are_in_it_too(tmp_path: Path) -> None:
    text = refused_lines(
        '外部ID,会社名,緯度\nC1,青葉\nC2,"若葉,3\nC3,三葉,3\n', tmp_path / "refused.csv"
    )

    rows = list(csv.reader(io.StringIO(text)))
    assert [row[2:] for row in rows[1:]] == [["C1", "青葉"], ["C2", '"若葉', "3"]]


def test_a_custom_item_that_bears_the_name_of_an_added_column_is_not_filled_by_it(
    tmp_path: Path,
) -> None:
    make_custom_item("why", label="取り込めない理由")
    path = tmp_path / "refused.csv"
    text = refused_lines("外部ID,会社名,緯度\nC2,,2\n", path)
    path.write_text(text.replace("C2,,", "C2,若葉,"), encoding="utf-8-sig")

    with path.open("rb") as file:
        import_csv(RecordType.COMPANY, file)

    assert Company.objects.get().custom == {}


def test_nothing_is_written_where_nothing_was_refused(tmp_path: Path) -> None:
    path = tmp_path / "refused.csv"
    import_csv(RecordType.COMPANY, io.BytesIO("外部ID,会社名\nC1,青葉\n".encode()), refused_to=path)
    assert not path.exists()


def test_the_matching_of_a_file_is_remembered_for_its_result_file() -> None:
    remember(RecordType.COMPANY, ("番号", "社名"), columns={"name": "社名"}, key="name")

    kept = recall(RecordType.COMPANY, ("取り込めない理由", "元の行番号", "番号", "社名"))

    assert kept is not None
    assert kept.columns == {"name": "社名"}


@given(st.text())
def test_a_mark_is_taken_off_exactly_where_it_was_put(cell: str) -> None:
    assert original(harmless(cell)) == cell
    assert not harmless(cell).startswith(("=", "+", "-", "@", "\t", "\r"))
