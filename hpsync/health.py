"""Is it alive, is it ready? Two open routes for whoever watches over the processes."""

import logging
from collections.abc import Callable, Mapping
from datetime import timedelta

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from common import clock
from hpsync.celery import app
from jobs.models import Heartbeat

logger = logging.getLogger(__name__)

#: The clock strikes every minute; after so long without, somebody must look.
LONGEST_SILENCE = timedelta(minutes=5)
BROKER_PATIENCE = timedelta(seconds=2)


@never_cache
@require_safe
def live(_: HttpRequest) -> HttpResponse:
    """200 as long as this process answers at all."""
    return HttpResponse("ok", content_type="text/plain")


@never_cache
@require_safe
def ready(_: HttpRequest) -> JsonResponse:
    """200 when everything that the product leans on works, else 503; says which does not.

    The route is open: reasons go to the log, not to strangers.
    """
    found = {name: _holds(name, check) for name, check in CHECKS.items()}
    well = all(found.values())
    body = {"ready": well, "checks": {name: "ok" if ok else "ng" for name, ok in found.items()}}
    return JsonResponse(body, status=200 if well else 503)


def _holds(name: str, check: Callable[[], bool]) -> bool:
    try:
        holds = check()
    except (DatabaseError, OperationalError, RedisError, OSError) as error:
        logger.warning("Not ready: %s: %s", name, error)
        return False
    if not holds:
        logger.warning("Not ready: %s", name)
    return holds


def database_answers() -> bool:
    """Whether a query comes back."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        return bool(cursor.fetchone() == (1,))


def schema_is_current() -> bool:
    """Whether every migration of this code is applied."""
    executor = MigrationExecutor(connection)
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())


def broker_answers() -> bool:
    """Whether a task could be handed over now."""
    with app.connection_for_write(connect_timeout=BROKER_PATIENCE.total_seconds()) as broker:
        broker.ensure_connection(max_retries=1, interval_start=0, timeout=1)
        # Opening its channel is what speaks to the server.
        assert broker.default_channel is not None
    return True


def clock_ticks() -> bool:
    """Whether the minute's tick was executed lately."""
    last = Heartbeat.objects.filter(name="tick").values_list("at", flat=True).first()
    return last is not None and clock.now() - last <= LONGEST_SILENCE


CHECKS: Mapping[str, Callable[[], bool]] = {
    "database": database_answers,
    "migrations": schema_is_current,
    "broker": broker_answers,
    "clock": clock_ticks,
}
