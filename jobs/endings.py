"""How a run ends, by what stopped it, and what the administrator is told."""

from dataclasses import dataclass
from datetime import datetime
from functools import partial

from common import clock
from common.problems import Problem
from integrations import connections
from integrations.kintone.errors import (
    AllowanceSpentError,
    KintoneConfigError,
    KintoneError,
    KintoneRejection,
    KintoneTransientError,
)
from jobs.engine.ports import RunStopError
from jobs.engine.send import NothingGetsThroughError
from jobs.states import FailureKind, RunStatus
from mapping.models import Mapping
from mapping.plan import PlanError


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How a run ended."""

    status: RunStatus
    failure_kind: FailureKind | None = None
    problem: Problem | None = None
    resume_at: datetime | None = None
    error: BaseException | None = None


def ending_after(error: Exception, *, mapping: Mapping) -> Ending:
    """What the administrator is told, by the kind of trouble."""
    told = partial(connections.error_problem, connection=mapping.connection, app=mapping.app)
    now = clock.now()
    if isinstance(error, AllowanceSpentError):
        return _held_until_midnight("budget", now=now)
    if isinstance(error, RunStopError):
        return _ending_after_stop(error)
    if isinstance(error, PlanError):
        first = error.problems[0] if error.problems else Problem(code="form_mismatch")
        return _failed(FailureKind.CONFIGURATION, first)
    if isinstance(error, NothingGetsThroughError):
        return _failed(FailureKind.CONFIGURATION, told(error.error))
    if isinstance(error, KintoneConfigError):
        return _failed(FailureKind.CONFIGURATION, told(error))
    if isinstance(error, KintoneTransientError):
        return _failed(FailureKind.TRANSIENT, told(error))
    if isinstance(error, KintoneRejection):
        return _failed(FailureKind.CONFIGURATION, told(error))
    if isinstance(error, KintoneError):
        return _failed(FailureKind.INTERNAL, told(error), error=error)
    return _failed(FailureKind.INTERNAL, Problem(code="internal"), error=error)


def _ending_after_stop(error: RunStopError) -> Ending:
    if error.problem.code in {"budget", "first_load_share"}:
        return _held_until_midnight(error.problem.code, now=clock.now())
    if error.problem.code == "paused":
        return Ending(status=RunStatus.HELD, problem=error.problem)
    if error.problem.code in {"rules_changed", "plan_outdated", "canceled"}:
        return Ending(status=RunStatus.CANCELED, problem=error.problem)
    return _failed(FailureKind.CONFIGURATION, error.problem)


def _held_until_midnight(code: str, *, now: datetime) -> Ending:
    resume_at = clock.next_japan_midnight(now)
    problem = Problem(code=code, params={"resume_at": resume_at.isoformat()})
    return Ending(status=RunStatus.HELD, problem=problem, resume_at=resume_at)


def _failed(kind: FailureKind, problem: Problem, *, error: BaseException | None = None) -> Ending:
    return Ending(status=RunStatus.FAILED, failure_kind=kind, problem=problem, error=error)
