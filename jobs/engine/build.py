"""Steps 2 and 3: a candidate becomes something to send, or is settled without a request."""

from common.problems import Problem
from jobs.engine.values import Candidate, OutcomeKind, Row, Sendable, Settled
from mapping.plan import EmptyKeyError, MappingError, MappingPlan

#: Causes that can go away without a change of the row.
HEALING_CODES = frozenset({"not_visible"})


def build(candidate: Candidate, *, plan: MappingPlan, force: bool = False) -> Sendable | Settled:
    """What to do with one candidate: send it, or why not.

    Args:
        force: Send it even if kintone holds the same values already (a test of one record).
    """
    row, known = candidate.row, candidate.known
    if not row.visible:
        return _set_aside(candidate, OutcomeKind.SKIPPED, (Problem(code="not_visible"),))
    try:
        payload = plan.build(row.values)
    except EmptyKeyError as error:
        return _set_aside(candidate, OutcomeKind.SKIPPED, error.problems)
    except MappingError as error:
        return _set_aside(candidate, OutcomeKind.INVALID, error.problems)
    sendable = Sendable(
        row_id=row.id, version=row.version, label=row.label, payload=payload, known=known
    )
    if not force and sendable.is_unchanged:
        return _unchanged(row, sendable)
    return sendable


def _unchanged(row: Row, sendable: Sendable) -> Settled:
    known = sendable.known
    return Settled(
        row_id=row.id,
        version=row.version,
        label=row.label,
        outcome=OutcomeKind.UNCHANGED,
        key=sendable.payload.key,
        digest=sendable.payload.digest,
        record_id=known.record_id if known else None,
    )


def _set_aside(
    candidate: Candidate, outcome: OutcomeKind, problems: tuple[Problem, ...]
) -> Settled:
    row, known = candidate.row, candidate.known
    codes = tuple(problem.code for problem in problems)
    return Settled(
        row_id=row.id,
        version=row.version,
        label=row.label,
        outcome=outcome,
        problems=problems,
        attempts=known.attempts + 1 if known else 1,
        heals=HEALING_CODES.issuperset(codes),
        repeated=known is not None and known.problem_codes == codes,
    )
