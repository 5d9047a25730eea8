"""What goes into `crm.writing` and what comes back."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from crm.writing.values import RawValue

#: Item key → what came in for it. An item that is absent keeps its value, "" clears it.
IncomingRow: TypeAlias = Mapping[str, RawValue]


class RowOutcome(StrEnum):
    """What became of one incoming row."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class RowProblem:
    """One reason why a row was refused, in the reader's language."""

    item: str
    """Item key concerned; "" if none."""
    label: str
    reason: str
    waits: bool = False
    """Whether another row of the same delivery may mend it (the parent comes later)."""

    def __str__(self) -> str:
        return f"{self.label}：{self.reason}" if self.label else self.reason


@dataclass(frozen=True, slots=True, kw_only=True)
class CellChange:
    """One item of a row as it was and as it will be, in words; "" where it is empty."""

    label: str
    old: str
    new: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RowResult:
    """What became of one incoming row; of a refused one nothing is written."""

    outcome: RowOutcome
    id: int | None = None
    problems: tuple[RowProblem, ...] = ()
    changes: tuple[CellChange, ...] = ()
    """What changes; told of a rehearsal only, and only where it was asked for."""

    @property
    def reason(self) -> str:
        """Why it was refused, all problems in one line."""
        return " ".join(map(str, self.problems))

    @property
    def waits(self) -> bool:
        """Whether it may be accepted after other rows of the same delivery."""
        return bool(self.problems) and all(problem.waits for problem in self.problems)


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteReport:
    """One result per incoming row, in the order given."""

    results: tuple[RowResult, ...]

    def count(self, outcome: RowOutcome) -> int:
        """How many rows ended so."""
        return sum(result.outcome is outcome for result in self.results)


def refused(*problems: RowProblem) -> RowResult:
    """The result of a row that is refused for these reasons."""
    return RowResult(outcome=RowOutcome.REFUSED, problems=problems)
