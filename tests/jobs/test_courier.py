"""Requests travel in threads; what is written is written by the run's own thread."""

import threading

import pytest

from common import clock
from integrations import budget
from integrations.kintone.errors import AllowanceSpentError, KintoneTransientError
from integrations.kintone.values import Operation, PutResult
from integrations.models import Flight
from jobs import runs
from jobs.courier import RunCourier
from jobs.engine.ports import LeaseLostError
from jobs.engine.values import Request, Sendable
from jobs.models import Run
from jobs.states import Trigger
from mapping.payload import Payload

pytestmark = pytest.mark.django_db
OWNER = "me"


@pytest.fixture
def run(company_mapping):
    started = runs.start(company_mapping, trigger=Trigger.MANUAL, now=clock.now())
    assert runs.take(started.pk, owner=OWNER, now=clock.now())
    return started


@pytest.fixture
def courier(run):
    mapping = run.mapping
    with RunCourier(
        run_id=run.pk, owner=OWNER, host=mapping.connection.host, app=mapping.app, most=4
    ) as opened:
        yield opened


def request_of(*numbers):
    payload = Payload(key="K", claim="K", record={}, digest="")
    part = [
        Sendable(row_id=number, version=1, label="", payload=payload, known=None)
        for number in numbers
    ]
    return Request(parts=[part])


def saved(parts, upsert=True):
    return [
        [PutResult(record_id=1, revision=1, operation=Operation.INSERT) for _ in part]
        for part in parts
    ]


def let_leave(courier, request):
    assert courier.reserve()
    courier.send(request)


def used(run):
    return budget.used(run.mapping.connection.host, run.mapping.app, now=clock.now())


def test_several_requests_are_on_their_way_together(courier):
    meeting = threading.Barrier(3, timeout=10)

    def carry(parts, upsert):
        meeting.wait()
        return saved(parts)

    courier.carry_by(carry, key_field="code")
    requests = [request_of(number) for number in range(3)]
    for request in requests:
        let_leave(courier, request)

    answers = [courier.wait() for _ in requests]

    assert {id(answer.request) for answer in answers} == {id(request) for request in requests}
    assert [answer.error for answer in answers] == [None] * 3
    assert courier.in_flight == 0
    assert not Flight.objects.exists()


def test_what_goes_wrong_in_a_thread_is_the_answer(courier):
    error = KintoneTransientError("down")

    def carry(parts, upsert):
        raise error

    courier.carry_by(carry, key_field="code")
    let_leave(courier, request_of(1))

    assert courier.wait().error is error


def test_an_exchange_is_counted_before_it_begins_and_each_further_one_as_well(run, courier):
    seen = []

    def carry(parts, upsert):
        for _attempt in range(3):
            courier.spend(app=run.mapping.app, requests=len(parts))
            seen.append(threading.current_thread().name)
        return saved(parts)

    courier.carry_by(carry, key_field="code")
    let_leave(courier, request_of(1))
    assert used(run) == 1

    courier.wait()

    run.refresh_from_db()
    assert (used(run), run.requests, run.counted) == (3, 3, 3)
    assert len(set(seen)) == 1
    assert seen[0] != threading.current_thread().name


def test_a_spent_budget_lets_nothing_leave_and_takes_no_room(run, courier):
    budget.set_daily_requests(run.mapping.connection.host, run.mapping.app, 0)
    courier.carry_by(saved, key_field="code")
    assert courier.reserve()

    with pytest.raises(AllowanceSpentError):
        courier.send(request_of(1))

    assert courier.in_flight == 0
    assert not Flight.objects.exists()


def test_a_budget_that_ends_between_two_attempts_ends_the_call(run, courier):
    budget.set_daily_requests(run.mapping.connection.host, run.mapping.app, 1)

    def carry(parts, upsert):
        for _attempt in range(2):
            courier.spend(app=run.mapping.app, requests=1)
        return saved(parts)

    courier.carry_by(carry, key_field="code")
    let_leave(courier, request_of(1))

    assert isinstance(courier.wait().error, AllowanceSpentError)


def test_a_run_that_is_no_longer_ours_can_neither_send_nor_try_again(run, courier):
    def carry(parts, upsert):
        for _attempt in range(2):
            courier.spend(app=run.mapping.app, requests=1)
        return saved(parts)

    courier.carry_by(carry, key_field="code")
    let_leave(courier, request_of(1))
    Run.objects.filter(pk=run.pk).update(owner="somebody else")

    assert isinstance(courier.wait().error, LeaseLostError)
    assert courier.reserve()
    with pytest.raises(LeaseLostError):
        courier.send(request_of(2))


def test_leaving_early_waits_for_nobody_s_answer_but_lets_no_call_try_again(run):
    mapping = run.mapping
    let_go = threading.Event()
    tried: list[int] = []

    def carry(parts, upsert):
        let_go.wait(10)
        opened.spend(app=mapping.app, requests=1)
        tried.append(1)
        opened.spend(app=mapping.app, requests=1)
        tried.append(2)
        return saved(parts)

    opened = RunCourier(
        run_id=run.pk, owner=OWNER, host=mapping.connection.host, app=mapping.app, most=4
    )
    opened.carry_by(carry, key_field="code")
    with opened:
        let_leave(opened, request_of(1))
        let_go.set()

    assert tried == [1]
    assert not Flight.objects.exists()


def test_where_others_fill_the_air_waiting_comes_back_to_look_again(run, courier, settings):
    settings.KINTONE_REQUESTS_AT_ONCE = 1
    courier.carry_by(saved, key_field="code")
    with RunCourier(run_id=0, owner="", host=run.mapping.connection.host, app=1, most=1) as other:
        assert other.reserve()
        assert not courier.reserve()

        assert courier.wait() is None

    assert courier.reserve()
