"""What a push would take, before it is begun: records, requests, share of the day, time."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from common import clock
from common.types import RecordType
from integrations import budget
from jobs.engine.dispatch import BATCH_SIZE, MOST_PARTS
from jobs.ledger import ledger_to_read, owed_rows
from jobs.models import Run
from jobs.states import WELL_ENDED
from mapping.models import Mapping

#: Records a second, where no run of the mapping tells: kintone's 2 ms a record and 100 ms a
#: request, five in flight on average, with room to spare.
ASSUMED_RATE = 1000.0
#: A run of fewer records tells nothing about many.
TELLING = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """At most: what fails or is unchanged takes less."""

    records: int
    counted: int
    """Requests counted against the app."""
    exchanges: int
    """Requests on the wire."""
    left: int
    """Requests that may still be used for it today."""
    daily: int
    duration: timedelta
    """Of sending, without holds."""
    days: int
    """How many midnights in Japan it has to wait for; 0: it is done today."""

    @property
    def share(self) -> int:
        """Per cent of a day's requests."""
        return round(100 * self.counted / self.daily) if self.daily else 100

    @property
    def is_quick(self) -> bool:
        """Whether sending takes less than a minute: more exactly nobody can say."""
        return self.duration < timedelta(minutes=1)

    def ends_at(self, now: datetime) -> datetime:
        """When it would be done, if it began now and nothing else was sent."""
        begins = now
        for _ in range(self.days):
            begins = clock.next_japan_midnight(begins)
        return begins + self.duration


def of_first_load(mapping: Mapping, *, now: datetime) -> Forecast:
    """What 全件連携 would take: every record that kintone does not hold from us as it is."""
    rows = owed_rows(ledger_to_read(mapping), RecordType(mapping.record_type), existing_too=True)
    return of_records(mapping, rows.count(), now=now)


def of_records(mapping: Mapping, records: int, *, now: datetime) -> Forecast:
    """What sending so many records at once would take."""
    host, app = mapping.connection.host, mapping.app
    daily = budget.daily_requests(host, app)
    left = budget.left_for_first_load(host, app, now=now)
    exchanges = _exchanges(records)
    # Rows that are to be kept are read before each writing (`jobs.engine.rows`).
    reads = exchanges if mapping.rules.filter(keep_rows=True).exists() else 0
    counted = -(-records // BATCH_SIZE) + reads
    return Forecast(
        records=records,
        counted=counted,
        exchanges=exchanges + reads,
        left=left,
        daily=daily,
        duration=timedelta(seconds=round(records / _rate(mapping))),
        days=_midnights(counted, left=left, a_day=daily - budget.reserve(daily)),
    )


def _exchanges(records: int) -> int:
    bulk = BATCH_SIZE * MOST_PARTS
    return records // bulk + -(-(records % bulk) // BATCH_SIZE)


def _midnights(counted: int, *, left: int, a_day: int) -> int:
    """How often the day's requests run out before so many are sent."""
    beyond = max(0, counted - left)
    return -(-beyond // a_day) if a_day else 0


def _rate(mapping: Mapping) -> float:
    """Records a second of the mapping's last run that sent many."""
    ended = Run.objects.filter(
        mapping=mapping,
        only__isnull=True,
        status__in=WELL_ENDED,
        started_at__isnull=False,
        finished_at__isnull=False,
    )
    for run in ended.order_by("-pk")[:20]:
        assert run.started_at is not None
        assert run.finished_at is not None
        sent = run.created + run.updated - run.done_before
        seconds = (run.finished_at - run.started_at).total_seconds()
        if sent >= TELLING and seconds > 0:
            return sent / seconds
    return ASSUMED_RATE
