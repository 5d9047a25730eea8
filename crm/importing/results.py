"""The result file: the refused lines of an import with their reasons, to mend and load again.

It is a CSV with the headings of the file that was imported, and two columns before them that an
import leaves alone. A cell that a spreadsheet would calculate gets a mark, which reading takes off.
"""

import csv
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from common.spreadsheets import harmless

if TYPE_CHECKING:
    from crm.importing.lines import Table

#: Headings of the columns that we add. They are part of a format, and so not translated.
REASON: Final = "取り込めない理由"
LINE: Final = "元の行番号"
ADDED: Final = (REASON, LINE)


def is_result(headings: Sequence[str]) -> bool:
    """Whether a file with these headings is a result file."""
    return tuple(headings[: len(ADDED)]) == ADDED


def without_added(headings: Sequence[str]) -> Sequence[str]:
    """The headings of the file that a result file was made of; those of any other as they are."""
    return headings[len(ADDED) :] if is_result(headings) else headings


def write_refused(path: Path, table: "Table", reasons: Iterator[tuple[int, str]]) -> None:
    """Write the lines that have a reason, in their order, readable by the product only.

    Args:
        reasons: (line where a record starts, why nothing of it was written), by rising line.
    """
    path.touch(mode=0o600)
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*ADDED, *map(harmless, without_added(table.headings))])
        writer.writerows(_refused(table, reasons))


def _refused(table: "Table", reasons: Iterator[tuple[int, str]]) -> Iterable[list[str]]:
    added = len(ADDED) if is_result(table.headings) else 0
    number, reason = next(reasons)
    for line in table.lines():
        if line.line == number:
            yield [harmless(reason), str(number), *map(harmless, line.cells[added:])]
            number, reason = next(reasons, (0, ""))
