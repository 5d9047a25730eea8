"""How far a run has come, how fast it goes, and how long it will take."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from jobs.models import Run
from jobs.states import RunStatus

#: A rate of less time says nothing.
TELLING = timedelta(seconds=3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Of a run that knows how many records it has to settle."""

    done: int
    total: int
    rate: float | None
    """Records a second since it was last taken up; None: not to be told yet."""
    remaining: timedelta | None

    @property
    def percent(self) -> int:
        """0 to 100; 100 only when all is done."""
        if self.done >= self.total:
            return 100
        return min(99, 100 * self.done // self.total)


def progress_of(run: Run, *, now: datetime) -> Progress | None:
    """None where the run cannot say how much it has before it."""
    if run.total is None or run.status not in (RunStatus.RUNNING, RunStatus.HELD):
        return None
    total = max(run.total, run.done)
    rate = _rate(run, now=now) if run.status == RunStatus.RUNNING else None
    left = total - run.done
    return Progress(
        done=run.done,
        total=total,
        rate=rate,
        remaining=timedelta(seconds=round(left / rate)) if rate else None,
    )


def _rate(run: Run, *, now: datetime) -> float | None:
    if run.started_at is None or now - run.started_at < TELLING:
        return None
    return (run.done - run.done_before) / (now - run.started_at).total_seconds()
