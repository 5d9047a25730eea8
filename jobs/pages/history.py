"""30日間のデータ処理: what each of the last days brought to kintone, for the dashboard's chart."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from django.db.models import Count, F, Func, IntegerField, Q, Sum, Value

from common import clock
from jobs.models import Run
from jobs.states import RunStatus, Trigger

DAYS: Final = 30
#: The chart in its own units: the width of a day, and the height of the highest one.
WIDTH: Final = 20
HEIGHT: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """What the runs that were begun on one of Japan's days came to."""

    day: date
    runs: int = 0
    failed_runs: int = 0
    """Those that broke off."""
    created: int = 0
    updated: int = 0
    errors: int = 0
    """Records that were refused, each as often as it was tried."""

    @property
    def sent(self) -> int:
        """Records that arrived."""
        return self.created + self.updated


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One day of the chart, measured from its upper left corner."""

    day: Day
    x: int
    sent: int
    """Height of what arrived."""
    errors: int
    """Height of what was refused, which stands on top of it."""
    marked: bool
    """Whether a run broke off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """The last days, oldest first, and the chart of them."""

    days: Sequence[Day]
    bars: Sequence[Bar]
    sent: int
    errors: int
    failed_runs: int

    @property
    def width(self) -> int:
        """Of the whole chart."""
        return WIDTH * DAYS

    @property
    def newest_first(self) -> Sequence[Day]:
        """Those days on which anything ran, for the table behind the chart."""
        return [day for day in reversed(self.days) if day.runs]


class _DayNumber(Func):
    """Whole days from the second argument to the first, both moments."""

    output_field = IntegerField()

    def as_postgresql(self, compiler: Any, connection: Any, **more: Any) -> Any:
        template = "FLOOR(EXTRACT(EPOCH FROM (%(expressions)s)) / 86400)::integer"
        return self.as_sql(compiler, connection, template=template, arg_joiner=" - ", **more)

    def as_sqlite(self, compiler: Any, connection: Any, **more: Any) -> Any:
        template, joiner = "CAST(julianday(%(expressions)s) AS INTEGER)", ") - julianday("
        return self.as_sql(compiler, connection, template=template, arg_joiner=joiner, **more)


def history(*, now: datetime) -> History:
    """The last `DAYS` days, today among them; one query. Tests of one record do not count."""
    begin = clock.next_japan_midnight(now) - timedelta(days=DAYS)
    first = clock.japan_day(begin)
    rows = (
        Run.objects.filter(queued_at__gte=begin)
        .exclude(trigger=Trigger.TEST)
        .annotate(number=_DayNumber(F("queued_at"), Value(begin)))
        .values("number")
        .order_by()
        .annotate(
            runs=Count("pk"),
            failed_runs=Count("pk", filter=Q(status=RunStatus.FAILED)),
            created=Sum("created"),
            updated=Sum("updated"),
            errors=Sum(F("invalid") + F("rejected")),
        )
    )
    found: dict[int, dict[str, Any]] = {row["number"]: {**row} for row in rows}
    days = [_day(first + timedelta(days=number), found.get(number, {})) for number in range(DAYS)]
    return History(
        days=days,
        bars=_bars(days),
        sent=sum(day.sent for day in days),
        errors=sum(day.errors for day in days),
        failed_runs=sum(day.failed_runs for day in days),
    )


def _day(day: date, counts: dict[str, Any]) -> Day:
    return Day(day=day, **{name: count for name, count in counts.items() if name != "number"})


def _bars(days: Sequence[Day]) -> list[Bar]:
    highest = max((day.sent + day.errors for day in days), default=0) or 1
    return [
        Bar(
            day=day,
            x=number * WIDTH,
            sent=_height(day.sent, highest),
            errors=_height(day.errors, highest),
            marked=day.failed_runs > 0,
        )
        for number, day in enumerate(days)
    ]


def _height(count: int, highest: int) -> int:
    """What is there at all is seen."""
    return max(2, round(count * HEIGHT / highest)) if count else 0
