"""How many requests one kintone app may still be asked today, over all connections and workers.

kintone refuses nothing beyond its daily limit, so the count is ours. Days are Japan's.
"""

from datetime import date, datetime, timedelta

from django.db.models import F

from common import clock
from integrations.kintone.errors import AllowanceSpentError
from integrations.models import DEFAULT_DAILY_REQUESTS, AppBudget, RequestDay

#: One part in so many of an app's day is kept for what changes, while existing data is sent.
SCHEDULE_S_PART = 10
#: Less of a first day says nothing about the rest of it.
TELLING = timedelta(hours=1)


def spend(host: str, app: int, *, now: datetime, requests: int = 1) -> None:
    """So many requests more are counted against the app.

    Raises:
        AllowanceSpentError: not so many are left today; nothing is counted.
    """
    day = clock.japan_day(now)
    budget = _budget(host, app)
    if _count(budget, day, requests):
        return
    # No row of today yet, or the last request is gone. Of two who add the row one does nothing.
    RequestDay.objects.bulk_create([RequestDay(budget=budget, day=day)], ignore_conflicts=True)
    if not _count(budget, day, requests):
        message = f"{budget}: {budget.daily_requests} requests of {day} are used up"
        raise AllowanceSpentError(message)


def used(host: str, app: int, *, now: datetime) -> int:
    """Requests counted against the app today."""
    day = clock.japan_day(now)
    days = RequestDay.objects.filter(budget__host=host, budget__app=app, day=day)
    return days.values_list("used", flat=True).first() or 0


def left(host: str, app: int, *, now: datetime) -> int:
    """Requests that the app may still be asked today."""
    daily, spent = _today(host, app, now=now)
    return max(0, daily - spent)


def left_for_first_load(host: str, app: int, *, now: datetime) -> int:
    """Requests that existing data may still take today: a tenth of the day is the schedule's."""
    daily, spent = _today(host, app, now=now)
    return max(0, daily - reserve(daily) - spent)


def runs_out_at(*, used: int, yesterday: int | None, daily: int, now: datetime) -> datetime | None:
    """When a day's requests would be used up, if all goes on as it went; None: not today.

    Args:
        used: Requests of today.
        yesterday: Requests of the day before; None where there were none.
    """
    midnight = clock.next_japan_midnight(now)
    passed = timedelta(days=1) - (midnight - now)
    if yesterday is not None:
        pace = (used + yesterday) / (timedelta(days=1) + passed).total_seconds()
    elif passed >= TELLING:
        pace = used / passed.total_seconds()
    else:
        return None
    if used >= daily or not pace:
        return None
    at = now + timedelta(seconds=(daily - used) / pace)
    return at if at < midnight else None


def reserve(daily: int) -> int:
    """Requests of a day that existing data leaves to what changes."""
    return -(-daily // SCHEDULE_S_PART)


def daily_requests(host: str, app: int) -> int:
    """How many requests a day the app may be asked."""
    budgets = AppBudget.objects.filter(host=host, app=app)
    limit = budgets.values_list("daily_requests", flat=True).first()
    return DEFAULT_DAILY_REQUESTS if limit is None else limit


def set_daily_requests(host: str, app: int, requests: int) -> None:
    """The app may be asked so many requests a day from now on, today included."""
    AppBudget.objects.update_or_create(host=host, app=app, defaults={"daily_requests": requests})


class Meter:
    """Spends a client's requests on the budgets of its kintone's apps."""

    def __init__(self, host: str) -> None:
        self._host = host

    def spend(self, *, app: int | None, requests: int = 1) -> None:
        """One exchange more is counted, unless kintone counts it against no app.

        Raises:
            AllowanceSpentError: the app's requests of today are used up.
        """
        if app is not None:
            spend(self._host, app, now=clock.now(), requests=requests)

    def heard(self, *, too_much: bool) -> None:
        """Nothing: who asks once in a while need not slow down."""


def _today(host: str, app: int, *, now: datetime) -> tuple[int, int]:
    """How many requests the app may be asked today, and how many it was asked."""
    today = RequestDay.objects.filter(budget__host=host, budget__app=app, day=clock.japan_day(now))
    counted = today.values_list("budget__daily_requests", "used").first()
    return counted or (daily_requests(host, app), 0)


def _budget(host: str, app: int) -> AppBudget:
    return AppBudget.objects.get_or_create(host=host, app=app)[0]


def _count(budget: AppBudget, day: date, requests: int) -> bool:
    """Whether so many more were counted.

    The limit is compared in the UPDATE of the counting row itself, where the database looks again
    after it waited for another writer; in a subquery it would not.
    """
    most = budget.daily_requests - requests
    open_days = RequestDay.objects.filter(budget=budget, day=day, used__lte=most)
    return open_days.update(used=F("used") + requests) == 1
