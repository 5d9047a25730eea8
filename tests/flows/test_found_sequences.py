"""Sequences that test_any_sequence.py found to end badly, one test each."""

from collections.abc import Callable, Iterator

import pytest

from tests.flows.sequences import DEAD_HERE, Scene


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
