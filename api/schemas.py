"""The shapes of answers, for the document that describes the API.

Answers with many records are not built of these (`api.outgoing.respond`); tests hold them against
the document.
"""

from datetime import datetime
from typing import Final

from django.http import HttpRequest
from ninja import Schema

from api.models import ApiToken
from common.types import Kind, RecordType
from crm.models import ImportRun
from crm.writing import RowOutcome
from jobs.pages.select_records import Verdict


class ErrorAt(Schema):
    """One place of the request that is wrong."""

    pointer: str
    detail: str


class Problem(Schema):
    """RFC 9457. `type` is stable, for programs; `title` and `detail` are for people."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[ErrorAt] = []


#: Every operation may be answered so: not let in, too many, not ready to, something broke.
EVERYWHERE: Final = {frozenset({400, 401, 403, 404, 405, 406, 429, 500, 503}): Problem}
#: Those that write, besides.
WRITING: Final = {frozenset({409, 411, 413, 415, 422}): Problem}


class Token:
    """How the document says that a token is asked for; who comes in was decided by `api.access`."""

    openapi_security_schema: Final = {"type": "http", "scheme": "bearer"}

    def __call__(self, request: HttpRequest) -> ApiToken | None:
        """The token that let the request in."""
        return getattr(request, "api_token", None)


class ItemOut(Schema):
    """One item of a record type."""

    key: str
    label: str
    kind: Kind
    writable: bool
    required: bool
    max_length: int | None


class Items(Schema):
    """Every item of a record type, custom ones last."""

    items: list[ItemOut]


class Reason(Schema):
    """Why a record was refused: the item, its label and what to do, in the caller's language."""

    item: str
    label: str
    reason: str


class Result(Schema):
    """What became of one record."""

    external_id: str | None
    id: int | None
    outcome: RowOutcome
    reasons: list[Reason] = []


class Upserted(Schema):
    """What became of the records, in the order in which they were sent."""

    created: int
    updated: int
    unchanged: int
    refused: int
    results: list[Result]


class Record(Schema):
    """Item key → value."""

    model_config = {"extra": "allow"}

    id: int
    external_id: str


class Records(Schema):
    """A page of records; `next` is the `after` of the next page, null on the last one."""

    records: list[Record]
    next: int | None


class Trouble(Schema):
    """Why a record is not in kintone as it is here."""

    code: str
    field: str
    item: str
    heading: str
    body: str
    detail: str


class InKintone(Schema):
    """One record in one kintone app."""

    connection: str
    host: str
    app: int
    guest_space: int | None
    app_name: str
    state: Verdict
    label: str
    record: int | None
    url: str
    next_at: datetime | None
    stopped: bool
    drift: str
    problems: list[Trouble]


class Standing(Schema):
    """A record in every kintone app that its type goes to."""

    record_type: RecordType
    id: int
    external_id: str
    kintone: list[InKintone]


class RefusedLine(Schema):
    """A line of the file of which nothing was written; the heading is line 1."""

    line: int
    reason: str


class Import(Schema):
    """One import: its first refused lines, and where the file of all of them is, to mend."""

    id: int
    record_type: RecordType
    file_name: str
    status: ImportRun.Status
    label: str
    started_at: datetime
    finished_at: datetime | None
    read: int
    created: int
    updated: int
    unchanged: int
    refused: int
    refused_lines: list[RefusedLine]
    refused_file: str | None
    address: str
    page: str
