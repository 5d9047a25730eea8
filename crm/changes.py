"""Source rows as the sync sees them."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from common.types import ItemValues, RecordType


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRecord:
    """One row: its items' values, and whether the sync user may see it."""

    id: int
    version: int
    label: str
    """What a person calls it: a company's name, a lead's name with its company."""
    external_id: str
    visible: bool
    values: ItemValues


def load(
    record_type: RecordType,
    ids: Collection[int],
    *,
    item_keys: Sequence[str],
    viewer_id: int | None,
) -> Iterator[SourceRecord]:
    """The rows of these ids (any that are gone are left out), in the order of their id.

    Args:
        item_keys: Which items' values to read; related rows are loaded in a fixed number of queries.
        viewer_id: The sync user's member id; decides `visible` of leads. None: no lead is visible.
            Companies and departments are visible to everyone.
    """
    raise NotImplementedError
