"""Lists as CSV for people with a spreadsheet: UTF-8 with a mark, safe from formulas."""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from django.http import StreamingHttpResponse

_CALCULATED: Final = re.compile(r"'*[=+\-@\t\r]")
_MARKED: Final = re.compile(r"'+[=+\-@\t\r]")


def harmless(cell: str) -> str:
    """The cell, with a mark before it where a spreadsheet would take it for a formula."""
    return f"'{cell}" if _CALCULATED.match(cell) else cell


def original(cell: str) -> str:
    """What `harmless` was given."""
    return cell[1:] if _MARKED.match(cell) else cell


def csv_answer(
    name: str, headings: Sequence[str], rows: Iterable[Sequence[object]]
) -> StreamingHttpResponse:
    """The rows as a file to download, written as they are read.

    Args:
        name: Of the file, in ASCII: `runs.csv`.
        rows: Cells; numbers stay numbers, everything else is made harmless.
    """
    lines = _lines(headings, rows)
    answer = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _lines(headings: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    writer = csv.writer(_Echo())
    yield "\ufeff" + writer.writerow(headings)
    for cells in rows:
        yield writer.writerow(
            [cell if isinstance(cell, int | float) else harmless(str(cell)) for cell in cells]
        )


class _Echo:
    """A file that hands back what is written to it."""

    def write(self, text: str) -> str:
        """`text` itself."""
        return text
