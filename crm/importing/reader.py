"""Files as people send them: read line by line, with every line that cannot be used named."""

import csv
import io
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import BinaryIO, Final, TextIO

from django.utils.translation import gettext as _

from crm.importing.encoding import CsvError, encoding_of
from crm.importing.lines import Line, Table, headings_of, usable
from crm.importing.xlsx import is_excel, open_xlsx

__all__ = ["CsvError", "CsvFile", "Line", "Table", "open_csv", "open_table"]

#: Characters of one line that are read into memory; a file without line ends is one line.
_LONGEST: Final = 1_000_000
_BLOCK: Final = 1024 * 1024
_LOOK: Final = 1000
_UNCLOSED: Final = ("unexpected end of data", "field larger than field limit")


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvFile:
    """A file whose heading line was read."""

    file: BinaryIO
    encoding: str
    headings: tuple[str, ...]

    def lines(self) -> Iterator[Line]:
        """The records below the heading, read from the beginning; blank lines are left out."""
        records = _records(self.file, self.encoding)
        next(records)
        return usable(records, self.headings)

    def beginning(self) -> Iterator[Line]:
        """The first of them, for a look."""
        return islice(self.lines(), _LOOK)

    def about(self) -> int:
        """How many lines there are; a value of several lines counts as several."""
        self.file.seek(0)
        return sum(block.count(b"\n") for block in iter(lambda: self.file.read(_BLOCK), b""))


def open_table(file: BinaryIO) -> Table:
    """The file, CSV or Excel by what is in it, with its headings read; it must allow `seek`.

    Raises:
        CsvError: it cannot be read, or has no heading.
    """
    return open_xlsx(file) if is_excel(file) else open_csv(file)


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
    return CsvFile(file=file, encoding=encoding, headings=headings_of(heading.cells))


def _records(file: BinaryIO, encoding: str) -> Iterator[Line]:
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
                yield Line(line=start, cells=_leniently(broken), reason=_reason(error))
                continue
            if any(cell.strip() for cell in cells):
                yield Line(line=start, cells=tuple(cells))
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

    def __init__(self, source: TextIO) -> None:
        self._source = source
        self._again: deque[str] = deque()
        self._taken: list[str] = []
        self._count = 0

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else self._source.readline(_LONGEST)
        if not line:
            raise StopIteration
        self._taken.append(line)
        self._count += 1
        if len(line) == _LONGEST and not line.endswith(("\n", "\r")):
            raise CsvError(
                _("%(line)s行目が長すぎます。行の終わりに改行があることを確認してください。")
                % {"line": self._count},
                line=self._count,
            )
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
