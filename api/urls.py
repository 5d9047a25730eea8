"""Routes under `/api/`: everything that begins so, also what leads nowhere, has one keeper."""

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

import crm.urls  # noqa: F401  # knows what a `record_type` in an address is
from api import document
from api.access import DOCS_ROUTE, DOCUMENT_ROUTE
from api.v1 import api


@csrf_exempt  # a token is asked for, which no other site has
def nowhere(_request: HttpRequest, rest: str = "") -> HttpResponse:
    """There is nothing of that name."""
    raise Http404(rest)


urlpatterns = [
    path("v1/openapi.json", document.openapi, name=DOCUMENT_ROUTE),
    path("v1/docs", document.docs, name=DOCS_ROUTE),
    path("v1/", api.urls),
    path("", nowhere, name="api-nowhere"),
    path("<path:rest>", nowhere, name="api-nowhere-else"),
]
