"""A workbook: which of its sheets is read, and the lines of that sheet."""

import posixpath
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from typing import BinaryIO, Final

from django.utils.translation import gettext as _

from crm.importing.encoding import CsvError
from crm.importing.lines import Line, headings_of, usable
from crm.importing.xlsx import package
from crm.importing.xlsx.formats import Format, Styles
from crm.importing.xlsx.rows import Rows
from crm.importing.xlsx.texts import Texts
from crm.importing.xlsx.words import no_sheet, no_workbook, old_format
from crm.importing.xlsx.xml import Handler, local, parse

#: Blocks of XML in which the heading must be: some four megabytes.
_BEGINNING: Final = 16
_BLOCK: Final = 1024 * 1024
_BLOCKS: Final = 32
_ROW: Final = b"row>"
_LARGEST_ROW: Final = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sheet:
    """A sheet of cells, and what is needed to read them."""

    archive: zipfile.ZipFile
    name: str
    part: str
    texts_part: str
    formats: Sequence[Format]
    from_1904: bool

    def records(self, *, blocks: int | None = None) -> Iterator[Line]:
        """Every row but blank ones, the heading among them; of the first blocks only, if given."""
        with package.archived_errors(), self._texts() as texts:
            rows = Rows(texts=texts, formats=self.formats, from_1904=self.from_1904)
            with package.part(self.archive, self.part, most=package.SHEET) as opened:
                for _block in islice(parse(opened, rows), blocks):
                    yield from rows.take()

    def about(self) -> int:
        """How many rows there are, by the first of them where the sheet is long."""
        with (
            package.archived_errors(),
            package.part(self.archive, self.part, most=package.SHEET) as sheet,
        ):
            counted = sum(sheet.read(_BLOCK).count(_ROW) for _block in range(_BLOCKS))
            read, size = sheet.tell(), self.archive.getinfo(self.part).file_size
        # Nobody's row is so large: what holds none takes long to read all the same.
        return max(counted * size // max(read, 1), size // _LARGEST_ROW)

    @contextmanager
    def _texts(self) -> Iterator[Texts]:
        with ExitStack() as stack:
            part = None
            if self.texts_part:
                opened = package.part(self.archive, self.texts_part, most=package.TEXTS)
                part = stack.enter_context(opened)
            yield stack.enter_context(closing(Texts(part)))


@dataclass(frozen=True, slots=True, kw_only=True)
class XlsxFile:
    """A workbook of which the headings of the first visible sheet were read."""

    sheet: _Sheet
    headings: tuple[str, ...]
    other_sheets: int
    """How many visible sheets are left alone."""

    def lines(self) -> Iterator[Line]:
        """The records below the heading, read from the beginning; blank lines are left out."""
        return self._below(self.sheet.records())

    def beginning(self) -> Iterator[Line]:
        """Those among the first megabytes: a sheet may be made to hold nothing for gigabytes."""
        return self._below(self.sheet.records(blocks=_BEGINNING))

    def _below(self, records: Iterator[Line]) -> Iterator[Line]:
        next(records)
        return usable(_padded(records, len(self.headings)), self.headings)

    def about(self) -> int:
        """How many rows there are, by the first of them where the sheet is long."""
        return self.sheet.about()


def open_xlsx(file: BinaryIO) -> XlsxFile:
    """The workbook with the headings of its first visible sheet; it must allow `seek`.

    Raises:
        CsvError: it is no workbook, encrypted, of an old format, broken, or has no heading.
    """
    archive = package.open_zip(file)
    sheet, others = _first_sheet(archive)
    heading = next(sheet.records(blocks=_BEGINNING), None)
    if heading is None:
        message = _("シート「%(sheet)s」に見出し行がありません。1行目に項目名を書いてください。")
        raise CsvError(message % {"sheet": sheet.name})
    return XlsxFile(sheet=sheet, headings=headings_of(heading.cells), other_sheets=others)


def _first_sheet(archive: zipfile.ZipFile) -> tuple[_Sheet, int]:
    """The first visible sheet of cells, and how many more there are."""
    book_part = _book_part(archive)
    related = _related(archive, book_part)
    book, styles = _Book(), Styles()
    _read(archive, book_part, book)
    if styles_part := related.part("styles"):
        _read(archive, styles_part, styles)
    sheets = [(name, related.sheet(identifier)) for name, identifier in book.visible]
    found = [(name, part) for name, part in sheets if part]
    if not found:
        raise no_sheet()
    sheet = _Sheet(
        archive=archive,
        name=found[0][0],
        part=found[0][1],
        texts_part=related.part("sharedStrings"),
        formats=styles.formats(),
        from_1904=book.from_1904,
    )
    return sheet, len(found) - 1


def _padded(records: Iterator[Line], columns: int) -> Iterator[Line]:
    """A row ends with its last filled cell: those after it are empty."""
    for record in records:
        missing = ("",) * (columns - len(record.cells))
        yield replace(record, cells=record.cells + missing) if missing else record


def _book_part(archive: zipfile.ZipFile) -> str:
    """The part that lists the sheets."""
    if "_rels/.rels" not in archive.namelist():
        raise no_workbook()
    name = _related(archive, "").part("officeDocument")
    if name.endswith(".bin"):
        raise old_format()
    if not name.startswith("xl/"):
        raise no_workbook()
    return name


def _related(archive: zipfile.ZipFile, name: str) -> "_Relations":
    """What that part of the workbook names; nothing if it names none."""
    folder, base = posixpath.split(name)
    relations = _Relations(folder)
    listing = posixpath.join(folder, "_rels", f"{base}.rels")
    if listing in archive.namelist():
        _read(archive, listing, relations)
    return relations


def _read(archive: zipfile.ZipFile, name: str, handler: Handler) -> None:
    with (
        package.archived_errors(),
        package.part(archive, name, most=package.SMALL) as opened,
    ):
        for _block in parse(opened, handler):
            pass


class _Relations:
    """Reads a part's list of other parts."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._found: dict[str, tuple[str, str]] = {}

    def part(self, kind: str) -> str:
        """The first part of that kind; "" if there is none."""
        return next((name for type_, name in self._found.values() if type_ == kind), "")

    def sheet(self, identifier: str) -> str:
        """The part of that id if it is a sheet of cells, else ""."""
        kind, name = self._found.get(identifier, ("", ""))
        return name if kind == "worksheet" else ""

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """An element begins."""
        if name == "Relationship":
            target = attributes.get("Target", "")
            name = posixpath.normpath(posixpath.join("/", self._folder, target)).lstrip("/")
            kind = attributes.get("Type", "").rpartition("/")[2]
            self._found[attributes.get("Id", "")] = (kind, name)

    def end(self, name: str) -> None:
        """An element ends."""

    def text(self, data: str) -> None:
        """Nothing that counts stands between elements."""


class _Book:
    """Reads the list of sheets."""

    def __init__(self) -> None:
        self.visible: list[tuple[str, str]] = []
        """(name, id of the part) of each sheet that is not hidden."""
        self.from_1904 = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """An element begins."""
        if name == "workbookPr":
            self.from_1904 = attributes.get("date1904", "0") in ("1", "true")
        elif name == "sheet" and attributes.get("state", "visible") == "visible":
            part = next((value for key, value in attributes.items() if local(key) == "id"), "")
            self.visible.append((attributes.get("name", ""), part))

    def end(self, name: str) -> None:
        """An element ends."""

    def text(self, data: str) -> None:
        """Nothing that counts stands between elements."""
