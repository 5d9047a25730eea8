"""Runs that ended long ago go with their outcomes; what is needed of them stays."""

from datetime import timedelta
from typing import Any

import pytest

from common import clock
from jobs import run_history
from jobs.models import Alert, Outcome, Run
from jobs.states import RunStatus, Trigger
from jobs.sweep import sweep
from mapping.models import Mapping
from tests.builders_mapping import make_mapping


@pytest.fixture
def mapping(db: None) -> Mapping:
    return make_mapping()


def run_of(mapping: Mapping, *, days_ago: float, **values: Any) -> Run:
    """A run of so many days ago with three outcomes."""
    at = clock.now() - timedelta(days=days_ago)
    given = {"status": RunStatus.SUCCEEDED, "trigger": Trigger.SCHEDULE, **values}
    run = Run.objects.create(mapping=mapping, slot=at, queued_at=at, **given)
    for number in range(3):
        Outcome.objects.create(run=run, source_id=number, outcome="created", at=at)
    return run


def test_what_is_older_than_its_days_goes(mapping: Mapping) -> None:
    old, young = run_of(mapping, days_ago=401), run_of(mapping, days_ago=399)
    alert = Alert.objects.create(
        connection=mapping.connection, kind="configuration", run=old, began_at=old.queued_at
    )

    sweep(now=clock.now())

    assert list(Run.objects.all()) == [young]
    assert set(Outcome.objects.values_list("run", flat=True)) == {young.pk}
    alert.refresh_from_db()
    assert alert.run is None


def test_the_newest_run_of_a_mapping_stays(mapping: Mapping) -> None:
    run_of(mapping, days_ago=500)
    last = run_of(mapping, days_ago=450)

    run_history.forget_old(now=clock.now())

    assert list(Run.objects.all()) == [last]


def test_a_run_that_rests_stays(mapping: Mapping) -> None:
    resting = run_of(mapping, days_ago=500, status=RunStatus.HELD, paused=True, full=True)
    run_of(mapping, days_ago=1)

    run_history.forget_old(now=clock.now())

    assert Run.objects.filter(pk=resting.pk).exists()


def test_a_tick_takes_some_and_the_next_one_goes_on(
    mapping: Mapping, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_history, "OUTCOMES_AT_ONCE", 2)
    run_of(mapping, days_ago=500)
    run_of(mapping, days_ago=1)

    # The clock says at each question that this was all the time.
    moments = iter([0.0, 0.0, 9.0])
    monkeypatch.setattr("jobs.run_history.time.monotonic", lambda: next(moments))
    assert run_history.forget_old(now=clock.now(), longest=5) == 2
    assert Run.objects.count() == 2

    monkeypatch.undo()
    run_history.forget_old(now=clock.now())
    assert Run.objects.count() == 1


def test_where_nothing_is_too_old_it_asks_once(
    mapping: Mapping, django_assert_num_queries: Any
) -> None:
    run_of(mapping, days_ago=10)

    with django_assert_num_queries(1):
        assert run_history.forget_old(now=clock.now()) == 0
