"""Step 7, the decisions: what a refusal says of whom, and when it is no use to go on.

What a refusal costs, in requests beyond the first, for a batch of n records with k bad ones:

- kintone names them by index (CB_VA01 names all of a request at once): 1, whatever k is; one more
  for each further round in which other records are named.
- kintone names a value, always the first that it met (GAIA_LO04: a lookup's; GAIA_IL26, GAIA_IL28:
  a user's or organisation's code): all that send this value are lifted out at once, so that m
  different values cost m, whatever k is. Where the sentence can as well mean another record's
  value, it counts as naming nothing until the two are apart: at most 2k·⌈log2 n⌉ + k then.
- kintone names nothing (a code never seen, no right on a record): the batch is halved, level by
  level, until each bad record stands alone: at most 2k·⌈log2 n⌉.

A refused request wrote nothing, but counts as used. An earlier attempt at it, whose answer was
lost, may have written all the same: its records stay in doubt.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from common.problems import Problem, quote
from integrations.kintone.errors import (
    FieldRefusal,
    KintoneConfigError,
    KintoneRejection,
)
from integrations.kintone.evidence import Evidence, evidence_of
from integrations.kintone.values import PutResult, RecordPut
from jobs.engine.blame import named_by_message
from jobs.engine.values import OutcomeKind, Sendable, Settled
from mapping.payload import Payload

#: No right on a record, or on the whole app: kintone uses one code for both (kintone-api.md §4.3).
NO_RIGHT = frozenset({"CB_NO02", "CB_NO01"})

#: Causes that can go away in kintone without a change of the row (kintone-api.md §4.3): lookup
#: source missing, record not found, unknown user or organisation, no right.
HEALING_REFUSALS = NO_RIGHT | {"GAIA_LO04", "GAIA_RE01", "GAIA_RE20", "GAIA_IL26", "GAIA_IL28"}

#: This many records refused one by one, all with the same unknown code, and none accepted: then
#: nothing gets through at all. Parts are tried breadth first, so good records would have shown.
#: For want of rights so many requests are enough: it is most likely the app's.
HOPELESS_AFTER = 10
#: The same where the run before has found it hopeless.
HOPELESS_STILL = 2
#: So many requests in a row with nothing but records that were refused before, refused again: then
#: the others of their kind wait for their next turn.
MOST_IN_VAIN = 5

RecordsRefused = KintoneRejection | KintoneConfigError


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """One record that kintone does not take."""

    sendable: Sendable
    refusals: tuple[FieldRefusal, ...]
    error: RecordsRefused
    index: int = 0
    """Its place in the batch that was refused."""


class NothingGetsThroughError(Exception):
    """Every record is refused alike, by a code that we do not know: a person must look."""

    def __init__(self, error: KintoneRejection) -> None:
        super().__init__(str(error))
        self.error = error


def refuses_records(error: BaseException | None) -> bool:
    """Whether it is records that kintone refuses; a right may be missing on some of them only."""
    return isinstance(error, KintoneRejection) or (
        isinstance(error, KintoneConfigError) and error.code in NO_RIGHT
    )


@dataclass(slots=True)
class Hopes:
    """Whether it is the records, or whether nothing gets through at all.

    While nothing was accepted, records that are refused for want of rights are held back: the right
    on the whole app may be missing. Where one value after the other is named, some records are
    tried alone: among a few that are good one would be taken, so that it is most likely the right
    on what is looked up. What was refused before says nothing of the others.

    Args:
        patience: How often it is tried.
    """

    patience: int = HOPELESS_AFTER
    accepted: bool = False
    held_back: list[Refused] = field(default_factory=list)
    _alone: int = 0
    _for_want_of_rights: int = 0
    _by_value: int = 0
    _tried_alone: int = 0

    @property
    def low(self) -> bool:
        """Whether so far nothing was accepted, and something refused that may concern all."""
        seen = self._alone + self._for_want_of_rights + self._by_value
        return not self.accepted and seen > 0

    @property
    def tries_alone(self) -> bool:
        """Whether so many values were named that records are better tried one by one."""
        return not self.accepted and self._by_value >= self.patience

    def after_refusal(
        self, error: RecordsRefused, refused: list[Refused], *, alone: bool
    ) -> list[Refused]:
        """Which of these are surely their own fault.

        Args:
            alone: Whether one record was sent by itself.

        Raises:
            NothingGetsThroughError, KintoneConfigError: it is hopeless.
        """
        if self.accepted:
            return refused
        if isinstance(error, KintoneConfigError):
            self._for_want_of_rights += 1
            if self._for_want_of_rights >= self.patience:
                raise error
            self.held_back += refused
            return []
        if any(not _was_refused(one) for one in refused) and not error.problems:
            self._lose(error, alone=alone)
        return refused

    def _lose(self, error: KintoneRejection, *, alone: bool) -> None:
        if _is_unknown(error):
            self._alone += 1
        elif alone and self.tries_alone:
            self._tried_alone += 1
        else:
            self._by_value += 1
        if max(self._alone, self._tried_alone) >= self.patience:
            raise NothingGetsThroughError(error) from error

    def after_success(self) -> list[Refused]:
        """Something got through: so it is the fault of those that were held back."""
        self.accepted = True
        refused, self.held_back = self.held_back, []
        return refused

    def at_the_end(self) -> list[Refused]:
        """What is still held back, if all of it was refused before, when other records were not.

        Raises:
            KintoneConfigError: it looks as if the app's rights were missing.
        """
        for refused in self.held_back:
            if not _was_refused(refused):
                raise refused.error
        refused_again, self.held_back = self.held_back, []
        return refused_again


def put_of(sendable: Sendable, *, key_field: str) -> RecordPut:
    """The record as kintone's PUT wants it: by key, or by id where its key in kintone differs."""
    payload = sendable.payload
    if sendable.changes_key and sendable.known is not None:
        record = {**payload.record, key_field: payload.key}
        return RecordPut(record=record, record_id=sendable.known.record_id)
    return RecordPut(record=payload.record, key=payload.key)


def lift_out(
    part: Sequence[Sendable], error: RecordsRefused
) -> tuple[list[Refused], list[Sequence[Sendable]]]:
    """Split a refused part: records to blame, and the parts that are worth sending again."""
    named = error.problems if isinstance(error, KintoneRejection) else {}
    if named := named or named_by_message(part, error):
        refused = [
            Refused(sendable=part[index], refusals=refusals, error=error, index=index)
            for index, refusals in sorted(named.items())
        ]
        rest = [item for index, item in enumerate(part) if index not in named]
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
        kept_key=sendable.keeps_key,
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


def settle_gone(sendable: Sendable) -> Settled:
    """What is recorded of a record in doubt that kintone does not have any more, by its id.

    It may have another by now, under the key that was sent last: the row comes back at once, and is
    then looked for by that key.
    """
    assert sendable.known is not None
    return Settled(
        row_id=sendable.row_id,
        version=0,
        label=sendable.label,
        outcome=OutcomeKind.UPDATED,
        key=sendable.known.key,
        in_doubt=True,
        interim=True,
    )


def settle_refused(refused: Refused, *, unclear: bool) -> Settled:
    """What is recorded of a record that kintone refused: each refusal beside its field.

    Args:
        unclear: An earlier attempt at sending it may have been carried out.
    """
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
        key=sendable.payload.key if unclear else known.key if known else "",
        problems=problems,
        attempts=known.attempts + 1 if known else 1,
        in_doubt=unclear or (known is not None and known.in_doubt),
        heals=error.code in HEALING_REFUSALS or _is_unknown(error),
        evidence=evidence_about(refused),
    )


def evidence_about(refused: Refused) -> Evidence | None:
    """What went and what came of the record; None where that is not known."""
    error = refused.error
    if error.exchange is None:
        return None
    return evidence_of(error.exchange, part=error.part or 0, index=refused.index)


def _is_unknown(error: RecordsRefused) -> bool:
    return isinstance(error, KintoneRejection) and not error.known


def _was_refused(refused: Refused) -> bool:
    """Whether kintone refused it the last time too."""
    known = refused.sendable.known
    return known is not None and known.refused is not None


def _sent_value(payload: Payload, field: str) -> str:
    value = payload.record.get(field.partition(".")[0], "")
    return quote(value) if isinstance(value, (str, int)) else ""
