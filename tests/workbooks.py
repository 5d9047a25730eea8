"""Excel files for tests: as Excel writes them (XlsxWriter), and as nobody should."""

import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import xlsxwriter  # type: ignore[import-untyped]

_RELATIONS: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE: Final = "http://schemas.openxmlformats.org/package/2006/relationships"


def workbook(
    rows: Iterable[Sequence[Any]], *, sheets: Sequence[str] = ("顧客",), **options: Any
) -> bytes:
    """A workbook with these rows in its first sheet, as Excel writes it."""
    buffer = io.BytesIO()
    settings = {
        "in_memory": True,
        "remove_timezone": True,
        "default_date_format": "yyyy/mm/dd",
        **options,
    }
    with xlsxwriter.Workbook(buffer, settings) as book:
        first, *_others = [book.add_worksheet(name) for name in sheets]
        for number, row in enumerate(rows):
            first.write_row(number, 0, row)
    return buffer.getvalue()


def handmade(
    sheet_data: str,
    *,
    texts: str | None = None,
    styles: str | None = None,
    parts: Mapping[str, bytes] | None = None,
) -> bytes:
    """A workbook of one sheet with this inside of its `sheetData`; `parts` take the
    place of others."""
    book = (
        f'<workbook xmlns:r="{_RELATIONS}"><sheets><sheet name="手製" sheetId="1" r:id="r1"/>'
        "</sheets></workbook>"
    )
    related = {"r1": "worksheet:worksheets/sheet1.xml"}
    files = {
        "_rels/.rels": _relations({"r1": "officeDocument:xl/workbook.xml"}),
        "xl/workbook.xml": book,
        "xl/worksheets/sheet1.xml": f"<worksheet><sheetData>{sheet_data}</sheetData></worksheet>",
    }
    if texts is not None:
        related["r2"] = "sharedStrings:sharedStrings.xml"
        files["xl/sharedStrings.xml"] = f"<sst>{texts}</sst>"
    if styles is not None:
        related["r3"] = "styles:styles.xml"
        files["xl/styles.xml"] = f"<styleSheet>{styles}</styleSheet>"
    files["xl/_rels/workbook.xml.rels"] = _relations(related)
    return zipped({**{name: text.encode() for name, text in files.items()}, **(parts or {})})


def zipped(files: Mapping[str, bytes]) -> bytes:
    """A zip of these files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def cell(place: str, text: str) -> str:
    """A cell that holds its text itself."""
    return f'<c r="{place}" t="inlineStr"><is><t>{text}</t></is></c>'


def _relations(related: Mapping[str, str]) -> str:
    lines = []
    for identifier, named in related.items():
        kind, _colon, target = named.partition(":")
        lines.append(
            f'<Relationship Id="{identifier}" Type="{_RELATIONS}/{kind}" Target="{target}"/>'
        )
    return f'<Relationships xmlns="{_PACKAGE}">{"".join(lines)}</Relationships>'
