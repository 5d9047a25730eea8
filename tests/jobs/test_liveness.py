"""Whose process is certainly gone, and whose is not."""

import subprocess
import sys
from dataclasses import replace

import pytest

from jobs import liveness
from jobs.liveness import Owner, is_dead, owner_here


def here() -> Owner:
    owner = Owner.parse(owner_here())
    assert owner is not None
    return owner


@pytest.fixture
def child():
    """Another process, asleep."""
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    yield process
    process.kill()
    process.wait()


def owner_of(process: subprocess.Popen[bytes]) -> str:
    start = liveness._start_of(process.pid)
    assert start
    return str(replace(here(), pid=process.pid, start=start))


def test_this_process_is_alive():
    assert not is_dead(owner_here())


def test_its_name_fits_the_column():
    assert len(owner_here()) <= 200


def test_a_process_that_works_is_alive(child):
    assert not is_dead(owner_of(child))


def test_a_process_that_was_killed_is_dead_even_before_its_parent_noticed(child):
    owner = owner_of(child)
    child.kill()

    # Not waited for: it stays in the table of processes as a zombie.
    for _ in range(1000):
        if is_dead(owner):
            break
    assert is_dead(owner)


def test_a_process_that_is_gone_is_dead(child):
    owner = owner_of(child)
    child.kill()
    child.wait()

    assert is_dead(owner)


def test_a_process_whose_number_was_given_to_another_is_dead():
    assert is_dead(str(replace(here(), start="1")))


def test_a_process_from_before_this_machine_started_again_is_dead():
    before = replace(here(), machine="web@0123456789abcdef", boot="an earlier one")
    same_machine = replace(before, boot="the present one")

    assert _judged_at(same_machine, before)


def test_a_process_of_a_machine_known_by_its_name_only_may_live_elsewhere():
    before = replace(here(), machine="localhost", boot="an earlier one")
    perhaps_another = replace(before, boot="the present one")

    assert not _judged_at(perhaps_another, before)


def test_a_process_of_another_machine_may_be_alive():
    assert not is_dead(str(replace(here(), machine="elsewhere@1", pid=1, start="1")))


def test_a_process_of_another_container_may_be_alive():
    assert not is_dead(str(replace(here(), namespace="pid:[1]", pid=999_999, start="1")))


@pytest.mark.parametrize("owner", ["", "worker-1", "a|b|c|d|e"])
def test_a_name_that_says_nothing_is_never_dead(owner):
    assert not is_dead(owner)


def test_where_there_is_no_proc_the_process_table_is_asked(child, monkeypatch, tmp_path):
    monkeypatch.setattr(liveness, "_PROC", tmp_path)
    owner = owner_of(child)

    assert not is_dead(owner)
    child.kill()
    child.wait()
    assert is_dead(owner)


def _judged_at(observer: Owner, owner: Owner) -> bool:
    """What a process of `observer`'s machine says about `owner`."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(liveness, "owner_here", lambda: str(observer))
        return is_dead(str(owner))
