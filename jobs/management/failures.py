"""The failed records of a mapping, as the command `failures` tells them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from common.problems import Problem
from common.types import RecordType
from crm import changes
from crm.changes import SourceRecord
from jobs.ledger import ledger_of
from jobs.models import LedgerEntry, Outcome
from jobs.states import EntryState, RecordOutcome
from mapping.models import Mapping as MappingModel
from mapping.problem_texts import describe
from mapping.rules import specs_of

#: Entries that are told with one query each for rows and outcomes.
CHUNK = 500
#: Problems of a record's update key as a whole.
KEY_CODES = frozenset({"empty_key", "key_taken", "key_waits"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """One failed record, by its first problem; `reason` names them all."""

    external_id: str
    label: str
    key: str
    """The update key that it has, or would have."""
    outcome: str
    field: str
    code: str
    """kintone's own code where kintone refused it, else ours."""
    reason: str
    attempts: int
    next_try: datetime | None
    """None: not before the record, the mapping or the form changes, or somebody asks."""

    def as_json(self) -> dict[str, object]:
        """What `--json` prints; the keys are relied on from outside."""
        return {
            "external_id": self.external_id,
            "key": self.key,
            "outcome": self.outcome,
            "field": self.field,
            "code": self.code,
            "reason": self.reason,
            "attempts": self.attempts,
            "next_try": self.next_try.isoformat() if self.next_try else None,
        }


def failures_of(mapping: MappingModel) -> Iterator[Failure]:
    """The mapping's failed records in the order of their rows, a chunk at a time.

    Records without an update key are among them: nobody decided that they shall not arrive.
    """
    key_items = _key_items(mapping)
    last = 0
    while entries := list(_not_arrived(mapping).filter(source_id__gt=last)[:CHUNK]):
        last = entries[-1].source_id
        ids = [entry.source_id for entry in entries]
        record_type = RecordType(mapping.record_type)
        rows = {
            row.id: row
            for row in changes.load(record_type, ids, item_keys=key_items, viewer_id=None)
        }
        outcomes = _outcomes(mapping, ids)
        for entry in entries:
            row = rows.get(entry.source_id)
            outcome = (
                RecordOutcome.SKIPPED
                if entry.state == EntryState.SKIPPED
                else outcomes.get(entry.source_id, RecordOutcome.INVALID)
            )
            yield _failure(entry, row, key=_key(entry, row, key_items), outcome=outcome)


def _not_arrived(mapping: MappingModel) -> QuerySet[LedgerEntry]:
    failed = Q(state=EntryState.FAILED)
    without_key = Q(state=EntryState.SKIPPED, problems__0__code="empty_key")
    entries = LedgerEntry.objects.filter(failed | without_key, ledger=ledger_of(mapping))
    return entries.select_related("ledger").order_by("source_id")


def _failure(entry: LedgerEntry, row: SourceRecord | None, *, key: str, outcome: str) -> Failure:
    problems = [Problem.from_json(stored) for stored in entry.problems]
    first = problems[0] if problems else Problem(code="internal")
    return Failure(
        external_id=row.external_id if row else "",
        label=entry.label,
        key=key,
        outcome=str(outcome),
        field=first.field or (entry.ledger.key_field if first.code in KEY_CODES else ""),
        code=str(first.params.get("code") or first.code) if first.code == "kintone" else first.code,
        reason=" ".join(map(_reason, problems)),
        attempts=entry.attempts,
        next_try=entry.due_at,
    )


def _reason(problem: Problem) -> str:
    words = describe(problem)
    return _("%(heading)s: %(body)s") % {"heading": words.heading, "body": words.body}


def _key_items(mapping: MappingModel) -> tuple[str, ...]:
    """The item that fills the update key, if it is one item."""
    return tuple(
        rule.source
        for rule in specs_of(mapping)
        if rule.field == mapping.update_key and rule.source
    )


def _key(entry: LedgerEntry, row: SourceRecord | None, key_items: Sequence[str]) -> str:
    if row is None or not key_items:
        return entry.key
    value = row.values.get(key_items[0])
    return entry.key if value is None else str(value)


def _outcomes(mapping: MappingModel, ids: Sequence[int]) -> Mapping[int, str]:
    """How each of the rows failed last."""
    failed = Outcome.objects.filter(
        run__mapping=mapping,
        source_id__in=ids,
        outcome__in=[RecordOutcome.INVALID, RecordOutcome.REJECTED],
    )
    return dict(failed.order_by("id").values_list("source_id", "outcome"))
