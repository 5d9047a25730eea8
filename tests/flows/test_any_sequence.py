"""Whatever happens, in whatever order: nothing is lost, nothing is doubled, nothing is unexplained.

CI tries a few sequences, always the same; 2,000 others, and a finding made as short as can be:

    HYPOTHESIS_PROFILE=long .venv/bin/python -m pytest tests/flows/test_any_sequence.py

`HYPOTHESIS_PROFILE=hunt` stops at 300 and shortens nothing; `--hypothesis-seed=N` chooses others.
A finding becomes a test of its own in test_found_sequences.py.
"""

import os
from collections.abc import Callable
from typing import Any, Final

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    rule,
    run_state_machine_as_test,
)

from tests.flows.sequences import (
    DEAD_ELSEWHERE,
    DEAD_HERE,
    KEY_ITEMS,
    KEYS,
    REFUSED,
    TOO_LONG,
    Scene,
)

_COMMON: Final = settings(deadline=None, suppress_health_check=list(HealthCheck), database=None)
PROFILES: Final = {
    "short": settings(
        _COMMON, max_examples=25, stateful_step_count=15, derandomize=True, print_blob=False
    ),
    "long": settings(_COMMON, max_examples=2000, stateful_step_count=25),
    "hunt": settings(_COMMON, max_examples=300, stateful_step_count=20, phases=[Phase.generate]),
}
PROFILE: Final = PROFILES[os.environ.get("HYPOTHESIS_PROFILE", "short")]

numbers = st.integers(0, 5)
which = st.integers(0, 1)
keys = st.sampled_from([*KEYS, *KEYS, ""])
items = st.sampled_from(KEY_ITEMS)
texts = st.sampled_from(["", "a", "b", "c", REFUSED, TOO_LONG])
names = st.sampled_from(["甲社", "乙社", "丙社"])
steps = st.integers(0, 14)
times = st.integers(1, 9)
skips = st.integers(0, 3)

Fault = Callable[[Any, int, int], object]
FAULTS: Final[dict[str, Fault]] = {
    "unavailable": lambda k, times, skip: k.fail(status=503, times=times, skip=skip),
    "html": lambda k, times, skip: k.fail(500, "<html>", times=times, skip=skip),
    "broken": lambda k, times, skip: k.fail(200, '{"rec', times=times, skip=skip),
    "short": lambda k, times, skip: k.fail(
        200, {"records": []}, times=times, skip=skip, path="records.json"
    ),
    "cut before": lambda k, times, skip: k.cut(before_write=True, times=times, skip=skip),
    "cut after": lambda k, times, skip: k.cut(before_write=False, times=times, skip=skip),
    "cut after, then refused": lambda k, times, skip: (
        k.cut(before_write=False, skip=skip),
        k.fail(code="GAIA_LO04", times=times),
    ),
    "unknown": lambda k, times, skip: k.fail(status=400, code="XX_YY99", times=times, skip=skip),
    "busy": lambda k, times, skip: k.fail(status=429, code="GAIA_TO04", times=times, skip=skip),
    "locked": lambda k, times, skip: k.fail(code="GAIA_DA02", times=times, skip=skip),
    "lookup": lambda k, times, skip: k.fail(code="GAIA_LO04", times=times, skip=skip),
    "one record": lambda k, times, skip: k.fail(
        code="GAIA_LO04", times=None, containing=KEYS[skip]
    ),
    "no right": lambda k, times, skip: k.fail(status=403, code="CB_NO02", times=times, skip=skip),
    "no rights at all": lambda k, times, skip: k.grant(max(k.domain.apps)),
    "password": lambda k, times, skip: k.change_password("another"),
}


class AnySequence(RuleBasedStateMachine):
    """See `Scene`: each rule is a step of it."""

    scene: Scene
    make_scene: Callable[[], Scene]

    @initialize()
    def begin(self) -> None:
        self._transaction = transaction.atomic()
        self._transaction.__enter__()
        self.scene = type(self).make_scene()

    @rule(one=keys, other=keys, text=texts, name=names)
    def create(self, one: str, other: str, text: str, name: str) -> None:
        self.scene.create(
            name=name, sales_last_year=text, **dict(zip(KEY_ITEMS, (one, other), strict=True))
        )

    @rule(number=numbers, name=names, text=texts)
    def change(self, number: int, name: str, text: str) -> None:
        self.scene.change(number, name=name, sales_last_year=text)

    @rule(number=numbers, item=items, key=keys)
    def change_key(self, number: int, item: str, key: str) -> None:
        self.scene.change(number, **{item: key})

    @rule(one=numbers, other=numbers, item=items)
    def swap(self, one: int, other: int, item: str) -> None:
        self.scene.swap(one, other, item=item)

    @rule(number=numbers)
    def delete(self, number: int) -> None:
        self.scene.delete(number)

    @rule(one=numbers, other=numbers)
    def merge(self, one: int, other: int) -> None:
        self.scene.merge(one, into=other)

    @rule(which=which, step=steps, one=numbers, other=numbers)
    def merge_during_run(self, which: int, step: int, one: int, other: int) -> None:
        self.scene.interruptions.arm(step, lambda: self.scene.merge(one, into=other))
        self.scene.run(which)

    @rule(which=which)
    def run(self, which: int) -> None:
        self.scene.run(which)

    @rule(
        which=which,
        step=st.integers(0, 6),
        number=st.integers(-1, 3),
        before=keys,
        after=keys,
        fault=st.sampled_from(["cut after", "cut before", "cut after, then refused"]),
    )
    def change_a_key_in_doubt(
        self, which: int, step: int, number: int, before: str, after: str, fault: str
    ) -> None:
        """What is hardest to get right: a new row (-1) or an old one, sent, and nobody knows."""
        item = KEY_ITEMS[which]
        if number == -1:
            self.scene.create(**{item: before})
        else:
            self.scene.change(number, **{item: before})
        if step < 5:
            self.scene.kill_at(step)
        else:
            self.scene.fault(FAULTS[fault], times=4, skip=0)
        self.scene.run(which, owner=DEAD_HERE)
        self.scene.change(number, **{item: after})

    @rule(which=which)
    def run_by_full(self, which: int) -> None:
        self.scene.run(which, full=True)

    @rule(which=which, reads_kintone=st.booleans())
    def run_by_plan(self, which: int, reads_kintone: bool) -> None:
        self.scene.run_by_plan(which, reads_kintone=reads_kintone)

    @rule(which=which, step=steps, owner=st.sampled_from([DEAD_HERE, DEAD_ELSEWHERE]))
    def run_and_die(self, which: int, step: int, owner: str) -> None:
        self.scene.kill_at(step)
        self.scene.run(which, owner=owner)

    @rule(which=which, step=steps, number=numbers, item=items, key=keys, name=names)
    def change_during_run(
        self, which: int, step: int, number: int, item: str, key: str, name: str
    ) -> None:
        self.scene.interruptions.arm(
            step, lambda: self.scene.change(number, name=name, **{item: key})
        )
        self.scene.run(which)

    @rule(which=which, step=steps, number=numbers)
    def push_during_run(self, which: int, step: int, number: int) -> None:
        self.scene.interruptions.arm(step, lambda: self.scene.push(which, number))
        self.scene.run(which)

    @rule(which=which, step=steps)
    def disable_during_run(self, which: int, step: int) -> None:
        self.scene.interruptions.arm(step, lambda: self.scene.disable(which))
        self.scene.run(which)

    @rule(which=which, number=numbers)
    def push(self, which: int, number: int) -> None:
        self.scene.push(which, number)

    @rule(which=which, number=numbers, step=steps)
    def push_and_die(self, which: int, number: int, step: int) -> None:
        self.scene.kill_at(step)
        self.scene.push(which, number)

    @rule()
    def arrive_late(self) -> None:
        self.scene.arrive_late()

    @rule(which=which)
    def disable(self, which: int) -> None:
        self.scene.disable(which)

    @rule(which=which, send=st.booleans())
    def enable(self, which: int, send: bool) -> None:
        self.scene.enable(which, send=send)

    @rule(fault=st.sampled_from(sorted(FAULTS)), times=times, skip=skips)
    def fault(self, fault: str, times: int, skip: int) -> None:
        self.scene.fault(FAULTS[fault], times=times, skip=skip)

    @rule(requests=st.integers(0, 3))
    def few_requests_left(self, requests: int) -> None:
        self.scene.spend_all_but(requests)

    @rule()
    def heal(self) -> None:
        self.scene.heal()

    @rule(seconds=st.sampled_from([1, 40, 70, 360, 90_000]))
    def wait(self, seconds: int) -> None:
        self.scene.wait(seconds=seconds)

    @rule()
    def sweep(self) -> None:
        self.scene.sweep()

    @rule(number=numbers, field=st.sampled_from(["code", "name", "text"]))
    def write_by_hand(self, number: int, field: str) -> None:
        self.scene.write_by_hand(number, field)

    @rule()
    def rename_text(self) -> None:
        self.scene.rename_text()

    @rule(which=which)
    def look(self, which: int) -> None:
        self.scene.look(which)

    @rule(which=which, step=steps)
    def rename_during_run(self, which: int, step: int) -> None:
        self.scene.interruptions.arm(step, self.scene.rename_text)
        self.scene.run(which)

    @rule(number=numbers)
    def delete_by_hand(self, number: int) -> None:
        self.scene.delete_by_hand(number)

    @rule()
    def settle(self) -> None:
        self.scene.settle()

    def teardown(self) -> None:
        try:
            self.scene.settle()
        finally:
            self.scene.close()
            transaction.set_rollback(True)
            self._transaction.__exit__(None, None, None)


@pytest.mark.timeout(0)  # as many sequences as the profile says
def test_any_sequence_ends_well(new_scene: Callable[[], Scene], db: None) -> None:
    class Sequence(AnySequence):
        make_scene = staticmethod(new_scene)

    run_state_machine_as_test(Sequence, settings=PROFILE)
