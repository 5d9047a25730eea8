"""CSV files as people send them: read line by line, with every line that cannot be used named."""

import csv
import io
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import BinaryIO, Final

from django.utils.translation import gettext as _

from crm.importing.encoding import CsvError, encoding_of
from crm.importing.results import is_result, original

__all__ = ["CsvError", "CsvFile", "CsvLine", "open_csv"]

_UNCLOSED: Final = ("unexpected end of data", "field larger than field limit")


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvLine:
    """One record of the file: as many cells as there are headings, or the reason why not.

    With a reason, the cells are what can be made of the line: to be mended, not to be imported.
    """

    line: int
    """Line of the file where the record starts; the heading is line 1 of a file that begins so."""
    cells: tuple[str, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvFile:
    """A file whose heading line was read."""

    file: BinaryIO
    encoding: str
    headings: tuple[str, ...]

    def lines(self) -> Iterator[CsvLine]:
        """The records below the heading, read from the beginning; blank lines are left out."""
        records = _records(self.file, self.encoding)
        next(records)
        marked = is_result(self.headings)
        for record in records:
            line = record if record.reason else _fitted(record, columns=len(self.headings))
            yield _unmarked(line) if marked else line


def open_csv(file: BinaryIO) -> CsvFile:
    """The file with its encoding found and its headings read; it must allow `seek`.

    Raises:
        CsvError: it is no text, broken, or has no heading.
    """
    encoding = encoding_of(file)
    heading = next(_records(file, encoding), None)
    if heading is None:
        raise CsvError(_("見出し行がありません。1行目に項目名を書いてください。"))
    if heading.reason:
        raise CsvError(
            _("見出し行を読めません。%(reason)s") % {"reason": heading.reason}, line=heading.line
        )
    cells = [cell.strip() for cell in heading.cells]
    while cells and not cells[-1]:
        cells.pop()
    return CsvFile(file=file, encoding=encoding, headings=tuple(cells))


def _fitted(record: CsvLine, *, columns: int) -> CsvLine:
    """The record with exactly so many cells; empty ones beyond the headings are cut off."""
    cells = record.cells
    if len(cells) > columns and not any(cell.strip() for cell in cells[columns:]):
        return CsvLine(line=record.line, cells=cells[:columns])
    if len(cells) == columns:
        return record
    reason = _("列の数（%(found)s）が見出しの数（%(wanted)s）と違います。")
    values = {"found": len(cells), "wanted": columns}
    return CsvLine(line=record.line, cells=cells, reason=reason % values)


def _unmarked(record: CsvLine) -> CsvLine:
    return replace(record, cells=tuple(map(original, record.cells)))


def _records(file: BinaryIO, encoding: str) -> Iterator[CsvLine]:
    """Every record but blank ones, the heading among them.

    A record that cannot be parsed costs its first line only: those after it are read again on their
    own, so that one quote too many does not swallow the rest of the file.
    """
    file.seek(0)
    text = io.TextIOWrapper(file, encoding=encoding, newline="")
    try:
        lines = _Lines(text)
        reader = csv.reader(lines, strict=True)
        while True:
            start = lines.begin()
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                broken = lines.give_back_all_but_first()
                yield CsvLine(line=start, cells=_leniently(broken), reason=_reason(error))
                continue
            if any(cell.strip() for cell in cells):
                yield CsvLine(line=start, cells=tuple(cells))
    finally:
        text.detach()  # else the wrapper would close the caller's file


def _leniently(line: str) -> tuple[str, ...]:
    """The cells of a line whose quotes are wrong: cut at each comma, nothing left out."""
    return tuple(line.rstrip("\r\n").split(","))


def _reason(error: csv.Error) -> str:
    if str(error).startswith(_UNCLOSED):
        return _('引用符（"）が閉じられていません。')
    return _('引用符（"）の使い方が正しくありません。値の中の引用符は2つ重ねてください。')


class _Lines:
    """Lines of a text that can be given back."""

    def __init__(self, source: Iterable[str]) -> None:
        self._source = iter(source)
        self._again: deque[str] = deque()
        self._taken: list[str] = []
        self._count = 0

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else next(self._source)
        self._taken.append(line)
        self._count += 1
        return line

    def begin(self) -> int:
        """The number of the line that comes next, where a new record starts."""
        self._taken.clear()
        return self._count + 1

    def give_back_all_but_first(self) -> str:
        """Let what was taken since `begin` come again but its first line, which is returned."""
        self._again.extendleft(reversed(self._taken[1:]))
        self._count -= max(len(self._taken) - 1, 0)
        return self._taken[0] if self._taken else ""
