"""`GET /metrics` for Prometheus: how it stands, read from the database when it is asked.

Any web process answers for all hosts, and a process that dies takes no count with it. Names of
connections and app ids are in it, never a value of a record.
"""

from collections.abc import Iterator
from hmac import compare_digest

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from kombu.exceptions import OperationalError
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from redis.exceptions import RedisError

from common import clock
from hpsync.celery import app
from integrations.governor import LATENCIES
from integrations.models import AppBudget, RequestDay, Traffic
from jobs.models import Heartbeat, Run
from jobs.notices.models import Delivery
from jobs.pages.health import Health, mapping_lines
from jobs.states import ACTIVE_STATUSES

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
MAPPING = ("connection", "record_type", "app")


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """The figures, for who shows METRICS_TOKEN; to others there is nothing here."""
    shown = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not settings.METRICS_TOKEN or not compare_digest(
        shown.encode(), settings.METRICS_TOKEN.encode()
    ):
        raise Http404
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Figures())
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE)


class _Figures:
    """A collector: what there is at this moment."""

    def describe(self) -> list[Metric]:
        """Nothing is known before it is asked for."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Every figure."""
        yield from _of_mappings()
        yield from _of_runs()
        yield from _of_requests()
        yield from _of_kintone()
        yield from _of_processes()


def _of_mappings() -> Iterator[Metric]:
    state = GaugeMetricFamily(
        "hpsync_mapping_state", "1 for the state that the mapping is in", labels=[*MAPPING, "state"]
    )
    behind = GaugeMetricFamily(
        "hpsync_mapping_behind_seconds", "Age of the oldest change that waits", labels=MAPPING
    )
    waiting = GaugeMetricFamily(
        "hpsync_mapping_waiting_records", "Changes that wait, up to 10,000", labels=MAPPING
    )
    failed = GaugeMetricFamily(
        "hpsync_mapping_failed_records", "Records that cannot be sent", labels=MAPPING
    )
    last = GaugeMetricFamily(
        "hpsync_mapping_last_run_timestamp_seconds", "When its last run ended", labels=MAPPING
    )
    for line in mapping_lines(now=clock.now()):
        mapping = line.mapping
        labels = [mapping.connection.name, str(mapping.record_type), str(mapping.app)]
        for one in Health:
            state.add_metric([*labels, one.value], float(line.health is one))
        behind.add_metric(labels, line.behind.total_seconds())
        waiting.add_metric(labels, line.waiting.count)
        failed.add_metric(labels, line.failed)
        if line.last and line.last.finished_at:
            last.add_metric(labels, line.last.finished_at.timestamp())
    yield from (state, behind, waiting, failed, last)


def _of_runs() -> Iterator[Metric]:
    active = GaugeMetricFamily("hpsync_runs_active", "Runs that have not ended", labels=["status"])
    statuses = list(Run.objects.filter(status__in=ACTIVE_STATUSES).values_list("status", flat=True))
    for status in ACTIVE_STATUSES:
        active.add_metric([str(status)], statuses.count(status))
    yield active


def _of_requests() -> Iterator[Metric]:
    used = GaugeMetricFamily(
        "hpsync_requests_today", "Requests counted today, in Japan", labels=["host", "app"]
    )
    most = GaugeMetricFamily(
        "hpsync_requests_daily_limit", "Requests that a day may have", labels=["host", "app"]
    )
    days = RequestDay.objects.filter(day=clock.japan_day(clock.now()))
    spent = dict(days.values_list("budget_id", "used"))
    for budget in AppBudget.objects.order_by("pk"):
        labels = [budget.host, str(budget.app)]
        used.add_metric(labels, spent.get(budget.pk, 0))
        most.add_metric(labels, budget.daily_requests)
    yield from (used, most)


def _of_kintone() -> Iterator[Metric]:
    took = HistogramMetricFamily(
        "hpsync_kintone_request_seconds",
        "Requests of runs: how long each was under way, attempts and pauses included",
        labels=["host"],
    )
    slowed = CounterMetricFamily(
        "hpsync_kintone_slowed", "How often kintone said that it was too much", labels=["host"]
    )
    window = GaugeMetricFamily(
        "hpsync_kintone_window", "Requests that may be under way at once", labels=["host"]
    )
    for traffic in Traffic.objects.order_by("host"):
        counts = traffic.within or [0] * len(LATENCIES)
        bounds = map(str, LATENCIES)
        buckets = [*zip(bounds, counts, strict=True), ("+Inf", traffic.landed)]
        took.add_metric([traffic.host], buckets=buckets, sum_value=traffic.seconds)
        slowed.add_metric([traffic.host], traffic.halved)
        window.add_metric([traffic.host], traffic.window)
    yield from (took, slowed, window)


def _of_processes() -> Iterator[Metric]:
    tick = Heartbeat.objects.filter(name="tick").values_list("at", flat=True).first()
    if tick:
        last = GaugeMetricFamily("hpsync_tick_timestamp_seconds", "When the clock struck last")
        last.add_metric([], tick.timestamp())
        yield last
    notices = GaugeMetricFamily("hpsync_notices_waiting", "Notices that have not arrived yet")
    notices.add_metric([], Delivery.objects.filter(sent_at=None, given_up_at=None).count())
    yield notices
    if lengths := _queues():
        queue = GaugeMetricFamily("hpsync_queue_messages", "Messages that wait", labels=["queue"])
        for name, length in lengths.items():
            queue.add_metric([name], length)
        yield queue


def _queues() -> dict[str, int]:
    """Name → how many messages wait in it; nothing while the broker is away."""
    names = (settings.CELERY_TASK_DEFAULT_QUEUE, settings.CLOCK_QUEUE)
    try:
        with app.connection_for_write(connect_timeout=2) as broker:
            channel = broker.default_channel
            return {name: channel.queue_declare(name).message_count for name in names}  # type: ignore[attr-defined]
    except (OperationalError, RedisError, OSError):
        return {}
