"""The words that packages share."""

from common.types import RecordType


def test_parents_come_before_their_children_in_a_slot() -> None:
    assert sorted(RecordType, key=lambda record_type: record_type.rank) == [
        RecordType.COMPANY,
        RecordType.DEPARTMENT,
        RecordType.LEAD,
    ]
