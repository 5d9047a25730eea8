"""The process dies at every step of a run, one step a test: nothing is lost, nothing is doubled."""

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest

from common import clock
from crm.models import Company
from jobs import sweep
from jobs.book import DatabaseBook
from jobs.courier import RunCourier
from jobs.models import KeyClaim, LedgerEntry
from mapping.models import Mapping
from tests.builders_crm import change, make_companies, make_company
from tests.flows.conftest import run_now

#: More than a run of `everything_at_once` has: before and after each call that leaves a trace.
STEPS = range(44)
NEVER = -1


class Killed(BaseException):
    """No `except` of ours catches it."""


@pytest.fixture
def die_at(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Lets the process die at the n-th step from now."""
    passed = 0
    last = NEVER

    def step() -> None:
        nonlocal passed, last
        passed += 1
        if passed == last + 1:
            raise Killed

    def watch(owner: type, name: str) -> None:
        real = getattr(owner, name)

        def watched(*args: Any, **kwargs: Any) -> Any:
            step()
            result = real(*args, **kwargs)
            step()
            return result

        monkeypatch.setattr(owner, name, watched)

    for name in ("intend", "renew", "settle", "withdraw", "advance"):
        watch(DatabaseBook, name)
    for name in ("send", "wait"):
        watch(RunCourier, name)

    def arm(number: int) -> None:
        nonlocal passed, last
        passed, last = 0, number

    return arm


def everything_at_once(rows: list[Company]) -> None:
    """Two rows swap keys, one moves to a new key, one is new, one only gets another name."""
    one, two, moved, renamed = rows
    first, second = one.external_id, two.external_id
    change(one, external_id="meanwhile")
    change(two, external_id=first, name="入れ替わり二")
    change(one, external_id=second, name="入れ替わり一")
    change(moved, external_id="moved", name="移った会社")
    change(renamed, name="改名した会社")
    make_company(name="新しい会社")


def recover(mapping: Mapping, time_machine: Any) -> None:
    """What the next slots do."""
    for _slot in range(3):
        time_machine.shift(timedelta(minutes=10))
        sweep.sweep(now=clock.now())
        run_now(mapping)


def check(kintone: Any, mapping: Mapping) -> None:
    """kintone holds each row once, as it is now, and nothing is left in the ledger's air."""
    wanted = sorted(Company.objects.values_list("external_id", "name"))
    assert sorted((r["code"], r["name"]) for r in kintone.records(mapping.app)) == wanted
    assert not LedgerEntry.objects.filter(due_at__isnull=False).exists()
    assert not LedgerEntry.objects.filter(doubt_until__isnull=False).exists()
    assert KeyClaim.objects.count() == len(wanted)


@pytest.mark.parametrize("number", STEPS)
def test_dead_at_any_step_of_changes_and_swaps(
    number, kintone, company_mapping, time_machine, die_at
):
    time_machine.move_to(clock.now(), tick=True)
    rows = make_companies(4)
    run_now(company_mapping)
    before = {r["name"]: r["$id"] for r in kintone.records(company_mapping.app)}
    ids = [before[row.name] for row in rows]
    everything_at_once(rows)

    die_at(number)
    with suppress(Killed):
        run_now(company_mapping)
    die_at(NEVER)
    recover(company_mapping, time_machine)

    check(kintone, company_mapping)
    after = {r["name"]: r["$id"] for r in kintone.records(company_mapping.app)}
    assert [after[row.name] for row in rows] == ids


@pytest.mark.parametrize("number", range(8))
def test_dead_at_any_step_of_a_first_sending_whose_row_then_changes_its_key(
    number, kintone, company_mapping, time_machine, die_at
):
    time_machine.move_to(clock.now(), tick=True)
    company = make_company(name="A")

    die_at(number)
    with suppress(Killed):
        run_now(company_mapping)
    die_at(NEVER)
    change(company, external_id="another", name="B")
    recover(company_mapping, time_machine)

    check(kintone, company_mapping)


@pytest.mark.parametrize("number", range(12))
def test_dead_again_while_a_first_sending_is_made_up_for(
    number, kintone, company_mapping, time_machine, die_at
):
    time_machine.move_to(clock.now(), tick=True)
    company = make_company(name="A")
    die_at(3)  # kintone has it, the ledger does not know
    with pytest.raises(Killed):
        run_now(company_mapping)
    die_at(NEVER)
    change(company, external_id="another", name="B")
    time_machine.shift(timedelta(minutes=10))
    sweep.sweep(now=clock.now())

    die_at(number)
    with suppress(Killed):
        run_now(company_mapping)
    die_at(NEVER)
    change(company, external_id="a third", name="C")
    recover(company_mapping, time_machine)

    check(kintone, company_mapping)


@pytest.mark.parametrize("number", range(10))
def test_dead_at_any_step_and_the_row_changed_back(
    number, kintone, company_mapping, time_machine, die_at
):
    time_machine.move_to(clock.now(), tick=True)
    company = make_company(name="A")
    run_now(company_mapping)
    change(company, name="B")

    die_at(number)
    with suppress(Killed):
        run_now(company_mapping)
    die_at(NEVER)
    change(company, name="A")
    recover(company_mapping, time_machine)

    check(kintone, company_mapping)
