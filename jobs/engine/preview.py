"""What a push would do with one record, told without sending it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from common.problems import Problem
from jobs.engine.build import build
from jobs.engine.values import Candidate, OutcomeKind, Settled
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


def predict(
    candidate: Candidate, *, plan: MappingPlan, refused: Sequence[Problem] = ()
) -> Prediction:
    """The way of a run (`jobs.engine.build`), stopped before anything is sent.

    Args:
        refused: Why kintone refused this very version by these very rules; () if it did not.
    """
    built = build(candidate, plan=plan)
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
        outcome=OutcomeKind.UPDATED if built.expects_update else OutcomeKind.CREATED,
        key=built.payload.claim,
        record_id=built.known.record_id if built.known else None,
    )
    if not refused:
        return prediction
    return replace(prediction, outcome=OutcomeKind.REJECTED, problems=tuple(refused))
