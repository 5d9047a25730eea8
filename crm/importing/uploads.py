"""Imports by the screen: from an uploaded file to what came of it.

A file is kept from upload to end, with how its columns are to be read. Small ones are imported
while the browser waits, larger ones by a worker; both end in the same `ImportRun`.
"""

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from celery import current_app
from django.db import transaction
from django.utils.translation import gettext as _
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from audit import recording
from common import clock
from common.types import RecordType
from crm.catalogue import UnknownItemError
from crm.importing import files as import_files
from crm.importing import import_csv
from crm.importing.files import Matching
from crm.importing.reader import CsvError, open_table
from crm.importing.xlsx import XlsxFile
from crm.models import Account, ImportRun

if TYPE_CHECKING:
    from django.core.files.uploadedfile import UploadedFile

logger = logging.getLogger(__name__)

#: The name under which `crm.tasks` registers `execute`.
TASK = "crm.import"
#: Files with more lines than this are left to a worker.
INLINE_LINES = 2000
SAMPLES = 3


class NoWorkerError(Exception):
    """The broker cannot be reached, so no worker would hear of the import."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The beginning of a file: its headings and its first readable lines."""

    headings: tuple[str, ...]
    samples: tuple[tuple[str, ...], ...]
    sheet: str = ""
    """The sheet of a workbook that is read, where there are others that are not."""


def draft(
    record_type: RecordType, upload: "UploadedFile[bytes]", *, account: Account | None
) -> ImportRun:
    """A new import of the uploaded file, not begun yet.

    Raises:
        CsvError: the file cannot be read; nothing is kept.
        OSError: it cannot be stored (the disk is full, the folder not writable); nothing is kept.
    """
    import_files.remove_forgotten(now=clock.now())
    run = ImportRun.objects.create(
        record_type=record_type,
        file_name=(upload.name or "")[:255],
        started_at=clock.now(),
        account=account,
    )
    try:
        import_files.keep(run, upload=upload)
        with import_files.path_of(run).open("rb") as file:
            run.lines = open_table(file).about()
        run.save(update_fields=["lines"])
    except (CsvError, OSError):
        discard(run)
        raise
    return run


def head_of(run: ImportRun) -> Head:
    """The beginning of this import's file.

    Raises:
        CsvError: the file cannot be read.
        FileNotFoundError: it is no longer kept.
    """
    with import_files.path_of(run).open("rb") as file:
        table = open_table(file)
        samples: list[tuple[str, ...]] = []
        for line in table.beginning():
            if not line.reason:
                samples.append(line.cells)
            if len(samples) == SAMPLES:
                break
        sheet = table.sheet.name if isinstance(table, XlsxFile) and table.other_sheets else ""
    return Head(headings=table.headings, samples=tuple(samples), sheet=sheet)


def discard(run: ImportRun) -> None:
    """Forget an import that was not begun."""
    import_files.remove(run)
    run.delete()


def begin(run: ImportRun, matching: Matching) -> None:
    """Import the file by `matching`: at once where it is small, else by a worker. Begins once.

    Raises:
        NoWorkerError: it is large and no worker can be reached; it stays a draft.
    """
    import_files.keep_matching(run, matching)
    drafts = ImportRun.objects.filter(pk=run.pk, status=ImportRun.Status.DRAFT)
    # Compare-and-set: of two presses of the button one begins it, one finds it begun.
    with transaction.atomic():
        if drafts.update(status=ImportRun.Status.RUNNING, started_at=clock.now()) == 0:
            return
        noted = import_files.note_begun(run)
    if run.lines <= INLINE_LINES:
        execute(run.pk)
        return
    try:
        ring(run.pk)
    except NoWorkerError:
        with transaction.atomic():
            ImportRun.objects.filter(pk=run.pk).update(status=ImportRun.Status.DRAFT)
            recording.withdraw(noted)
        raise


def ring(subject: int | str, *, task: str = TASK) -> None:
    """Wake a worker for the import of that id, or for another task with one argument.

    Raises:
        NoWorkerError: the broker cannot be reached.
    """
    try:
        current_app.send_task(task, args=[subject], retry=False, ignore_result=True)
    except (OperationalError, RedisError, OSError) as error:
        logger.warning("%s %s: the broker cannot be reached: %s", task, subject, error)
        raise NoWorkerError from error


def resume(run: ImportRun) -> None:
    """Wake a worker again for an import whose worker is gone.

    Raises:
        NoWorkerError: the broker cannot be reached.
    """
    ring(run.pk)
    if import_files.path_of(run).exists():
        import_files.show_life(run)


def execute(run_id: int) -> None:
    """Import the file of a begun import; afterwards the run tells what came of it.

    Done twice (a worker died and another took over), the second finds the lines unchanged.
    """
    run = ImportRun.objects.filter(pk=run_id, status=ImportRun.Status.RUNNING).first()
    if run is None:
        return
    try:
        _import(run)
    except FileNotFoundError:
        _fail(run, _no_file())
    except UnknownItemError:
        _fail(run, _("取り込み先の項目が削除されました。もう一度アップロードしてください。"))
    except CsvError as error:
        _fail(run, str(error), line=error.line or 1)
    except Exception:
        logger.exception("Import %s broke off", run_id)
        _fail(run, _("取り込みが中断しました。もう一度アップロードしてください。"))
    import_files.remove(run)


def _import(run: ImportRun) -> None:
    matching = import_files.matching_of(run)

    def tell(done: int) -> None:
        import_files.show_life(run)
        ImportRun.objects.filter(pk=run.pk).update(read=done)

    with import_files.path_of(run).open("rb") as file:
        report = import_csv(
            RecordType(run.record_type),
            file,
            key=matching.key,
            columns=matching.columns,
            on_progress=tell,
            refused_to=import_files.result_of(run),
        )
    for name, value in report.as_json().items():
        setattr(run, name, value)
    _end(run, ImportRun.Status.PARTIAL if report.refused else ImportRun.Status.SUCCEEDED)


def _no_file() -> str:
    return _(
        "ワーカーからファイルを読めません。もう一度アップロードしてください。"
        "繰り返す場合は、Webサーバーとワーカーで同じVAR_DIR/importsを使用しているか確認してください。"
    )


def _fail(run: ImportRun, reason: str, *, line: int = 1) -> None:
    run.refused = [{"line": line, "reason": reason}]
    _end(run, ImportRun.Status.FAILED)


def _end(run: ImportRun, status: ImportRun.Status) -> None:
    run.status = status
    run.finished_at = max(clock.now(), run.started_at)
    run.save()
