"""Sequences that test_any_sequence.py found to end badly, one test each."""

from collections.abc import Callable, Iterator

import pytest

from tests.flows.sequences import DEAD_HERE, REFUSED, Scene
from tests.flows.test_any_sequence import FAULTS


@pytest.fixture
def scene(new_scene: Callable[[], Scene]) -> Iterator[Scene]:
    one = new_scene()
    yield one
    one.close()


def test_a_row_in_doubt_that_waits_for_a_key_gets_it_when_the_holder_is_deleted(scene):
    scene.change(0, name="甲社")
    scene.run(0)
    scene.create(name="乙社", corporate_number="K3", mail_domain="K4")
    scene.run(0)
    scene.change(0, name="丙社")
    scene.kill_at(3)  # kintone has it, the ledger does not know
    scene.run(0, owner=DEAD_HERE)
    scene.change(0, corporate_number="K3")
    scene.settle()

    scene.delete(1)
    scene.delete_by_hand(1)
    scene.settle()

    assert [record["code"] for record in scene.records_of(0, via=0)] == ["K3"]


def test_a_record_that_made_room_in_a_swap_and_is_refused_is_not_left_under_a_temporary_key(scene):
    scene.create(name="甲社", mail_domain="K3")
    scene.run(1)
    scene.change(0, mail_domain="K4")
    scene.run(1)
    scene.swap(0, 1, item="mail_domain")
    scene.change(0, sales_last_year=REFUSED)
    scene.settle()
    scene.change(0, sales_last_year="")
    scene.change(1, sales_last_year=REFUSED)
    scene.swap(0, 1, item="mail_domain")
    scene.settle()


def test_a_record_deleted_by_hand_whose_new_key_was_sent_unseen_is_not_made_a_second_time(scene):
    scene.change(0, corporate_number="K2")
    scene.run(0)
    scene.settle()
    scene.delete_by_hand(0)
    scene.change(0, corporate_number="K1")
    scene.fault(FAULTS["cut after"], times=4, skip=0)
    scene.run(0)
    scene.change(0, corporate_number="K3")
    scene.settle()


def test_a_row_that_waited_for_a_key_and_wants_its_old_one_again_costs_nothing(scene):
    """What somebody wrote into its record meanwhile stays, as where nothing ever changed."""
    scene.push(1, 2)
    scene.change(4, name="乙社", sales_last_year=REFUSED)
    scene.delete_by_hand(3)
    scene.swap(5, 2, item="mail_domain")
    scene.create(name="丙社", corporate_number="K4", mail_domain="K1", sales_last_year="")
    scene.run(1, full=True)
    scene.swap(5, 2, item="mail_domain")
    scene.settle()
    scene.write_by_hand(0, "text")
    scene.swap(1, 0, item="mail_domain")

    scene.settle()

    (record,) = scene.records_of(1, via=1)
    assert (record["code"], record["text"]) == ("K1", "H1")
