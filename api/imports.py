"""CSV files that other programs send: imported as by the page, columns matched by headings."""

from collections.abc import Iterator, Sequence
from hashlib import sha256
from tempfile import TemporaryFile
from typing import Annotated, Any, Final

from django.conf import settings
from django.core.files.uploadedfile import TemporaryUploadedFile, UploadedFile
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.http.multipartparser import MultiPartParser
from django.urls import reverse
from django.utils.translation import gettext as _
from ninja import Field, Router

from api import outgoing
from api.access import token_of
from api.bodies import blocks
from api.once import answered_once
from api.outgoing import moment
from api.problems import ApiError
from api.request_schemas import IMPORTED_FILE
from api.schemas import EVERYWHERE, WRITING, Import
from common.types import RecordType
from common.wording import listed, one_after_another
from crm.catalogue import UnknownItemError
from crm.importing import columns, limits, uploads
from crm.importing.files import Matching
from crm.importing.reader import CsvError
from crm.models import ImportRun
from crm.pages.imports import refused_lines

router = Router()

#: Refused lines in the answer itself; all of them are in the file.
LISTED: Final = 200
#: What a file may be called; the last one is what curl says where nobody said anything.
_TEXT: Final = frozenset(
    {
        "",
        "text/csv",
        "text/plain",
        "application/csv",
        "application/octet-stream",
        "application/vnd.ms-excel",
        "application/x-www-form-urlencoded",
    }
)


@router.post(
    "/imports/{record_type:record_type}",
    url_name="imports",
    operation_id="importFile",
    response={201: Import, **EVERYWHERE, **WRITING},
    openapi_extra=IMPORTED_FILE,
)
def import_file(
    request: HttpRequest,
    record_type: RecordType,
    file_name: Annotated[str, Field(max_length=255)] = "api.csv",
) -> HttpResponse:
    """Begin the import; small files are done when this is answered."""
    upload, digest = _uploaded(request, file_name)

    def work() -> HttpResponse:
        run = _begun(record_type, upload, request=request)
        response = outgoing.respond(_shown(run), status=201)
        response["Location"] = _address(run)
        return response

    with upload:
        return answered_once(request, body_digest=digest, work=work)


@router.get(
    "/imports/{int:run_id}",
    url_name="import",
    operation_id="getImport",
    response={200: Import, **EVERYWHERE},
)
def get_import(request: HttpRequest, run_id: int) -> HttpResponse:
    """How far it is, or what came of it."""
    return outgoing.respond(_shown(_found(request, run_id)))


@router.get(
    "/imports/{int:run_id}/refused.csv",
    url_name="import-refused",
    operation_id="getRefusedLines",
    response={200: None, **EVERYWHERE},
)
def get_refused_lines(request: HttpRequest, run_id: int) -> HttpResponseBase:
    """The refused lines with their reasons, as a CSV."""
    return refused_lines(request, _found(request, run_id).pk)


def _found(request: HttpRequest, run_id: int) -> ImportRun:
    begun = ImportRun.objects.exclude(status=ImportRun.Status.DRAFT)
    run = begun.filter(pk=run_id, record_type__in=token_of(request).record_types).first()
    if run is None:
        raise ApiError(
            404,
            "no-import",
            title=_("取り込みがありません"),
            detail=_("このIDの取り込みはありません。"),
        )
    return run


def _uploaded(request: HttpRequest, file_name: str) -> tuple["UploadedFile[bytes]", bytes]:
    """The file, on disk, and the digest of its content."""
    if request.content_type == "multipart/form-data":
        upload = _of_form(request)
        return upload, _digest(upload.chunks())
    if request.content_type not in _TEXT:
        raise ApiError(
            415,
            "not-csv",
            title=_("この形式は受け取れません"),
            detail=_("CSVファイルを、Content-Type: text/csvで送信してください。"),
        )
    upload = TemporaryUploadedFile(file_name, "text/csv", 0, None)
    return upload, _digest(_kept(upload, blocks(request, megabytes=limits.MEGABYTES)))


def _of_form(request: HttpRequest) -> "UploadedFile[bytes]":
    """The file of a form, which is read whole before it is taken apart: Django's own reading does
    not notice that the end is missing.
    """
    with TemporaryFile() as form:
        for block in blocks(request, megabytes=limits.MEGABYTES, beside=limits.BESIDE):
            form.write(block)
        form.seek(0)
        handlers = request.upload_handlers
        _values, files = MultiPartParser(request.META, form, handlers, request.encoding).parse()
    upload = files.get("file")
    if not isinstance(upload, UploadedFile):
        raise _refused(_("ファイルをfileという名前で送信してください。"))
    return upload


def _kept(upload: "UploadedFile[bytes]", parts: Iterator[bytes]) -> Iterator[bytes]:
    size = 0
    for part in parts:
        upload.write(part)
        size += len(part)
        yield part
    upload.size = size
    upload.seek(0)


def _digest(parts: Iterator[bytes]) -> bytes:
    digest = sha256()
    for part in parts:
        digest.update(part)
    return digest.digest()


def _begun(
    record_type: RecordType, upload: "UploadedFile[bytes]", *, request: HttpRequest
) -> ImportRun:
    """The import, under way or done.

    Raises:
        ApiError: the file cannot be read or matched (422), or nobody can import it now (503).
    """
    try:
        run = uploads.draft(record_type, upload, account=token_of(request).created_by)
    except CsvError as error:
        raise _refused(str(error)) from error
    try:
        headings = uploads.head_of(run).headings
        matching = columns.unattended(record_type, headings)
        reason = _why_unmatched(record_type, headings, matching)
        if reason:
            uploads.discard(run)
            raise _refused(
                one_after_another(
                    [reason, _("ファイルの見出し：%(headings)s") % {"headings": listed(headings)}]
                )
            )
        uploads.begin(run, matching)
    except uploads.NoWorkerError as error:
        uploads.discard(run)
        raise ApiError(
            503,
            "no-worker",
            title=_("取り込みを開始できません"),
            detail=_("ワーカーに接続できません。時間をおいて、もう一度送信してください。"),
            headers={"Retry-After": "60"},
        ) from error
    run.refresh_from_db()
    return run


def _why_unmatched(record_type: RecordType, headings: Sequence[str], matching: Matching) -> str:
    """Why nothing of the file would be taken; "" where something is."""
    key = matching.key
    try:
        found = columns.place(record_type, headings, key=key, columns=matching.columns)
    except CsvError as error:
        return str(error)
    except UnknownItemError:
        return _("前回の対応で選択した項目がありません。画面から取り込んで選択し直してください。")
    if found.keys() == {key}:
        return _("キーのほかに取り込める列がありません。見出しを項目名にしてください。")
    return ""


def _refused(reason: str) -> ApiError:
    return ApiError(422, "file-refused", title=_("ファイルを取り込めません"), detail=reason)


def _address(run: ImportRun) -> str:
    return reverse("api:import", args=[run.pk])


def _shown(run: ImportRun) -> dict[str, Any]:
    begins = {name: getattr(run, name) for name in ("read", "created", "updated", "unchanged")}
    return {
        "id": run.pk,
        "record_type": run.record_type,
        "file_name": run.file_name,
        "status": run.status,
        "label": run.get_status_display(),
        "started_at": moment(run.started_at),
        "finished_at": moment(run.finished_at),
        **begins,
        "refused": len(run.refused),
        "refused_lines": run.refused[:LISTED],
        "refused_file": reverse("api:import-refused", args=[run.pk]) if run.refused else None,
        "address": _address(run),
        "page": settings.PUBLIC_URL + reverse("crm:import-run", args=[run.pk]),
    }
