"""The files of imports between upload and end: readable by the product only, removed when done."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from django.conf import settings

from audit import recording
from audit.kinds import Kind
from audit.recording import Thing
from crm.models import ImportRun

if TYPE_CHECKING:
    from django.core.files.uploadedfile import UploadedFile

#: A file that was uploaded and never imported is removed after this.
KEPT = timedelta(days=1)
#: A worker shows life after each chunk of lines, which takes seconds.
SILENCE = timedelta(minutes=3)
#: So long the refused lines can be had, to be mended.
RESULTS_KEPT = timedelta(days=30)


_RESULT: Final = ".refused.csv"


@dataclass(frozen=True, slots=True, kw_only=True)
class Matching:
    """How the columns of a file are to be read."""

    key: str
    """The item that rows are found by."""
    columns: Mapping[str, str | None]
    """Item key → heading; None: not to be filled though a heading fits."""


def path_of(run: ImportRun) -> Path:
    """Where the file of this import is, as long as it is kept."""
    return _folder() / f"{run.pk}.upload"


def result_of(run: ImportRun) -> Path:
    """Where the refused lines of this import are, if there are any, as long as they are kept."""
    return _folder() / f"{run.pk}{_RESULT}"


def forecast_of(run: ImportRun) -> Path:
    """Where it is kept what this import would change, if somebody asked."""
    return _folder() / f"{run.pk}.forecast.json"


def keep(run: ImportRun, *, upload: "UploadedFile[bytes]") -> Path:
    """Store the uploaded file; where it is now."""
    path = path_of(run)
    path.touch(mode=0o600)
    with path.open("wb") as file:
        for chunk in upload.chunks():
            file.write(chunk)
    return path


def keep_matching(run: ImportRun, matching: Matching) -> None:
    """Store how the columns of this import's file are to be read, beside it."""
    path = _matching_path(run)
    path.touch(mode=0o600)
    path.write_text(json.dumps({"key": matching.key, "columns": dict(matching.columns)}))


def matching_of(run: ImportRun) -> Matching:
    """What `keep_matching` stored.

    Raises:
        FileNotFoundError: nothing is stored any more.
    """
    return Matching(**json.loads(_matching_path(run).read_text()))


def show_life(run: ImportRun) -> None:
    """Note, on the file, that somebody works on this import now."""
    path_of(run).touch(mode=0o600)


def is_silent(run: ImportRun, *, now: datetime) -> bool:
    """Whether nobody has worked on this import for `SILENCE`: its worker is gone."""
    try:
        seen = path_of(run).stat().st_mtime
    except FileNotFoundError:
        return False
    return now.timestamp() - seen > SILENCE.total_seconds()


def remove(run: ImportRun) -> None:
    """Remove the file of this import and what belongs to it, if they are still there."""
    path_of(run).unlink(missing_ok=True)
    _matching_path(run).unlink(missing_ok=True)
    forecast_of(run).unlink(missing_ok=True)


def remove_forgotten(*, now: datetime) -> None:
    """Remove drafts that nobody went on with, and every file that nobody has used since."""
    drafts = ImportRun.objects.filter(status=ImportRun.Status.DRAFT, started_at__lt=now - KEPT)
    for run in drafts:
        remove(run)
        run.delete()
    for path in _folder().iterdir():
        kept = RESULTS_KEPT if path.name.endswith(_RESULT) else KEPT
        if now.timestamp() - path.stat().st_mtime > kept.total_seconds():
            path.unlink(missing_ok=True)


def _matching_path(run: ImportRun) -> Path:
    return _folder() / f"{run.pk}.json"


def _folder() -> Path:
    folder = Path(settings.VAR_DIR) / "imports"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def note_begun(run: ImportRun) -> int | None:
    """Write into 操作履歴 that the file's import was begun; returns the entry's id."""
    return recording.record(
        Kind.DATA_IMPORT,
        Thing(label=run.file_name, record_type=run.record_type),
        import_run=run.pk,
    )
