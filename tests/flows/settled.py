"""What must be true once everything has come to rest: the ledger, kintone and the rows agree."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import QuerySet

from crm.models import Company
from jobs.ledger import ledger_of, owed_rows
from jobs.models import KeyClaim, LedgerEntry
from jobs.states import EntryState
from mapping.models import Mapping as FieldMapping

Record = Mapping[str, Any]
#: So many characters kintone takes, though the form once said more.
LONGEST_TEXT = 10


@dataclass(slots=True)
class Expectation:
    """What one mapping owes, by primary keys of companies."""

    via: str
    key_item: str
    owed: set[int] = field(default_factory=set)
    """Must be in kintone as they are, or failed with a reason."""
    may: set[int] = field(default_factory=set)
    """May have been sent at some time."""
    missed: set[int] = field(default_factory=set)
    """Changed while the mapping was off."""
    by_hand: dict[int, list[Record]] = field(default_factory=dict)
    """What was wanted, and what kintone held, when somebody touched the row's record there: where
    this is wanted again nothing is sent, and what was done by hand stays."""

    def wanted(self, row: Company) -> Record:
        """The row's record as kintone shows it."""
        return {
            "code": getattr(row, self.key_item),
            "name": row.name,
            "text": row.sales_last_year,
            "src": str(row.pk),
            "via": self.via,
        }


def entries_of(mapping: FieldMapping) -> QuerySet[LedgerEntry]:
    """The mapping's entries in its present target."""
    return LedgerEntry.objects.filter(ledger=ledger_of(mapping))


def owed_ids(mapping: FieldMapping) -> list[int]:
    """The rows whose version the ledger does not account for."""
    return list(owed_rows(ledger_of(mapping)).values_list("pk", flat=True))


def check(
    mapping: FieldMapping,
    expected: Expectation,
    *,
    records: Sequence[Record],
    by_hand: Collection[int],
) -> None:
    """Compare what one mapping has done with what it owed.

    Args:
        records: All of the app's.
        by_hand: Ids of the records that somebody touched in kintone.
    """
    ours = [one for one in records if one["via"] == expected.via]
    untouched = [one for one in ours if int(one["$id"]) not in by_hand]
    entries = {entry.source_id: entry for entry in entries_of(mapping)}
    # What a dead run had begun is finished when the mapping is switched on again.
    unfinished = {pk for pk, entry in entries.items() if entry.doubt_until is not None}
    _check_records(untouched, expected, unfinished=set() if mapping.enabled else unfinished)
    rows = {row.pk: row for row in Company.objects.all()}
    for pk, entry in entries.items():
        if pk in rows:
            _check_entry(entry, ours, by_hand=by_hand, enabled=mapping.enabled)
    if mapping.enabled:
        for pk in sorted(expected.owed & rows.keys()):
            _check_row(rows[pk], entries.get(pk), records, expected=expected)


def _check_records(
    records: Sequence[Record], expected: Expectation, *, unfinished: Collection[int]
) -> None:
    """No record that nobody can explain, and none twice."""
    times = Counter(int(one["src"]) for one in records)
    assert all(count == 1 for count in times.values()), f"doubled: {records}"
    assert times.keys() <= expected.may, f"not owed: {records}"
    temporary = [
        one
        for one in records
        if not str(one["code"]).startswith("K") and int(one["src"]) not in unfinished
    ]
    assert not temporary, f"left under a temporary key: {temporary}"


def _check_entry(
    entry: LedgerEntry, records: Sequence[Record], *, by_hand: Collection[int], enabled: bool
) -> None:
    """What the ledger says of a row is so."""
    if enabled:
        # A row that cannot be sent as it is keeps the doubt that its last request left.
        listed = entry.state in (EntryState.FAILED, EntryState.SKIPPED)
        assert entry.doubt_until is None or listed, f"in doubt for ever: {vars(entry)}"
        assert entry.due_at is None, f"due for ever: {vars(entry)}"
    if entry.doubt_until is not None or entry.state != EntryState.SYNCED:
        return
    if entry.version == 0 and not enabled:
        return  # taken over from a merged row, and not sent since
    assert entry.record_id is not None, vars(entry)
    if entry.record_id in by_hand:
        return
    held = [one for one in records if int(one["$id"]) == entry.record_id]
    assert [(one["code"], one["src"]) for one in held] == [(entry.key, str(entry.source_id))], (
        f"{vars(entry)} but kintone holds {records}"
    )


def _check_row(
    row: Company,
    entry: LedgerEntry | None,
    records: Sequence[Record],
    *,
    expected: Expectation,
) -> None:
    """A row that is owed is in kintone as it is, or stands in the list with its reason."""
    wanted = expected.wanted(row)
    assert entry is not None, f"never looked at: {wanted}"
    assert entry.version == row.version, f"lost: {wanted} {vars(entry)}"
    if entry.state in (EntryState.FAILED, EntryState.SKIPPED):
        for problem in entry.problems:
            assert _is_justified(problem, entry, wanted=wanted, records=records), (
                f"{wanted} refused for no reason: {problem}"
            )
        assert entry.problems, f"no reason: {wanted}"
        return
    assert entry.state == EntryState.SYNCED, f"not settled: {wanted} {vars(entry)}"
    if wanted in expected.by_hand.get(row.pk, ()):
        return
    same = [one for one in records if {code: one[code] for code in wanted} == wanted]
    assert len(same) == 1, f"{wanted} is not in kintone: {records}"


def _is_justified(
    problem: Record, entry: LedgerEntry, *, wanted: Record, records: Sequence[Record]
) -> bool:
    code = problem["code"]
    if code == "kintone" and problem["field"] == "code":
        return _is_left_behind(wanted["code"], records)
    if code == "empty_key":
        return not wanted["code"]
    if code == "key_taken":
        ledger = entry.ledger
        claims = KeyClaim.objects.filter(
            host=ledger.host, app=ledger.app, key_field=ledger.key_field, key=wanted["code"]
        ).exclude(entry=entry)
        return any(
            Company.objects.filter(pk=claim.entry.source_id).exists()
            for claim in claims.select_related("entry")
        )
    return len(wanted["text"]) > LONGEST_TEXT and code in ("too_long", "kintone")


def _is_left_behind(key: str, records: Sequence[Record]) -> bool:
    """Whether kintone has a record under that key whose row was deleted: it stays there."""
    rows = {str(pk) for pk in Company.objects.values_list("pk", flat=True)}
    return any(one["code"] == key and one["src"] not in rows for one in records)


def check_claims() -> None:
    """A key belongs to the one row that kintone holds under it, and to no other."""
    living = set(Company.objects.values_list("pk", flat=True))
    synced = [
        entry
        for entry in LedgerEntry.objects.filter(state=EntryState.SYNCED, doubt_until=None)
        if entry.source_id in living
    ]
    keys = Counter(entry.key for entry in synced)
    assert all(count == 1 for count in keys.values()), f"one key of two rows: {keys}"
    for entry in synced:
        claimed = set(KeyClaim.objects.filter(entry=entry).values_list("key", flat=True))
        assert claimed == {entry.key}, f"claims {claimed}: {vars(entry)}"
