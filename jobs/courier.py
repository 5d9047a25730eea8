"""The engine's `Courier`: requests travel in threads, everything that is written stays in one.

The run's own thread talks to the database: it takes room in the air (`integrations.governor`),
renews the lease, spends the budget and counts, before each exchange. A thread that speaks to
kintone asks it for that where a call is tried again, and hands over the answer at the end.
"""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass, field
from datetime import datetime
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import Self

from django.db import transaction

from common import clock
from integrations import budget, governor
from integrations.kintone.values import PutResult, RecordPut
from jobs import runs
from jobs.engine.ports import LeaseLostError
from jobs.engine.send import put_of
from jobs.engine.values import Answer, Request

#: While a run waits for kintone it renews its lease this often, in seconds.
BEAT_SECONDS = 15.0
#: So long it waits until it looks again whether others have left room, in seconds.
LOOK_AGAIN_SECONDS = 0.1

#: Carries one request: batches, and whether new records may come of them; results of each.
Carry = Callable[[Sequence[Sequence[RecordPut]], bool], Sequence[Sequence[PutResult]]]


@dataclass(slots=True, kw_only=True)
class _Flight:
    """One request of ours under way."""

    pk: int
    began: datetime
    too_much: bool = False
    paid: int = 0
    """As how many requests its batches were counted before the thread began; 0 once they left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Errand:
    """Something for the run's own thread to do, while another waits for it."""

    act: Callable[[], None]
    done: Future[None] = field(default_factory=Future)

    def run(self) -> None:
        try:
            self.act()
        except BaseException as error:  # noqa: BLE001 — raised again where it is waited for
            self.done.set_exception(error)
        else:
            self.done.set_result(None)


class RunCourier:
    """See `jobs.engine.ports.Courier`; and the `Meter` of the client that carries.

    Args:
        host: The kintone domain.
        app: The app that the requests write into.
        most: How many requests of ours may be under way.
    """

    def __init__(self, *, run_id: int, owner: str, host: str, app: int, most: int) -> None:
        self._run_id = run_id
        self._owner = owner
        self._host = host
        self._app = app
        self._inbox: SimpleQueue[_Errand | tuple[_Flight, Answer]] = SimpleQueue()
        self._threads = ThreadPoolExecutor(most, thread_name_prefix="kintone")
        self._mine = threading.local()
        self._reserved: _Flight | None = None
        self._in_flight = 0
        self._closed = False
        self._carry: Carry | None = None
        self._key_field = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """What is still under way is answered to nobody; its records stay in doubt."""
        self._closed = True
        while self._in_flight:
            arrived = self._inbox.get()
            if isinstance(arrived, _Errand):
                arrived.done.set_exception(LeaseLostError())
            else:
                self._in_flight -= 1
        self._threads.shutdown()
        governor.forget(self._holder)

    def carry_by(self, carry: Carry, *, key_field: str) -> None:
        """How requests are carried; the client's meter is this courier."""
        self._carry = carry
        self._key_field = key_field

    @property
    def in_flight(self) -> int:
        return self._in_flight

    def reserve(self) -> bool:
        now = clock.now()
        pk = governor.take_off(self._host, holder=self._holder, now=now)
        if pk is None:
            return False
        self._reserved = _Flight(pk=pk, began=now)
        return True

    def give_back(self) -> None:
        assert self._reserved is not None
        self._land(self._reserved)
        self._reserved = None

    def send(self, request: Request) -> None:
        assert self._reserved is not None
        try:
            self._account(app=self._app, requests=len(request.parts))
        except BaseException:
            self.give_back()
            raise
        flight, self._reserved = self._reserved, None
        flight.paid = len(request.parts)
        self._in_flight += 1
        self._threads.submit(copy_context().run, self._fly, flight, request)

    def wait(self) -> Answer | None:
        patience = BEAT_SECONDS if self._in_flight else LOOK_AGAIN_SECONDS
        while True:
            try:
                arrived = self._inbox.get(timeout=patience)
            except Empty:
                self._keep_lease()
                return None
            if isinstance(arrived, _Errand):
                arrived.run()
                continue
            flight, answer = arrived
            self._in_flight -= 1
            self._land(flight)
            return answer

    def spend(self, *, app: int | None, requests: int) -> None:
        """See `integrations.kintone.values.Meter`.

        Raises:
            LeaseLostError: the run is no longer ours: send nothing.
        """
        flight: _Flight | None = getattr(self._mine, "flight", None)
        if flight is None:
            self._account(app=app, requests=requests)
        elif flight.paid == requests:
            flight.paid = 0
        else:
            errand = _Errand(act=lambda: self._account_again(flight, app=app, requests=requests))
            self._inbox.put(errand)
            errand.done.result()

    def heard(self, *, too_much: bool) -> None:
        """See `integrations.kintone.values.Meter`."""
        flight: _Flight | None = getattr(self._mine, "flight", None)
        if flight is not None:
            flight.too_much = flight.too_much or too_much

    @property
    def _holder(self) -> str:
        return holder_of(self._run_id)

    def _fly(self, flight: _Flight, request: Request) -> None:
        """In a thread: carry the request and hand over what came of it, whatever that is."""
        self._mine.flight = flight
        try:
            assert self._carry is not None
            puts = [
                [put_of(sendable, key_field=self._key_field) for sendable in part]
                for part in request.parts
            ]
            answer = Answer(request=request, results=self._carry(puts, request.upsert))
        except BaseException as error:  # noqa: BLE001 — raised again in the run's own thread
            answer = Answer(request=request, error=error)
        self._inbox.put((flight, answer))

    def _land(self, flight: _Flight) -> None:
        governor.land(
            flight.pk,
            host=self._host,
            began=flight.began,
            too_much=flight.too_much,
            now=clock.now(),
        )

    def _account_again(self, flight: _Flight, *, app: int | None, requests: int) -> None:
        self._account(app=app, requests=requests)
        governor.stay_aloft(flight.pk, now=clock.now())

    def _account(self, *, app: int | None, requests: int) -> None:
        """Renew the lease, spend the budget, count: before each exchange.

        Raises:
            LeaseLostError, AllowanceSpentError: send nothing.
        """
        with transaction.atomic():
            self._keep_lease(requests=1, counted=0 if app is None else requests)
            if app is not None:
                budget.spend(self._host, app, now=clock.now(), requests=requests)

    def _keep_lease(self, **counts: int) -> None:
        if not runs.beat(self._run_id, owner=self._owner, now=clock.now(), **counts):
            raise LeaseLostError


def holder_of(run_id: int) -> str:
    """Under which name a run's requests are in the air."""
    return f"run {run_id}"
