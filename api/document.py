"""The document that describes the API (OpenAPI), and the page that shows it to administrators."""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from ninja.responses import NinjaJSONEncoder

from api.problems import MEDIA_TYPE
from api.v1 import api
from api.words import HEADINGS, OPERATIONS, PARAMETERS


@require_safe
def openapi(_request: HttpRequest) -> HttpResponse:
    """The document, in the reader's language."""
    return JsonResponse(document(), encoder=NinjaJSONEncoder)


@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    """The page: every operation, to read and to try with a token."""
    return render(request, "api/docs.html", {"language": get_language()})


def document() -> dict[str, Any]:
    """The operations as they are, errors as the problems that they are sent as."""
    found: dict[str, Any] = dict(api.get_openapi_schema())
    found["info"]["description"] = _(
        "顧客データの追加、更新、参照と、kintoneへの連携の状態の確認に使用します。"
        "APIトークンは、画面［APIトークン］で追加します。"
    )
    for operations in found["paths"].values():
        for operation in operations.values():
            _mend(operation)
    for schema in found["components"]["schemas"].values():
        # Docstrings speak to whoever reads the code.
        schema.pop("description", None)
    refused = found["paths"]["/api/v1/imports/{run_id}/refused.csv"]["get"]["responses"]
    refused[200]["content"] = {"text/csv": {"schema": {"type": "string"}}}
    return found


def _mend(operation: dict[str, Any]) -> None:
    """Errors in the form in which they are sent, and words in the reader's language."""
    name = operation["operationId"]
    operation["tags"] = [HEADINGS[name]]
    operation["summary"], operation["description"] = OPERATIONS[name]
    for status, response in operation["responses"].items():
        if status >= 400:
            response["content"] = {MEDIA_TYPE: response["content"]["application/json"]}
    operation["responses"] = dict(sorted(operation["responses"].items()))
    for parameter in operation["parameters"]:
        parameter["schema"].pop("description", None)
        parameter["description"] = PARAMETERS[parameter["name"]]
