"""Whatever is sent, what comes back is what the document says (schemathesis)."""

import gc
import json
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, given
from hypothesis import settings as how
from hypothesis import strategies as st
from ninja.responses import NinjaJSONEncoder
from schemathesis import GenerationMode
from schemathesis.checks import (
    content_type_conformance,
    not_a_server_error,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from schemathesis.core.result import Ok

from api.document import document
from api.words import OPERATIONS
from common.types import Kind, RecordType
from crm.models import ImportRun
from hpsync.wsgi import application
from tests.api.conftest import MakeToken, client_with
from tests.builders_crm import make_company, make_custom_item, make_department, make_lead

#: Not among them: that what breaks the document is refused. A record that does is refused by
#: itself, in an answer that is a 200.
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
#: Of each operation, in either mode.
EXAMPLES = 8
KEY = "鍵 1/2"

CASES = [
    pytest.param(operation, mode, id=f"{operation}-{mode.value}")
    for operation in OPERATIONS
    for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
]


@cache
def operations() -> dict[str, Any]:
    """Operation id → the operation as the document, sent and read, describes it."""
    described = json.loads(json.dumps(document(), cls=NinjaJSONEncoder))
    schema = schemathesis.openapi.from_dict(described)
    schema.app = application
    found = [result.ok() for result in schema.get_all_operations() if isinstance(result, Ok)]
    return {one.definition.raw["operationId"]: one for one in found}


@pytest.fixture
def secret(make_token: MakeToken, settings: Any) -> Iterator[str]:
    """A token of a world in which there is something to find."""
    settings.API_REQUESTS_PER_MINUTE = 10**6
    for kind in (Kind.NUMBER, Kind.DATE, Kind.USERS, Kind.FLAG):
        make_custom_item(kind.value, record_type=RecordType.COMPANY, kind=kind)
    company = make_company(external_id=KEY, latitude="35.5", tags=["a"])
    make_lead(department=make_department(company, external_id=KEY), external_id=KEY)
    made = make_token()
    file = "external_id,name,latitude\n1,a,\n2,b,north\n"
    path = "/api/v1/imports/company"
    assert client_with(made).generic("POST", path, file, content_type="text/csv").status_code == 201
    # A request of a real server closes the connection, which the test's transaction is on.
    # (Django's client sees to that itself, and connects these anew.)
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield made
    for signal in signals:
        signal.connect(close_old_connections)


# The client of this fuzzer leaves files that were answered to the garbage collection.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.parametrize(("operation_id", "mode"), CASES)
def test_every_answer_is_one_that_is_documented(
    secret: str, operation_id: str, mode: GenerationMode
) -> None:
    operation = operations()[operation_id]
    there = {"external_id": KEY, "run_id": ImportRun.objects.get().pk}

    @given(case=operation.as_strategy(generation_mode=mode), exists=st.booleans())
    @how(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    def holds(case: Any, exists: bool) -> None:
        if exists:
            for name in case.path_parameters.keys() & there.keys():
                case.path_parameters[name] = there[name]
        # The fuzzer takes bodies as they come, compressed or not.
        case.headers.update({"Authorization": f"Bearer {secret}", "Accept-Encoding": "identity"})

        response = case.call(base_url="http://localhost")

        case.validate_response(response, checks=CHECKS)

    holds()
    gc.collect()  # here, where warnings of it are expected, and not in whatever test comes next


def test_a_lie_of_the_document_is_noticed(secret: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the tests above could pass whatever came back."""
    monkeypatch.setattr("api.records._found", lambda *_arguments: 1 / 0)

    with pytest.raises(BaseException, match=r"500|Undocumented|division"):
        test_every_answer_is_one_that_is_documented(secret, "getState", GenerationMode.POSITIVE)
