"""What each kintone app was asked today, and whether its day will suffice."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from common import clock
from integrations import budget
from integrations.models import AppBudget, RequestDay
from jobs.pages.health import MappingLine


@dataclass(frozen=True, slots=True, kw_only=True)
class AppUse:
    """What one kintone app was asked today."""

    host: str
    app: int
    name: str
    used: int
    limit: int
    runs_out_at: datetime | None
    """When the limit would be reached at the pace of yesterday and today; None: not today."""

    @property
    def is_nearly_spent(self) -> bool:
        """Whether less than a tenth of the day is left, or it will not suffice."""
        return self.used * 10 >= self.limit * 9 or self.runs_out_at is not None


def app_uses(lines: Sequence[MappingLine], *, now: datetime) -> list[AppUse]:
    """Requests of today against the limit, of every app that a mapping goes to; two queries."""
    names = {(line.mapping.connection.host, line.mapping.app): line.mapping for line in lines}
    limits = {(one.host, one.app): one for one in AppBudget.objects.all()}
    today = clock.japan_day(now)
    days = RequestDay.objects.filter(day__in=[today, today - timedelta(days=1)])
    used = {(row.budget_id, row.day): row.used for row in days}
    uses = []
    for (host, app), mapping in names.items():
        if (host, app) not in limits:
            continue
        of_app = limits[host, app]
        so_far = used.get((of_app.pk, today), 0)
        uses.append(
            AppUse(
                host=host,
                app=app,
                name=mapping.app_name or str(app),
                used=so_far,
                limit=of_app.daily_requests,
                runs_out_at=budget.runs_out_at(
                    used=so_far,
                    yesterday=used.get((of_app.pk, today - timedelta(days=1))),
                    daily=of_app.daily_requests,
                    now=now,
                ),
            )
        )
    return uses
