"""Update keys that change hands: who waits for whom, and keys to park a record under meanwhile."""

import secrets
from collections.abc import Mapping, Sequence

from common.problems import Problem
from integrations.kintone.form import FieldType, FormField
from jobs.engine.values import Conflict, OutcomeKind, Settled


def rings_of(conflicts: Sequence[Conflict]) -> list[list[Conflict]]:
    """Rings of records that wait for each other's keys (two of them: a swap), none in two.

    Each is in the order in which its members can be sent once the last of them has given its key
    up. Only a record that kintone holds under another key can give one up.
    """
    wants = {
        conflict.sendable.row_id: conflict
        for conflict in conflicts
        if conflict.same_ledger
        and conflict.sendable.expects_update
        and not conflict.sendable.interim
    }
    rings = []
    for start in sorted(wants):
        path = _path(start, wants)
        for row_id in path:
            wanted = wants.pop(row_id)
            if row_id == start:
                rings.append([wanted])
            else:
                rings[-1].insert(0, wanted)
    return rings


def _path(start: int, wants: Mapping[int, Conflict]) -> list[int]:
    """From `start` to the row that waits for it, each waiting for the next; [] if it is no ring."""
    path: list[int] = []
    step = start
    while step in wants and step not in path:
        path.append(step)
        step = wants[step].holder_id
    return path if path and step == start else []


def temporary_key(field: FormField) -> str:
    """A key that no real record has, within the field's own limits."""
    if field.type == FieldType.NUMBER:
        return str(_number_within(field))
    length = min(field.max_length or 32, 32)
    return secrets.token_hex(32)[: max(length, field.min_length or 1, 1)]


def _number_within(field: FormField) -> int:
    low = int(field.min_value) if field.min_value is not None else -(10**11)
    high = int(field.max_value) if field.max_value is not None else 10**11
    return low + secrets.randbelow(max(high - low, 1))


def settle_conflict(conflict: Conflict) -> Settled:
    """What is recorded of a record whose key another one holds: the message names both."""
    sendable = conflict.sendable
    known = sendable.known
    return Settled(
        row_id=sendable.row_id,
        version=sendable.version,
        label=sendable.label,
        outcome=OutcomeKind.INVALID,
        attempts=known.attempts + 1 if known else 1,
        problems=(
            key_taken(
                sendable.payload.key,
                wanted_by=(sendable.row_id, sendable.label),
                held_by=(conflict.holder_id, conflict.holder_label),
            ),
        ),
        waits_for=sendable.payload.claim,
        repeated=known is not None and known.problem_codes == ("key_taken",),
    )


def key_taken(key: str, *, wanted_by: tuple[int, str], held_by: tuple[int, str]) -> Problem:
    """That another record holds the key.

    Args:
        wanted_by, held_by: Row and what a person calls it.
    """
    row_id, label = wanted_by
    other_id, other_label = held_by
    return Problem(
        code="key_taken",
        value=key,
        params={
            "label": label,
            "id": row_id,
            "other_label": other_label,
            "other_id": other_id,
            "key": key,
        },
    )
