"""How many requests may be in flight to one kintone at once, over all workers and hosts.

kintone bears 100 in a domain, which it shares among everything that speaks to it. The window moves
as TCP's does: it starts at a few, grows with every answer, and is halved when kintone says that it
is too much (429, locked records, a high `X-ConcurrencyLimit-Running`). It lives in the database, so
that all workers share it without anything that could be lost; a request costs two short
transactions, and large pushes go 500 records a request.
"""

from datetime import datetime, timedelta

from django.conf import settings

from common.durability import durable_soon
from integrations.kintone.transport import REQUEST_LIFE
from integrations.models import Flight, Traffic

#: In flight at once, before anything is known of a kintone.
FIRST_WINDOW = 4.0
#: Seconds by which requests are told apart by how long they took.
LATENCIES = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
#: What was learned longer ago than this says nothing of now.
FORGET_AFTER = timedelta(minutes=10)


def take_off(host: str, *, holder: str, now: datetime) -> int | None:
    """Primary key of a flight that may begin now; None where the window is full."""
    with durable_soon():
        traffic = _locked(host, now=now)
        under_way = traffic.flights.filter(until__gt=now, until__lte=now + REQUEST_LIFE).count()
        if under_way + 1 > traffic.window:
            return None
        return Flight.objects.create(traffic=traffic, holder=holder, until=now + REQUEST_LIFE).pk


def stay_aloft(flight: int, *, now: datetime) -> None:
    """The flight is tried once more: it lives so much longer."""
    Flight.objects.filter(pk=flight).update(until=now + REQUEST_LIFE)


def land(flight: int, *, host: str, began: datetime, too_much: bool, now: datetime) -> None:
    """The flight is over, and this is how kintone bore it.

    Args:
        began: When it took off: of several that were refused together one halves the window.
    """
    with durable_soon():
        traffic = _locked(host, now=now)
        landed, _ = Flight.objects.filter(pk=flight).delete()
        if not landed:
            return  # its holder was given up for lost meanwhile
        if too_much:
            _halve(traffic, began=began, now=now)
        else:
            _widen(traffic)
        _count(traffic, seconds=max(0.0, (now - began).total_seconds()))
        traffic.heard_at = now
        traffic.save()


def forget(holder: str) -> None:
    """Nothing of this holder's is under way any more."""
    Flight.objects.filter(holder=holder).delete()


def _locked(host: str, *, now: datetime) -> Traffic:
    traffic = Traffic.objects.select_for_update().filter(host=host).first()
    if traffic is None:
        defaults = _unknown(now)
        Traffic.objects.get_or_create(host=host, defaults=defaults)
        traffic = Traffic.objects.select_for_update().get(host=host)
    if not traffic.heard_at <= now < traffic.heard_at + FORGET_AFTER:
        for name, value in _unknown(now).items():
            setattr(traffic, name, value)
        traffic.save()
    return traffic


def _unknown(now: datetime) -> dict[str, object]:
    most = float(settings.KINTONE_REQUESTS_AT_ONCE)
    window = min(FIRST_WINDOW, most)
    return {"window": window, "threshold": most, "halved_at": now, "heard_at": now}


def _widen(traffic: Traffic) -> None:
    step = 1.0 if traffic.window < traffic.threshold else 1.0 / traffic.window
    traffic.window = min(traffic.window + step, float(settings.KINTONE_REQUESTS_AT_ONCE))


def _count(traffic: Traffic, *, seconds: float) -> None:
    before = traffic.within or [0] * len(LATENCIES)
    traffic.within = [
        count + (seconds <= bound) for count, bound in zip(before, LATENCIES, strict=True)
    ]
    traffic.landed += 1
    traffic.seconds += seconds


def _halve(traffic: Traffic, *, began: datetime, now: datetime) -> None:
    if began < traffic.halved_at:
        return
    traffic.window = traffic.threshold = max(traffic.window / 2, 1.0)
    traffic.halved_at = now
    traffic.halved += 1
