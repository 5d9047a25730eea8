"""Records are renumbered and merged, and what the ledger knows of them in the same transaction."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction

from audit import recording
from audit.kinds import Kind
from audit.recording import Thing
from common.types import RecordType
from crm.changes import model_of
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
                zip(
                    (line.line for line in good),
                    _settle(record_type, pairs, now=now, announced=0 if start else len(lines)),
                    strict=True,
                )
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

    def work() -> PairResult:
        result = _settle(record_type, [(old, new)], now=now, origin=Alias.Origin.HAND)[0]
        if result.change not in (Change.REFUSED, Change.KNOWN):
            about = Thing(record_type=record_type, label=f"{old} → {new}")
            recording.record(Kind.DATA_IDS, about, count=1)
        return result

    return in_transaction(work)


def merge_two(record_type: RecordType, row_id: int, *, into_id: int, now: datetime) -> None:
    """Let one row go into another one, as a person chose.

    Raises:
        MergeRefusedError: see there; nothing is changed.
    """

    def work() -> None:
        merge(record_type, row_id, into_id=into_id, now=now)
        takeover.take_over(record_type, [row_id], now=now)
        recording.record(Kind.DATA_MERGE, Thing(record_type=record_type), row=row_id, into=into_id)

    in_transaction(work)


def forget_alias(alias: Alias) -> None:
    """The old ID means nothing any more; rows stay as they are."""
    with transaction.atomic():
        said = {name: getattr(alias, name) for name in ("record_type", "old_id", "new_id")}
        about = Thing(record_type=alias.record_type, label=f"{alias.old_id} → {alias.new_id}")
        alias.delete()
        recording.record(Kind.DATA_ID_FORGET, about, before=said, after={})


def restore_alias(record_type: RecordType, old: str, new: str, *, now: datetime) -> bool:
    """What `forget_alias` forgot; False if either ID means something else by now."""
    aliases = Alias.objects.filter(record_type=record_type)
    with transaction.atomic():
        taken = aliases.filter(old_id__in=[old, new]) | aliases.filter(new_id=old)
        rows = model_of(record_type)._default_manager.filter(external_id=old)
        if taken.exists() or rows.exists():
            return False
        origin = Alias.Origin.HAND
        Alias.objects.create(
            record_type=record_type, old_id=old, new_id=new, origin=origin, made_at=now
        )
        said = {"record_type": record_type, "old_id": old, "new_id": new}
        about = Thing(record_type=record_type, label=f"{old} → {new}")
        recording.record(Kind.DATA_IDS, about, before={}, after=said, count=1)
    return True


def _settle(
    record_type: RecordType,
    pairs: Sequence[tuple[str, str]],
    *,
    now: datetime,
    origin: Alias.Origin = Alias.Origin.FILE,
    announced: int = 0,
) -> list[PairResult]:
    """One transaction; with the first of a file it is written down how many lines the file has."""

    def work() -> list[PairResult]:
        if announced:
            recording.record(Kind.DATA_IDS, Thing(record_type=record_type), count=announced)
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
