"""Records are renumbered and merged, and what the ledger knows of them in the same transaction."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction

from common.types import RecordType
from crm.importing.pairs import PairLine
from crm.models import Alias
from crm.writing import in_transaction
from crm.writing.identity import Change, PairResult, merge, settle
from jobs import takeover

#: Pairs that are settled in one transaction; nobody else writes customer data meanwhile.
AT_ONCE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedPair:
    """A line whose pair was not taken."""

    line: int
    reason: str


@dataclass(slots=True, kw_only=True)
class PairsReport:
    """What became of the lines of a delivery."""

    counts: Counter[Change] = field(default_factory=Counter)
    refused: list[RefusedPair] = field(default_factory=list)

    def as_json(self) -> dict[str, object]:
        """For `--json`."""
        counts = {str(change): self.counts[change] for change in Change if change != Change.REFUSED}
        refused = [{"line": one.line, "reason": one.reason} for one in self.refused]
        return {**counts, "refused": refused}


class _NotMeantError(Exception):
    """It was a rehearsal."""


def settle_pairs(
    record_type: RecordType,
    lines: Sequence[PairLine],
    *,
    now: datetime,
    rehearse: bool = False,
    on_progress: Callable[[int], None] | None = None,
) -> PairsReport:
    """Carry out the pairs of a file; what is refused holds back no other.

    Args:
        rehearse: Nothing is written. All lines are then one transaction: pass few.
    """
    report = PairsReport()

    def carry_out() -> None:
        for start in range(0, len(lines), AT_ONCE):
            part = lines[start : start + AT_ONCE]
            good = [line for line in part if not line.reason]
            pairs = [(line.old, line.new) for line in good]
            results = dict(
                zip((line.line for line in good), _settle(record_type, pairs, now=now), strict=True)
            )
            for line in part:
                result = results.get(line.line)
                _count(report, line, result)
            if on_progress:
                on_progress(start + len(part))

    if not rehearse:
        carry_out()
        return report
    try:
        with transaction.atomic():
            carry_out()
            raise _NotMeantError
    except _NotMeantError:
        return report


def settle_one(record_type: RecordType, old: str, new: str, *, now: datetime) -> PairResult:
    """Carry out one pair that a person typed."""
    return _settle(record_type, [(old, new)], now=now, origin=Alias.Origin.HAND)[0]


def merge_two(record_type: RecordType, row_id: int, *, into_id: int, now: datetime) -> None:
    """Let one row go into another one, as a person chose.

    Raises:
        MergeRefusedError: see there; nothing is changed.
    """

    def work() -> None:
        merge(record_type, row_id, into_id=into_id, now=now)
        takeover.take_over(record_type, [row_id], now=now)

    in_transaction(work)


def _settle(
    record_type: RecordType,
    pairs: Sequence[tuple[str, str]],
    *,
    now: datetime,
    origin: Alias.Origin = Alias.Origin.FILE,
) -> list[PairResult]:
    def work() -> list[PairResult]:
        results = settle(record_type, pairs, origin=origin, now=now)
        merged = [result.merged.row_id for result in results if result.merged]
        takeover.take_over(record_type, merged, now=now)
        return results

    return in_transaction(work)


def _count(report: PairsReport, line: PairLine, result: PairResult | None) -> None:
    change = result.change if result else Change.REFUSED
    report.counts[change] += 1
    if change is Change.REFUSED:
        reason = result.reason if result else line.reason
        report.refused.append(RefusedPair(line=line.line, reason=reason))
