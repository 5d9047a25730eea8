"""Importing a CSV: every line is written, unchanged, or refused with its number and reason."""

import hashlib
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Final, Protocol, Self

from django.utils.translation import gettext as _

from common.clock import now as clock_now
from common.types import RecordType
from crm.aliases import current_ids
from crm.catalogue import item as item_of
from crm.importing.columns import place
from crm.importing.reader import CsvError, CsvFile, CsvLine, open_csv
from crm.importing.results import write_refused
from crm.models import Account, Department, ImportRun
from crm.writing import CHUNK, RowOutcome, RowResult, WriteReport, rehearse, upsert
from crm.writing.parse import key_value

__all__ = ["CsvError", "ImportReport", "RefusedLine", "import_csv", "run_import"]

Progress = Callable[[int], None]


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
    """In the order of their lines."""

    def as_json(self) -> dict[str, object]:
        """The stable form of `import_records --json` (design.md §8)."""
        return {
            "read": self.read,
            "created": self.created,
            "updated": self.updated,
            "unchanged": self.unchanged,
            "refused": [{"line": one.line, "reason": one.reason} for one in self.refused],
        }


def import_csv(
    record_type: RecordType,
    file: BinaryIO,
    *,
    key: str = "external_id",
    columns: Mapping[str, str | None] | None = None,
    on_progress: Progress | None = None,
    now: datetime | None = None,
    refused_to: Path | None = None,
    rehearsal: Rehearsal | None = None,
) -> ImportReport:
    """Insert or update the rows of a CSV; what came before an error of the file stays written.

    Of several lines with one key the first that fits counts; a later one with the same cells is
    unchanged, one with others is refused. (If the last won, importing the same file again would
    change the row twice each time.)

    Args:
        file: Binary, with `seek`; UTF-8 or Shift_JIS. Memory does not grow with its length.
        key: The item that rows are found by, one of `crm.writing.key_items`.
        columns: Item key → heading where headings alone don't tell (`crm.importing.columns.place`).
        on_progress: Called with the number of lines done so far, after each chunk.
        refused_to: Where the refused lines go with their reasons (`crm.importing.results`), if
            there are any.
        rehearsal: Nothing is written where it is given; it is told of every line that was judged.

    Raises:
        CsvError: nothing can be read, or a column is missing.
        UnknownItemError: `key` or `columns` name an item that is not there.
    """
    table = open_csv(file)
    places = place(record_type, table.headings, key=key, columns=columns)
    with _Import(record_type, key=key, places=places, now=now or clock_now()) as work:
        work.on_progress = on_progress
        work.rehearsal = rehearsal
        work.take(table.lines())
        work.take_former(table)
        if rehearsal is None:
            work.take_waiting(table)
        else:
            work.suppose_waiting()
        report = work.report()
    if refused_to and report.refused:
        write_refused(refused_to, table, {one.line: one.reason for one in report.refused})
    return report


def run_import(
    record_type: RecordType,
    file: BinaryIO,
    *,
    file_name: str,
    key: str = "external_id",
    columns: Mapping[str, str | None] | None = None,
    account: Account | None = None,
    on_progress: Progress | None = None,
    refused_to: Path | None = None,
) -> ImportReport:
    """`import_csv`, written down as an `ImportRun`, also when it fails.

    Raises:
        CsvError, UnknownItemError: as `import_csv`.
    """
    run = ImportRun.objects.create(
        record_type=record_type,
        file_name=file_name[:255],
        status=ImportRun.Status.RUNNING,
        started_at=clock_now(),
        account=account,
    )
    try:
        report = import_csv(
            record_type,
            file,
            key=key,
            columns=columns,
            on_progress=on_progress,
            refused_to=refused_to,
        )
    except Exception as error:
        line = getattr(error, "line", None) or 1
        reason = str(error) if isinstance(error, CsvError) else type(error).__name__
        _close(run, ImportRun.Status.FAILED, refused=[{"line": line, "reason": reason}])
        raise
    status = ImportRun.Status.PARTIAL if report.refused else ImportRun.Status.SUCCEEDED
    _close(run, status, **report.as_json())
    return report


def _close(run: ImportRun, status: ImportRun.Status, **values: object) -> None:
    for name, value in values.items():
        setattr(run, name, value)
    run.status = status
    run.finished_at = max(clock_now(), run.started_at)
    run.save()


@dataclass(frozen=True, slots=True)
class _Pending:
    """A line that waits for its chunk to be full."""

    line: int
    row: Mapping[str, str]
    key: str
    digest: bytes


class _Import:
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
        self._refused: dict[int, str] = {}
        self._waiting: set[int] = set()
        self._chunk: dict[str, _Pending] = {}
        self._seen = _Seen()
        self.on_progress: Progress | None = None
        self.rehearsal: Rehearsal | None = None
        self._supposed: dict[int, tuple[str, str]] = {}
        self._former: set[int] = set()
        """Lines under an old ID of a record."""
        self._former_may_come = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._seen.close()

    def take(self, lines: Iterable[CsvLine]) -> None:
        """Write these lines, chunk by chunk."""
        for line in lines:
            if line.reason:
                self._refuse(line.line, line.reason)
            else:
                self._take_one(line)
        self._flush()

    def take_waiting(self, table: CsvFile) -> None:
        """Read lines that waited for others (a department before its parent) again, while it helps.

        From the file, not from memory: of what waits only the line numbers are kept.
        """
        before = -1
        while self._waiting and len(self._waiting) != before:
            before = len(self._waiting)
            again, self._waiting = self._waiting, set()
            for number in again:
                del self._refused[number]
            self.take(_only(table.lines(), again))

    def take_former(self, table: CsvFile) -> None:
        """Read lines under old IDs after all others: a record's own line says what it is now."""
        self._former_may_come = True
        if self._former:
            self.take(_only(table.lines(), self._former))

    def suppose_waiting(self) -> None:
        """Count lines whose parents are in the same file as if these had come in before them."""
        while coming := [
            line for line, (_key, parent) in self._supposed.items() if self._seen.find(parent)
        ]:
            for line in coming:
                key, _parent = self._supposed.pop(line)
                self._seen.add(_Pending(line, {}, key, b""))
                del self._refused[line]
                known = Department.objects.filter(external_id=key).exists()
                self._counts[RowOutcome.UPDATED if known else RowOutcome.CREATED] += 1

    def report(self) -> ImportReport:
        """What became of all lines."""
        refused = tuple(
            RefusedLine(line=line, reason=self._refused[line]) for line in sorted(self._refused)
        )
        created, updated, unchanged = (
            self._counts[outcome]
            for outcome in (RowOutcome.CREATED, RowOutcome.UPDATED, RowOutcome.UNCHANGED)
        )
        return ImportReport(
            read=created + updated + unchanged + len(refused),
            created=created,
            updated=updated,
            unchanged=unchanged,
            refused=refused,
        )

    def _take_one(self, line: CsvLine) -> None:
        row = {key: line.cells[position] for key, position in self._places.items()}
        value = key_value(self._key_item, row[self._key])
        key = "" if value is None else str(value)
        if key in self._chunk:
            self._flush()
        digest = _digest(row)
        earlier = self._seen.find(key) if key else None
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
            self._refuse(line.line, reason % values)

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
            self.on_progress(sum(self._counts.values()) + len(self._refused))

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
            elif self._seen.find(present):
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
            self._refuse(pending.line, result.reason)
            if result.waits:
                self._waiting.add(pending.line)
                if self._key == "external_id":
                    parent = pending.row["parent.external_id"].strip()
                    self._supposed[pending.line] = (pending.key, parent)
        else:
            self._counts[result.outcome] += 1
            self._seen.add(pending)

    def _refuse(self, line: int, reason: str) -> None:
        self._refused[line] = reason


@dataclass(frozen=True, slots=True)
class _Earlier:
    line: int
    digest: bytes


class _Seen:
    """The keys that were accepted, with their lines, on disk: a file may have millions."""

    _TABLE: Final = "CREATE TABLE seen (key TEXT PRIMARY KEY, line INTEGER, digest BLOB)"

    def __init__(self) -> None:
        # "" is a database in a temporary file, which goes when it is closed.
        self._database = sqlite3.connect("", isolation_level=None)
        self._database.execute("PRAGMA journal_mode=OFF")
        self._database.execute(f"{self._TABLE} WITHOUT ROWID")

    def find(self, key: str) -> _Earlier | None:
        """The line that had this key, or None."""
        query = "SELECT line, digest FROM seen WHERE key = ?"
        found = self._database.execute(query, [key]).fetchone()
        return None if found is None else _Earlier(*found)

    def add(self, pending: _Pending) -> None:
        """Keep the key of an accepted line."""
        values = [pending.key, pending.line, pending.digest]
        self._database.execute("INSERT OR REPLACE INTO seen VALUES (?, ?, ?)", values)

    def close(self) -> None:
        """Forget everything."""
        self._database.close()


def _digest(row: Mapping[str, str]) -> bytes:
    cells = "\0".join(cell.strip() for cell in row.values())
    return hashlib.blake2b(cells.encode(errors="surrogatepass"), digest_size=12).digest()


def _only(lines: Iterator[CsvLine], numbers: set[int]) -> Iterator[CsvLine]:
    return (line for line in lines if line.line in numbers)
