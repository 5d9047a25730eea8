"""What a push would do with one record, told without sending it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from common.problems import Problem
from integrations.kintone.values import Record
from jobs.engine.build import build
from jobs.engine.values import Candidate, OutcomeKind, Sendable, Settled
from mapping.plan import MappingPlan

#: What a push sends.
TO_SEND = (OutcomeKind.CREATED, OutcomeKind.UPDATED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """What would become of one record, by what is known here."""

    row_id: int
    version: int
    label: str
    outcome: OutcomeKind
    """Created where kintone is not known to hold it: only kintone knows better."""
    key: str = ""
    """As kintone compares it; "" where nothing would be sent."""
    record_id: int | None = None
    """kintone's record, where one is known."""
    problems: tuple[Problem, ...] = ()
    unique: Mapping[str, str] = field(default_factory=dict)
    """Field → the value that kintone would hold, or holds; fields that take each value once."""


def predict(
    candidate: Candidate, *, plan: MappingPlan, refused: Sequence[Problem] = ()
) -> Prediction:
    """The way of a run (`jobs.engine.build`), stopped before anything is sent.

    Args:
        refused: Why kintone refused this very version by these very rules; () if it did not.
    """
    built = build(candidate, plan=plan, force=True)
    if isinstance(built, Settled):
        return Prediction(
            row_id=built.row_id,
            version=built.version,
            label=built.label,
            outcome=built.outcome,
            problems=built.problems,
        )
    prediction = Prediction(
        row_id=built.row_id,
        version=built.version,
        label=built.label,
        outcome=_outcome_of(built),
        key=built.payload.claim,
        record_id=built.known.record_id if built.known else None,
        unique=_unique_values(built.payload.record, plan=plan),
    )
    if not refused or built.is_unchanged:
        return prediction
    return replace(prediction, outcome=OutcomeKind.REJECTED, problems=tuple(refused), unique={})


def _outcome_of(sendable: Sendable) -> OutcomeKind:
    if sendable.is_unchanged:
        return OutcomeKind.UNCHANGED
    return OutcomeKind.UPDATED if sendable.expects_update else OutcomeKind.CREATED


def _unique_values(record: Record, *, plan: MappingPlan) -> dict[str, str]:
    codes = (column.target.code for column in plan.unique_columns)
    return {code: str(record[code]) for code in codes if record.get(code) not in (None, "")}
