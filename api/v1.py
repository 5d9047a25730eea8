"""Version 1 of the API: its operations, and how what they raise is answered."""

import logging
from typing import Any

from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import NinjaAPI
from ninja.errors import ValidationError

from api import imports, problems, records
from api.problems import ApiError
from api.schemas import Token
from crm.catalogue import UnknownItemError

logger = logging.getLogger(__name__)

api = NinjaAPI(
    title="hpsync",
    version="1",
    urls_namespace="api",
    auth=Token(),
    # Served by `api.document`: the page for administrators only, with our own head.
    docs_url=None,
    openapi_url="",
)
api.add_router("", records.router)
api.add_router("", imports.router)


@api.exception_handler(ApiError)
def say_what_is_wrong(_request: HttpRequest, error: ApiError) -> HttpResponse:
    """As it was said."""
    return problems.answer(error)


@api.exception_handler(ValidationError)
def name_what_is_not_valid(_request: HttpRequest, error: ValidationError) -> HttpResponse:
    """Values of the address that are none of those in the document."""
    return problems.answer(
        ApiError(
            422,
            "not-valid",
            title=_("指定された値を使用できません"),
            detail=_("APIの説明（/api/v1/docs）にある形式と範囲で指定してください。"),
            errors=[_where(one) for one in error.errors],
        )
    )


@api.exception_handler(UnknownItemError)
def ask_again(_request: HttpRequest, _error: UnknownItemError) -> HttpResponse:
    """A custom item was deleted while its values were written."""
    return problems.answer(
        ApiError(
            409,
            "items-changed",
            title=_("カスタム項目が変更されました"),
            detail=_("同じリクエストをもう一度送信してください。"),
        )
    )


@api.exception_handler(OperationalError)
def wait_for_the_database(_request: HttpRequest, error: OperationalError) -> HttpResponse:
    """The database is busy or away."""
    logger.error("The API cannot use the database: %s", error)
    return problems.answer(
        ApiError(
            503,
            "database-busy",
            title=_("データベースを使用できません"),
            detail=_("時間をおいて、同じリクエストをもう一度送信してください。"),
            headers={"Retry-After": "10"},
        )
    )


def _where(error: dict[str, Any]) -> dict[str, str]:
    """The name of the value, and what is wrong in the library's words."""
    return {"pointer": str(error["loc"][-1]), "detail": str(error["msg"])}
