"""Step 7: one batch goes to kintone; what is refused is lifted out, the rest is sent again.

What a refusal costs, in requests beyond the first, for a batch of n records with k bad ones:

- kintone names them by index (CB_VA01 names all of a request at once): 1, whatever k is; one more
  for each further round in which other records are named.
- kintone names none (GAIA_LO04, a code never seen): the batch is halved, level by level, until each
  bad record stands alone: at most 2k·⌈log2 n⌉.

A refused request wrote nothing, but counts as used.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from common.problems import Problem, quote
from integrations.kintone.errors import FieldRefusal, KintoneRejection
from integrations.kintone.values import PutResult, RecordPut
from jobs.engine.ports import Put
from jobs.engine.values import OutcomeKind, Sendable, Settled
from mapping.payload import Payload

#: Causes that can go away in kintone without a change of the row (kintone-api.md §4.3): lookup
#: source missing, record not found, unknown user or organisation.
HEALING_REFUSALS = frozenset({"GAIA_LO04", "GAIA_RE01", "GAIA_RE20", "GAIA_IL26", "GAIA_IL28"})

#: This many records refused one by one, all with the same unknown code, and none accepted: then
#: nothing gets through at all. Parts are tried breadth first, so good records would have shown.
HOPELESS_AFTER = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """One record that kintone does not take."""

    sendable: Sendable
    refusals: tuple[FieldRefusal, ...]
    error: KintoneRejection


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """One answer of kintone: these were saved, those were refused; never both empty."""

    saved: Sequence[tuple[Sendable, PutResult]] = ()
    refused: Sequence[Refused] = ()


class NothingGetsThroughError(Exception):
    """Every record is refused alike, by a code that we do not know: a person must look."""

    def __init__(self, error: KintoneRejection) -> None:
        super().__init__(str(error))
        self.error = error


def deliver(
    batch: Sequence[Sendable], *, key_field: str, put: Put, accepted_before: bool
) -> Iterator[Delivered]:
    """Send a batch and yield each answer as it comes, until every record is saved or refused.

    Args:
        batch: 1 to 100 records, no key twice.
        key_field: Field code of the update key.
        accepted_before: Whether this run has had anything accepted; then nothing is hopeless.

    Raises:
        NothingGetsThroughError: see `HOPELESS_AFTER`.
        KintoneError: any other trouble than a refusal of records.
    """
    parts: deque[Sequence[Sendable]] = deque([batch])
    accepted, refused_alone = accepted_before, 0
    while parts:
        part = parts.popleft()
        try:
            results = put([put_of(sendable, key_field=key_field) for sendable in part])
        except KintoneRejection as error:
            refused, rest = lift_out(part, error)
            if not error.known and refused:
                refused_alone += 1
                if refused_alone >= HOPELESS_AFTER and not accepted:
                    raise NothingGetsThroughError(error) from error
            parts.extend(rest)
            if refused:
                yield Delivered(refused=refused)
        else:
            accepted = True
            yield Delivered(saved=list(zip(part, results, strict=True)))


def put_of(sendable: Sendable, *, key_field: str) -> RecordPut:
    """The record as kintone's PUT wants it: by key, or by id where its key in kintone differs."""
    payload = sendable.payload
    if sendable.changes_key and sendable.known is not None:
        record = {**payload.record, key_field: payload.key}
        return RecordPut(record=record, record_id=sendable.known.record_id)
    return RecordPut(record=payload.record, key=payload.key)


def lift_out(
    part: Sequence[Sendable], error: KintoneRejection
) -> tuple[list[Refused], list[Sequence[Sendable]]]:
    """Split a refused part: records to blame, and the parts that are worth sending again."""
    if error.problems:
        refused = [
            Refused(sendable=part[index], refusals=refusals, error=error)
            for index, refusals in sorted(error.problems.items())
        ]
        rest = [item for index, item in enumerate(part) if index not in error.problems]
        return refused, [rest] if rest else []
    if len(part) == 1:
        blame = (FieldRefusal(field="", message=error.message),)
        return [Refused(sendable=part[0], refusals=blame, error=error)], []
    middle = len(part) // 2
    return [], [part[:middle], part[middle:]]


def settle_saved(sendable: Sendable, result: PutResult) -> Settled:
    """What is recorded of a record that kintone took."""
    if sendable.interim:
        return _settle_interim(sendable, result)
    known = sendable.known
    inserted = result.operation == "INSERT"
    expected = known.record_id if known else None
    return Settled(
        row_id=sendable.row_id,
        version=sendable.version,
        label=sendable.label,
        outcome=OutcomeKind.CREATED if inserted else OutcomeKind.UPDATED,
        key=sendable.payload.key,
        digest=sendable.payload.digest,
        record_id=result.record_id,
        recreated_from=expected if inserted and expected != result.record_id else None,
    )


def _settle_interim(sendable: Sendable, result: PutResult) -> Settled:
    """Kintone's id of a record that is sent again at once under its new key."""
    return Settled(
        row_id=sendable.row_id,
        version=0,
        label=sendable.label,
        outcome=OutcomeKind.UPDATED,
        key=sendable.payload.key,
        record_id=result.record_id,
        interim=True,
    )


def settle_refused(refused: Refused) -> Settled:
    """What is recorded of a record that kintone refused: each refusal beside its field."""
    sendable, error = refused.sendable, refused.error
    problems = tuple(
        Problem(
            code="kintone",
            field=refusal.field,
            value=_sent_value(sendable.payload, refusal.field),
            params={
                "message": refusal.message,
                "code": error.code,
                "status": error.status or 0,
                "error_id": error.error_id,
            },
        )
        for refusal in refused.refusals
    )
    known = sendable.known
    return Settled(
        row_id=sendable.row_id,
        version=sendable.version,
        label=sendable.label,
        outcome=OutcomeKind.REJECTED,
        key=known.key if known else "",
        problems=problems,
        attempts=known.attempts + 1 if known else 1,
        in_doubt=error.may_have_written or (known is not None and known.in_doubt),
        heals=error.code in HEALING_REFUSALS or not error.known,
    )


def _sent_value(payload: Payload, field: str) -> str:
    value = payload.record.get(field.partition(".")[0], "")
    return quote(value) if isinstance(value, (str, int)) else ""
