"""Records by the key of the system that they come from: written, read, deleted, looked up."""

from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import sha256
from typing import Annotated, Any, Final

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Field, Router

from api import incoming, outgoing
from api.bodies import read_json
from api.once import answered_once
from api.problems import ApiError
from api.request_schemas import IDEMPOTENT, WRITTEN_RECORDS
from api.schemas import EVERYWHERE, WRITING, Items, Problem, Record, Records, Standing, Upserted
from api.standing import standing_of
from common.clock import JAPAN
from common.problems import quote
from common.types import RecordType
from crm import writing
from crm.catalogue import Item, items_of
from crm.changes import model_of
from crm.models import Company, Department, SourceRow
from crm.writing import RowOutcome, RowResult

router = Router()

MOST_ON_A_PAGE: Final = 500
_LARGEST_ID: Final = 2**63 - 1


@router.get(
    "/items/{record_type:record_type}",
    url_name="items",
    operation_id="listItems",
    response={200: Items, **EVERYWHERE},
)
def list_items(request: HttpRequest, record_type: RecordType) -> HttpResponse:
    """What a record of that type may hold: the keys of its values."""
    return outgoing.respond({"items": [_item(item) for item in items_of(record_type)]})


@router.post(
    "/records/{record_type:record_type}",
    url_name="records",
    operation_id="upsertRecords",
    response={200: Upserted, **EVERYWHERE, **WRITING},
    openapi_extra=WRITTEN_RECORDS,
)
def upsert_records(request: HttpRequest, record_type: RecordType) -> HttpResponse:
    """Found by `external_id`; a record that does not fit is refused with its reasons, by itself.

    An item that is absent keeps its value, null and "" empty it. Departments and leads name their
    company (`company.external_id`), department and parent by external ID.
    """
    value, body = read_json(request)
    records = incoming.records_in(value)

    def work() -> HttpResponse:
        results = incoming.write(record_type, records)
        return outgoing.respond(_upserted(records, results))

    return answered_once(request, body_digest=sha256(body).digest(), work=work)


@router.get(
    "/records/{record_type:record_type}",
    url_name="records",
    operation_id="listRecords",
    response={200: Records, **EVERYWHERE, 422: Problem},
)
def list_records(
    request: HttpRequest,
    record_type: RecordType,
    after: Annotated[int, Field(ge=0, le=_LARGEST_ID)] = 0,
    limit: Annotated[int, Field(ge=1, le=MOST_ON_A_PAGE)] = 100,
    updated_since: datetime | None = None,
) -> HttpResponse:
    """In the order of their ids, with all items."""
    rows = model_of(record_type)._default_manager.filter(pk__gt=after)
    if updated_since is not None:
        rows = rows.filter(changed_at__gte=_moment(updated_since))
    ids = list(rows.order_by("pk").values_list("pk", flat=True)[: limit + 1])
    records = outgoing.records_of(record_type, ids[:limit])
    return outgoing.respond(
        {"records": records, "next": ids[limit - 1] if len(ids) > limit else None}
    )


@router.get(
    "/records/{record_type:record_type}/{path:external_id}",
    url_name="record",
    operation_id="getRecord",
    response={200: Record, **EVERYWHERE},
)
def get_record(request: HttpRequest, record_type: RecordType, external_id: str) -> HttpResponse:
    """With all items."""
    records = outgoing.records_of(record_type, [_found(record_type, external_id).pk])
    if not records:  # deleted in between
        raise _no_record()
    return outgoing.respond(records[0])


@router.delete(
    "/records/{record_type:record_type}/{path:external_id}",
    url_name="record",
    operation_id="deleteRecord",
    response={204: None, **EVERYWHERE, **WRITING},
    openapi_extra=IDEMPOTENT,
)
def delete_record(request: HttpRequest, record_type: RecordType, external_id: str) -> HttpResponse:
    """Here, not in kintone. What other records belong to is refused until these are gone."""

    def work() -> HttpResponse:
        _delete(record_type, external_id)
        return HttpResponse(status=204)

    return answered_once(request, body_digest=b"", work=work)


@router.get(
    "/states/{record_type:record_type}/{path:external_id}",
    url_name="state",
    operation_id="getState",
    response={200: Standing, **EVERYWHERE},
)
def get_state(request: HttpRequest, record_type: RecordType, external_id: str) -> HttpResponse:
    """In every kintone app that its type goes to: sent, waiting, or why it is not there."""
    return outgoing.respond(standing_of(record_type, _found(record_type, external_id)))


def _item(item: Item) -> dict[str, Any]:
    names = ("key", "label", "kind", "writable", "required", "max_length")
    return {name: getattr(item, name) for name in names}


def _found(record_type: RecordType, external_id: str) -> SourceRow:
    # A NUL is in no key, and PostgreSQL does not even compare it.
    rows = model_of(record_type)._default_manager.filter(external_id=external_id)
    row = None if "\0" in external_id else rows.first()
    if row is None:
        raise _no_record()
    return row


def _no_record() -> ApiError:
    return ApiError(
        404,
        "no-record",
        title=_("データがありません"),
        detail=_("この外部IDのデータはありません。"),
    )


@transaction.atomic
def _delete(record_type: RecordType, external_id: str) -> None:
    row = _found(record_type, external_id)
    # Whoever adds something to the row locks it first, and so comes before the count or after us.
    model_of(record_type)._default_manager.select_for_update().filter(pk=row.pk).first()
    below = _below(row)
    if below:
        raise ApiError(
            409,
            "has-records",
            title=_("このデータは削除できません"),
            detail=_(
                "このデータに属する部署またはリードが%(count)s件あります。先に削除してください。"
            )
            % {"count": below},
        )
    writing.delete(record_type, [row.pk])


def _below(row: SourceRow) -> int:
    """How many records would be deleted with it."""
    if isinstance(row, Company):
        return row.departments.count() + row.leads.count()
    return row.children.count() if isinstance(row, Department) else 0


def _moment(value: datetime) -> datetime:
    """In UTC; Japan's where it has no zone.

    Raises:
        ApiError: it is out of any calendar.
    """
    try:
        return (value if timezone.is_aware(value) else value.replace(tzinfo=JAPAN)).astimezone(UTC)
    except OverflowError as error:
        detail = _("「2026-01-31T09:30:00Z」のように指定してください。")
        raise ApiError(
            422,
            "not-valid",
            title=_("指定された値を使用できません"),
            detail=detail,
            errors=[{"pointer": "updated_since", "detail": detail}],
        ) from error


def _upserted(records: Sequence[Any], results: Sequence[RowResult]) -> dict[str, Any]:
    counts = dict.fromkeys(RowOutcome, 0)
    for result in results:
        counts[result.outcome] += 1
    return {
        **{outcome.value: count for outcome, count in counts.items()},
        "results": [
            _result(record, result) for record, result in zip(records, results, strict=True)
        ],
    }


def _result(record: Any, result: RowResult) -> dict[str, Any]:
    key = record.get(incoming.KEY) if isinstance(record, dict) else None
    return {
        "external_id": quote(key) if isinstance(key, str) else None,
        "id": result.id,
        "outcome": result.outcome,
        "reasons": [
            {"item": problem.item, "label": problem.label, "reason": problem.reason}
            for problem in result.problems
        ],
    }
