"""What an import would change: the whole file judged as the import judges it, nothing written."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, BinaryIO, Final, Self

from common.types import RecordType
from crm.importing import Progress, import_csv
from crm.writing.results import RowOutcome, RowResult

#: So many lines that would change something, and refused ones, are shown.
SHOWN: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedCell:
    """One item of a row that would change, in words."""

    label: str
    old: str
    new: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedLine:
    """A line that would make a new row or change one."""

    line: int
    is_new: bool
    cells: tuple[ChangedCell, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """What would become of a file, the first lines of it in full."""

    read: int
    created: int
    updated: int
    unchanged: int
    refused: int
    changed_lines: tuple[ChangedLine, ...]
    refused_lines: tuple[tuple[int, str], ...]

    def as_json(self) -> dict[str, Any]:
        """The form in which it is kept."""
        return asdict(self)

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Self:
        """What `as_json` gave."""
        changed = tuple(
            ChangedLine(
                line=one["line"],
                is_new=one["is_new"],
                cells=tuple(ChangedCell(**cell) for cell in one["cells"]),
            )
            for one in kept["changed_lines"]
        )
        refused = tuple((line, reason) for line, reason in kept["refused_lines"])
        return cls(**{**kept, "changed_lines": changed, "refused_lines": refused})


def forecast_csv(
    record_type: RecordType,
    file: BinaryIO,
    *,
    key: str,
    columns: Mapping[str, str | None] | None = None,
    on_progress: Progress | None = None,
) -> Forecast:
    """What `import_csv` would do with this file now. Arguments and errors are as there.

    The rules are the import's own, nothing is written. A department that waits for a parent of the
    same file counts as if that had come in. What only the database notices is not foreseen.
    """
    first = _First()
    report = import_csv(
        record_type, file, key=key, columns=columns, on_progress=on_progress, rehearsal=first
    )
    return Forecast(
        read=report.read,
        created=report.created,
        updated=report.updated,
        unchanged=report.unchanged,
        refused=report.refused_count,
        changed_lines=tuple(first.lines),
        refused_lines=tuple((one.line, one.reason) for one in report.refused[:SHOWN]),
    )


class _First:
    """The first lines that change something."""

    def __init__(self) -> None:
        self.lines: list[ChangedLine] = []

    def wants_more(self) -> bool:
        """Until there are enough to be shown."""
        return len(self.lines) < SHOWN

    def saw(self, line: int, result: RowResult) -> None:
        """Keep the line if it changes something."""
        is_new = result.outcome is RowOutcome.CREATED
        if self.wants_more() and (is_new or result.outcome is RowOutcome.UPDATED):
            cells = (
                ChangedCell(label=one.label, old=one.old, new=one.new) for one in result.changes
            )
            self.lines.append(ChangedLine(line=line, is_new=is_new, cells=tuple(cells)))
