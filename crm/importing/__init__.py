"""Importing a file: every line is written, unchanged, or refused with its number and reason."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from django.db import transaction

from common.clock import now as clock_now
from common.types import RecordType
from crm.importing.columns import place
from crm.importing.files import note_begun
from crm.importing.reader import CsvError, open_table
from crm.importing.results import write_refused
from crm.importing.work import Import, ImportReport, Progress, RefusedLine, Rehearsal
from crm.models import Account, ImportRun

__all__ = ["CsvError", "ImportReport", "Progress", "RefusedLine", "import_csv", "run_import"]


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
    """Insert or update the rows of a CSV or Excel file.

    What came before an error of the file stays written.

    Of several lines with one key the first that fits counts; a later one with the same cells is
    unchanged, one with others is refused. (If the last won, importing the same file again would
    change the row twice each time.)

    Args:
        file: Binary, with `seek`. Memory does not grow with its length.
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
    table = open_table(file)
    places = place(record_type, table.headings, key=key, columns=columns)
    with Import(record_type, key=key, places=places, now=now or clock_now()) as work:
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
            write_refused(refused_to, table, work.reasons())
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
    with transaction.atomic():
        run = ImportRun.objects.create(
            record_type=record_type,
            file_name=file_name[:255],
            status=ImportRun.Status.RUNNING,
            started_at=clock_now(),
            account=account,
        )
        note_begun(run)
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
