"""When a notice goes: at once, or after quiet hours and with others. Values in, moments out."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from common.clock import JAPAN
from jobs.notices.states import Digest

#: When the daily digest goes, in Japan.
DAILY_AT = time(9, 0)
FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=1)
#: So long it is tried.
PATIENCE = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """When notices wait; times are Japan's."""

    quiet_from: time | None = None
    quiet_until: time | None = None
    urgent_at_once: bool = True
    digest: str = Digest.IMMEDIATE

    def go_at(self, now: datetime, *, urgent: bool) -> datetime:
        """When a notice that is made now is first sent."""
        if urgent and self.urgent_at_once:
            return now
        if self.digest == Digest.HOURLY:
            now = next_full_hour(now)
        elif self.digest == Digest.DAILY:
            now = next_time(now, DAILY_AT)
        return self.after_quiet(now)

    def try_again_at(self, now: datetime, *, attempts: int, urgent: bool) -> datetime:
        """When a notice is tried again that failed so many times."""
        pause = min(FIRST_PAUSE * 2 ** min(attempts - 1, 10), LONGEST_PAUSE)
        again = now + pause
        return again if urgent and self.urgent_at_once else self.after_quiet(again)

    def after_quiet(self, moment: datetime) -> datetime:
        """The moment, or the end of the quiet hours that it falls into."""
        begin, end = self.quiet_from, self.quiet_until
        if begin is None or end is None or begin == end:
            return moment
        at = moment.astimezone(JAPAN).time()
        quiet = begin <= at < end if begin < end else at >= begin or at < end
        return next_time(moment, end) if quiet else moment


def next_full_hour(moment: datetime) -> datetime:
    """The first full hour after the moment."""
    return moment.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)


def next_time(moment: datetime, at: time) -> datetime:
    """The first moment after this one at which clocks in Japan show that time."""
    local = moment.astimezone(JAPAN)
    same_day = local.replace(hour=at.hour, minute=at.minute, second=0, microsecond=0)
    return same_day if same_day > local else same_day + timedelta(days=1)
