"""How many requests may be in flight to one kintone at once, over all workers."""

from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings as configured

from integrations import governor
from integrations.kintone.transport import REQUEST_LIFE
from integrations.models import Flight, Traffic

HOST = "demo.cybozu.com"
NOON = datetime(2026, 11, 22, 3, tzinfo=UTC)

pytestmark = pytest.mark.django_db


def take_off(*, host=HOST, holder="run 1", now=NOON):
    return governor.take_off(host, holder=holder, now=now)


def fill(*, now=NOON, holder="run 1"):
    """Takes off until there is no room; returns the flights."""
    flights = []
    while (flight := take_off(now=now, holder=holder)) is not None:
        flights.append(flight)
    return flights


def land(flight, *, too_much=False, began=NOON, now=NOON):
    governor.land(flight, host=HOST, began=began, too_much=too_much, now=now)


def window():
    return Traffic.objects.get(host=HOST).window


def test_a_kintone_that_nobody_knows_gets_a_few_requests_at_once():
    assert len(fill()) == 4


def test_each_answer_makes_room_for_one_more_until_our_share_is_used(settings):
    settings.KINTONE_REQUESTS_AT_ONCE = 6

    for flight in fill():
        land(flight)
    assert len(fill()) == 6


def test_a_small_share_is_never_exceeded(settings):
    settings.KINTONE_REQUESTS_AT_ONCE = 2

    assert len(fill()) == 2


def test_too_much_halves_the_window_once_for_all_that_were_in_the_air_together():
    flights = fill()

    for flight in flights:
        land(flight, too_much=True, now=NOON + timedelta(seconds=1))

    assert window() == 2
    assert len(fill(now=NOON + timedelta(seconds=2))) == 2


def test_too_much_again_in_the_next_round_halves_it_again_but_one_always_goes():
    for second in range(1, 20, 2):
        began = NOON + timedelta(seconds=second)
        flights = fill(now=began)
        assert flights
        land(flights[0], too_much=True, began=began, now=began + timedelta(seconds=1))
        governor.forget("run 1")

    assert window() == 1


def test_after_too_much_the_window_grows_by_one_a_round_not_by_one_an_answer():
    for flight in fill():
        land(flight, too_much=True, now=NOON + timedelta(seconds=1))
    for flight in fill(now=NOON + timedelta(seconds=2)):
        land(flight, now=NOON + timedelta(seconds=3))

    assert 2.5 < window() < 3.5


def test_all_workers_share_the_window_of_a_domain_and_no_other():
    assert fill(holder="run 1")

    assert take_off(holder="run 2") is None
    assert take_off(holder="run 2", host="other.cybozu.com") is not None


def test_what_a_dead_worker_had_in_the_air_is_forgotten_with_it():
    fill(holder="run 1")

    governor.forget("run 1")

    assert take_off(holder="run 2") is not None


def test_a_flight_that_cannot_be_alive_any_more_takes_no_room():
    fill()

    assert take_off(now=NOON + REQUEST_LIFE + timedelta(seconds=1)) is not None


def test_a_flight_from_a_clock_that_was_ahead_takes_no_room():
    fill(now=NOON + timedelta(hours=1))

    assert take_off(now=NOON) is not None


def test_a_flight_that_is_tried_again_lives_longer():
    flights = fill()
    for flight in flights:
        governor.stay_aloft(flight, now=NOON + timedelta(seconds=50))

    assert take_off(now=NOON + REQUEST_LIFE + timedelta(seconds=1)) is None


def test_what_was_learned_long_ago_is_forgotten():
    for flight in fill():
        land(flight, too_much=True, now=NOON + timedelta(seconds=1))

    assert len(fill(now=NOON + timedelta(minutes=11))) == 4


def test_a_flight_that_was_given_up_lands_without_a_trace():
    (flight, *_) = fill()
    governor.forget("run 1")

    land(flight, too_much=True, now=NOON + timedelta(seconds=1))

    assert window() == 4
    assert not Flight.objects.exists()


def test_the_share_is_ten_as_shipped():
    assert configured.KINTONE_REQUESTS_AT_ONCE == 10
