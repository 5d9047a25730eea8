"""The watched folder: files that other programs leave there are imported by themselves, once each.

    FEED_DIR/company/…, department/…, lead/…      left here by others
    FEED_DIR/working/TYPE/…                       being imported
    FEED_DIR/done/TYPE/…                          imported, every line
    FEED_DIR/refused/TYPE/…                       not, or not every line; the result file beside it

A file is taken when it has stood still for `SETTLED`, by a rename, which only one can do. Who holds
the lock of the folder owns what lies in `working`: after a death the next one goes on with it, and
finds the lines that were written unchanged.
"""

import fcntl
import logging
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO, Final

from django.conf import settings
from django.core.mail import send_mail
from django.db import OperationalError
from django.utils import translation
from django.utils.translation import gettext as _

from common.types import RecordType
from crm.catalogue import UnknownItemError
from crm.importing import ImportReport, run_import
from crm.importing import columns as csv_columns
from crm.importing.encoding import CsvError
from crm.importing.reader import open_table
from crm.labels import record_type_label
from crm.models import ImportRun

logger = logging.getLogger(__name__)

SETTLED: Final = timedelta(minutes=1)
#: A longer name could not bear the moment before it.
_LONGEST_NAME: Final = 60
_PARENTS_FIRST: Final = (RecordType.COMPANY, RecordType.DEPARTMENT, RecordType.LEAD)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Taken:
    """A file that is being imported."""

    record_type: RecordType
    path: Path


def take_all(folder: Path, *, now: datetime) -> None:
    """Import every file that stands still; companies before departments before leads.

    While a file of one type is still being written, those of the types below it wait.

    Raises:
        OSError: the folder cannot be used.
        OperationalError: the database cannot be used; the file waits in `working`.
    """
    with _lock(folder) as alone, translation.override(settings.LANGUAGE_CODE):
        if not alone:
            return
        for record_type in _PARENTS_FIRST:
            growing = _claim(folder, record_type, now=now)
            for path in sorted(_folder(folder, "working", record_type).iterdir()):
                _import(folder, _Taken(record_type=record_type, path=path))
            if growing:
                return


def _claim(folder: Path, record_type: RecordType, *, now: datetime) -> bool:
    """Take what stands still into `working`; whether anything else is there."""
    inbox = folder / record_type
    inbox.mkdir(mode=0o700, exist_ok=True)
    working = _folder(folder, "working", record_type)
    growing = False
    for entry in sorted(os.scandir(inbox), key=lambda entry: entry.name):
        found = entry.stat(follow_symlinks=False)
        # Hidden names are of files on their way (rsync); folders and devices are nobody's data.
        if entry.name.startswith(".") or not (entry.is_symlink() or stat.S_ISREG(found.st_mode)):
            continue
        # Whoever copies a file may set its mtime, but nobody its ctime.
        if now.timestamp() - max(found.st_mtime, found.st_ctime) < SETTLED.total_seconds():
            growing = True
            continue
        moment = now.strftime("%Y%m%d-%H%M%S-%f")
        Path(entry.path).rename(working / f"{moment}-{_plain(entry.name)}")
    return growing


def _plain(name: str) -> str:
    """The name with nothing in it that a database, a mail or a terminal would stumble over."""
    safe = "".join(
        character if character.isprintable() and not character.isspace() else "_"
        for character in name.encode(errors="replace").decode()
    )
    return safe[-_LONGEST_NAME:]


def _import(folder: Path, taken: _Taken) -> None:
    name, record_type = taken.path.name, taken.record_type
    # Of somebody who died over this file.
    ImportRun.objects.filter(file_name=name, status=ImportRun.Status.RUNNING).update(
        status=ImportRun.Status.FAILED
    )
    refused = _folder(folder, "refused", record_type)
    result = refused / f"{name}.refused.csv"
    try:
        report = _read(taken, result)
    except CsvError as error:
        reason = str(error)
    except UnknownItemError:
        reason = _("前回の対応で選択した項目がありません。画面から取り込んで選択し直してください。")
    except OperationalError:
        raise
    except Exception:
        logger.exception("The import of %s broke off", name)
        reason = _("取り込みが中断しました。詳細はワーカーのログにあります。")
    else:
        if not report.refused:
            taken.path.rename(_folder(folder, "done", record_type) / name)
            return
        reason = _(
            "%(read)s行のうち%(count)s行を取り込めませんでした。行と理由は「%(file)s」にあります。"
            "修正して、もう一度フォルダに置いてください。"
        ) % {"read": report.read, "count": report.refused_count, "file": result}
    taken.path.rename(refused / name)
    _tell(record_type, name, reason)


def _read(taken: _Taken, result: Path) -> ImportReport:
    with _open(taken.path) as file:
        matching = csv_columns.unattended(taken.record_type, open_table(file).headings)
        return run_import(
            taken.record_type,
            file,
            file_name=taken.path.name,
            key=matching.key,
            columns=matching.columns,
            refused_to=result,
        )


def _open(path: Path) -> BinaryIO:
    """The file itself, never one that it points to.

    Raises:
        CsvError: it is no file.
    """
    try:
        number = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        message = _(
            "ファイルを開けません。リンクではなく、hpsyncが読めるファイルを置いてください。"
        )
        raise CsvError(message) from error
    return os.fdopen(number, "rb")


def _tell(record_type: RecordType, name: str, reason: str) -> None:
    """One mail about a file; that it cannot be sent keeps nothing from going on."""
    logger.warning("Feed: %s: %s", name, reason)
    if not settings.FEED_NOTIFY:
        return
    subject = _("【要対応】%(type)sのファイルを取り込めません｜%(name)s｜hpsync") % {
        "type": record_type_label(record_type),
        "name": name,
    }
    try:
        send_mail(subject, f"{reason}\n", None, settings.FEED_NOTIFY)
    except OSError as error:  # smtplib's errors are OSErrors too
        logger.warning("The mail about %s could not be sent: %s", name, error)


def _folder(folder: Path, state: str, record_type: RecordType) -> Path:
    path = folder / state / record_type
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


@contextmanager
def _lock(folder: Path) -> Iterator[bool]:
    """Whether nobody else works on the folder; nobody else can until this ends, however it does."""
    with (folder / ".lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True
