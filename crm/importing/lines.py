"""One record of a file that is imported, and what both kinds of files do to it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from django.utils.translation import gettext as _

from common.spreadsheets import original
from crm.importing.results import is_result


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One record of the file: as many cells as there are headings, or the reason why not.

    With a reason, the cells are what can be made of the line: to be mended, not to be imported.
    """

    line: int
    """Line of the file where the record starts; the heading is line 1 of a file that begins so."""
    cells: tuple[str, ...] = ()
    reason: str = ""
    flaws: Mapping[int, str] = field(default_factory=dict)
    """Position of a cell whose value cannot be known → why; it matters where it is imported."""


class Table(Protocol):
    """A file whose heading line was read."""

    @property
    def headings(self) -> tuple[str, ...]:
        """The cells of the first line that is not blank."""

    def lines(self) -> Iterator[Line]:
        """The records below the heading, read from the beginning; blank lines are left out."""

    def beginning(self) -> Iterator[Line]:
        """The first of them, for a look: it takes no longer for a longer file."""

    def about(self) -> int:
        """About how many lines there are: for the progress, and to know what takes long."""


def headings_of(cells: Iterable[str]) -> tuple[str, ...]:
    """The cells of the heading line; empty ones at its end are none."""
    found = [cell.strip() for cell in cells]
    while found and not found[-1]:
        found.pop()
    return tuple(found)


def usable(records: Iterable[Line], headings: Sequence[str]) -> Iterator[Line]:
    """The records with exactly as many cells as headings, and without the marks of a result."""
    marked = is_result(headings)
    for record in records:
        line = record if record.reason else _fitted(record, columns=len(headings))
        yield replace(line, cells=tuple(map(original, line.cells))) if marked else line


def _fitted(record: Line, *, columns: int) -> Line:
    """The record with exactly so many cells; empty ones beyond the headings are cut off."""
    cells = record.cells
    if len(cells) == columns:
        return record
    if len(cells) > columns and not any(cell.strip() for cell in cells[columns:]):
        return replace(record, cells=cells[:columns])
    reason = _("列の数（%(found)s）が見出しの数（%(wanted)s）と違います。")
    values = {"found": len(cells), "wanted": columns}
    return Line(line=record.line, cells=cells, reason=reason % values)
