"""One import under way: its lines in chunks, and what became of each."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Protocol, Self

from django.utils.translation import gettext as _

from common.types import RecordType
from crm.aliases import current_ids
from crm.catalogue import item as item_of
from crm.importing.lines import Line, Table
from crm.importing.remembered import Remembered, Supposed
from crm.models import Department
from crm.writing import CHUNK, RowOutcome, RowResult, WriteReport, rehearse, upsert
from crm.writing.parse import key_value

Progress = Callable[[int], None]

#: Refused lines that a report lists; a file may have millions, and a report is kept.
LISTED: Final = 10_000


class Rehearsal(Protocol):
    """Who wants to know what an import would do."""

    def wants_more(self) -> bool:
        """Whether results shall tell what changes."""

    def saw(self, line: int, result: RowResult) -> None:
        """Be told of the line that starts there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedLine:
    """A line of which nothing was written, and why."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    """What became of the lines of a file: `read` is the sum of the others."""

    read: int
    created: int
    updated: int
    unchanged: int
    refused: tuple[RefusedLine, ...]
    """The first `LISTED`, in the order of their lines."""

    @property
    def refused_count(self) -> int:
        """How many lines were refused in all."""
        return self.read - self.created - self.updated - self.unchanged

    def as_json(self) -> dict[str, object]:
        """The stable form of `import_records --json` (design.md §8)."""
        return {
            "read": self.read,
            "created": self.created,
            "updated": self.updated,
            "unchanged": self.unchanged,
            "refused": [{"line": one.line, "reason": one.reason} for one in self.refused],
        }


@dataclass(frozen=True, slots=True)
class _Pending:
    """A line that waits for its chunk to be full."""

    line: int
    row: Mapping[str, str]
    key: str
    digest: bytes


class Import:
    """One import under way: counts, refused lines, keys that were seen."""

    def __init__(
        self, record_type: RecordType, *, key: str, places: Mapping[str, int], now: datetime
    ) -> None:
        self._record_type = record_type
        self._key = key
        self._key_item = item_of(record_type, key)
        self._places = places
        self._now = now
        self._counts = dict.fromkeys(RowOutcome, 0)
        self._chunk: dict[str, _Pending] = {}
        self._remembered = Remembered()
        self.on_progress: Progress | None = None
        self.rehearsal: Rehearsal | None = None
        self._former: set[int] = set()
        """Lines under an old ID of a record."""
        self._former_may_come = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._remembered.close()

    def take(self, lines: Iterable[Line]) -> None:
        """Write these lines, chunk by chunk."""
        for line in lines:
            if line.reason:
                self._remembered.refuse(line.line, line.reason)
            else:
                self._take_one(line)
        self._flush()

    def take_waiting(self, table: Table) -> None:
        """Read lines that waited for others (a department before its parent) again, while it helps.

        From the file, not from memory: of what waits only the line numbers are kept.
        """
        before, again = -1, self._remembered.begin_again()
        while again and again != before:
            lines = table.lines()
            self.take(line for line in lines if self._remembered.takes_again(line.line))
            before, again = again, self._remembered.begin_again()

    def take_former(self, table: Table) -> None:
        """Read lines under old IDs after all others: a record's own line says what it is now."""
        self._former_may_come = True
        if self._former:
            self.take(line for line in table.lines() if line.line in self._former)

    def suppose_waiting(self) -> None:
        """Count lines whose parents are in the same file as if these had come in before them."""
        while coming := self._remembered.suppose():
            for _line, key in coming:
                known = Department.objects.filter(external_id=key).exists()
                self._counts[RowOutcome.UPDATED if known else RowOutcome.CREATED] += 1

    def report(self) -> ImportReport:
        """What became of all lines."""
        refused = tuple(
            RefusedLine(line=line, reason=reason) for line, reason in self.reasons(most=LISTED)
        )
        created, updated, unchanged = (
            self._counts[outcome]
            for outcome in (RowOutcome.CREATED, RowOutcome.UPDATED, RowOutcome.UNCHANGED)
        )
        return ImportReport(
            read=created + updated + unchanged + self._remembered.refused,
            created=created,
            updated=updated,
            unchanged=unchanged,
            refused=refused,
        )

    def reasons(self, *, most: int = -1) -> Iterator[tuple[int, str]]:
        """(line, reason) of the refused lines in their order; -1: of all."""
        return self._remembered.reasons(most=most)

    def _take_one(self, line: Line) -> None:
        flaws = [line.flaws[place] for place in self._places.values() if place in line.flaws]
        if flaws:
            self._remembered.refuse(line.line, flaws[0])
            return
        row = {key: line.cells[position] for key, position in self._places.items()}
        value = key_value(self._key_item, row[self._key])
        key = "" if value is None else str(value)
        if key in self._chunk:
            self._flush()
        digest = _digest(row)
        earlier = self._remembered.find(key) if key else None
        if earlier is None:
            pending = _Pending(line.line, row, key, digest)
            # A line without key is refused when it is written; it must not hide another one.
            self._chunk[key or f"\0{line.line}"] = pending
            if len(self._chunk) >= CHUNK:
                self._flush()
        elif earlier.digest == digest:
            self._counts[RowOutcome.UNCHANGED] += 1
        else:
            reason = _("%(line)s行目と同じ%(item)s「%(key)s」で、内容が違います。")
            values = {"line": earlier.line, "item": self._key_item.label, "key": key}
            self._remembered.refuse(line.line, reason % values)

    def _flush(self) -> None:
        chunk = self._without_former(list(self._chunk.values()))
        self._chunk.clear()
        if not chunk:
            return
        rows = [pending.row for pending in chunk]
        report = self._written(rows)
        for pending, result in zip(chunk, report.results, strict=True):
            self._count(pending, result)
        if self.on_progress:
            self.on_progress(sum(self._counts.values()) + self._remembered.refused)

    def _without_former(self, chunk: list[_Pending]) -> list[_Pending]:
        """Without lines under old IDs, which come last, and then only if nothing else was said."""
        if self._key != "external_id":
            return chunk
        current = current_ids(self._record_type, [pending.key for pending in chunk])
        kept = []
        for pending in chunk:
            present = current.get(pending.key)
            if present is None:
                kept.append(pending)
            elif not self._former_may_come:
                self._former.add(pending.line)
            elif self._remembered.find(present):
                self._counts[RowOutcome.UNCHANGED] += 1
            else:
                kept.append(replace(pending, key=present))
        return kept

    def _written(self, rows: Sequence[Mapping[str, str]]) -> WriteReport:
        if self.rehearsal is None:
            return upsert(self._record_type, rows, key=self._key, now=self._now)
        explain = self.rehearsal.wants_more()
        return rehearse(self._record_type, rows, key=self._key, now=self._now, explain=explain)

    def _count(self, pending: _Pending, result: RowResult) -> None:
        if self.rehearsal:
            self.rehearsal.saw(pending.line, result)
        if result.outcome is RowOutcome.REFUSED:
            self._remembered.refuse(
                pending.line,
                result.reason,
                waits=result.waits,
                supposed=self._supposed(pending) if result.waits else None,
            )
        else:
            self._counts[result.outcome] += 1
            self._remembered.accept(pending.key, line=pending.line, digest=pending.digest)

    def _supposed(self, pending: _Pending) -> Supposed | None:
        if self._key != "external_id":
            return None
        return Supposed(pending.key, pending.row["parent.external_id"].strip())


def _digest(row: Mapping[str, str]) -> bytes:
    cells = "\0".join(cell.strip() for cell in row.values())
    return hashlib.blake2b(cells.encode(errors="surrogatepass"), digest_size=12).digest()
