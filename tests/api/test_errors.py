"""Every error is a problem that programs and people can read, in the caller's language."""

from io import BytesIO
from typing import Any

import pytest
from django.core.handlers.wsgi import WSGIRequest
from django.db import OperationalError
from django.test import Client

from api import bodies
from api.problems import ApiError
from crm.catalogue import items_by_key
from crm.models import Company
from tests.api.conftest import post
from tests.builders_crm import make_company

JSON = "application/json"
LIST = "/api/v1/records/company"


def read(answer: Any, status: int) -> Any:
    """The problem, whose form is checked."""
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    assert answer["Cache-Control"] == "no-store"
    problem = answer.json()
    assert problem["status"] == status
    assert problem["type"].startswith("urn:hpsync:problem:")
    assert problem["title"]
    assert problem["detail"]
    return problem


@pytest.mark.parametrize(
    "body",
    [
        " ",
        "{",
        "[1,]",
        '{"records": [NaN]}',
        '{"records": [{"a": Infinity}]}',
        b'{"records": ["\xff"]}',
        "[" * 100_000,
        '{"records":' * 50_000,
    ],
)
def test_what_is_no_json_is_refused_as_a_whole(program: Client, body: str | bytes) -> None:
    problem = read(program.generic("POST", LIST, body, content_type=JSON), 400)

    assert problem["type"].endswith(":not-readable")
    assert "JSONとして読み取れません" in problem["detail"]


@pytest.mark.parametrize("value", [[], {}, None, {"records": {}}, {"records": None}])
def test_a_body_without_records_is_refused_as_a_whole(program: Client, value: Any) -> None:
    problem = read(post(program, "records/company", value), 422)

    assert problem["errors"][0]["pointer"] == "/records"


def test_nothing_to_write_is_no_error(program: Client) -> None:
    assert post(program, "records/company", {"records": []}).json()["results"] == []


@pytest.mark.parametrize("media_type", ["text/plain", "", "application/xml"])
def test_another_form_than_json_is_refused(program: Client, media_type: str) -> None:
    answer = program.generic("POST", LIST, '{"records": []}', content_type=media_type)

    assert "application/json" in read(answer, 415)["detail"]


def test_a_body_that_is_too_large_is_refused_unread(program: Client) -> None:
    body = b" " * (bodies.MEGABYTES * 1024 * 1024 + 1)

    problem = read(program.generic("POST", LIST, body, content_type=JSON), 413)

    assert "10MB以内" in problem["detail"]


def test_a_body_larger_than_djangos_own_limit_is_read(program: Client, settings: Any) -> None:
    padding = " " * (settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1)

    answer = program.generic("POST", LIST, f'{{"records": []{padding}}}', content_type=JSON)

    assert answer.status_code == 200


def test_a_body_of_unknown_length_is_asked_for_it(program: Client) -> None:
    answer = program.generic(
        "POST", LIST, CONTENT_TYPE=JSON, headers={"Transfer-Encoding": "chunked"}
    )

    read(answer, 411)


def test_a_body_that_was_cut_off_is_noticed() -> None:
    environ = {"REQUEST_METHOD": "POST", "CONTENT_LENGTH": "10", "wsgi.input": BytesIO(b"C-1,a")}

    with pytest.raises(ApiError) as caught:
        list(bodies.blocks(WSGIRequest(environ), megabytes=1))

    assert (caught.value.status, caught.value.code) == (400, "incomplete")


@pytest.mark.parametrize(
    "query",
    [
        "after=-1",
        "after=x",
        f"after={2**63}",
        "limit=0",
        "limit=501",
        "updated_since=yesterday",
        "updated_since=0001-01-01T00:00:00%2B09:00",
        "updated_since=0001-01-01T00:00:00",
    ],
)
def test_values_out_of_range_are_named(program: Client, query: str) -> None:
    problem = read(program.get(f"{LIST}?{query}"), 422)

    assert problem["errors"][0]["pointer"] == query.split("=")[0]


@pytest.mark.parametrize(
    "path",
    [
        "/api/",
        "/api/v1/",
        "/api/v2/records",
        "/api/v1/records",
        "/api/v1/records/person",
        "/api/v1/records/company/none",
        "/api/v1/records/company/a%00b",
        "/api/v1/states/company/none",
        "/api/v1/imports/1",
        "/api/v1/imports/99999999999999999999999",
        "/api/v1/imports/1/refused.csv",
        "/api/v1/openapi.json/",
    ],
)
def test_what_is_not_there_is_not_found(program: Client, path: str) -> None:
    read(program.get(path), 404)


def test_another_method_is_refused_with_those_that_are_possible(program: Client) -> None:
    answer = program.put(LIST, "{}", content_type=JSON)

    read(answer, 405)
    assert set(answer["Allow"].split(", ")) == {"GET", "POST"}


@pytest.mark.parametrize(("accept", "status"), [("text/html", 406), ("*/*", 200), (JSON, 200)])
def test_what_the_caller_cannot_read_is_not_sent(program: Client, accept: str, status: int) -> None:
    assert program.get(LIST, headers={"Accept": accept}).status_code == status
    if status == 406:
        read(program.get(LIST, headers={"Accept": accept}), 406)


def test_our_own_fault_is_a_problem_that_says_nothing_of_its_cause(
    program: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_arguments: Any, **_more: Any) -> None:
        message = "株式会社秘密"
        raise RuntimeError(message)

    monkeypatch.setattr("api.outgoing.records_of", fail)
    program.raise_request_exception = False

    answer = program.get(LIST)

    assert "株式会社秘密" not in answer.content.decode()
    assert "ログを確認" in read(answer, 500)["detail"]


def test_a_database_that_is_busy_asks_to_come_again(
    program: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*_arguments: Any, **_more: Any) -> None:
        message = "database is locked"
        raise OperationalError(message)

    monkeypatch.setattr("api.incoming.upsert", busy)

    answer = post(program, "records/company", {"records": [{"external_id": "1", "name": "a"}]})

    read(answer, 503)
    assert answer["Retry-After"] == "10"


def test_an_item_that_is_deleted_meanwhile_asks_to_send_again(
    program: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def as_it_was(record_type: Any) -> Any:
        items = items_by_key(record_type)
        return {**items, "custom.gone": items["name"]}

    monkeypatch.setattr("api.incoming.items_by_key", as_it_was)
    record = {"external_id": "1", "name": "a", "custom.gone": "x"}

    assert read(post(program, "records/company", {"records": [record]}), 409)
    assert not Company.objects.exists()


def test_a_host_that_is_not_ours_is_told_so_in_the_same_form(program: Client) -> None:
    read(program.get(LIST, headers={"Host": "evil.example"}), 400)


@pytest.mark.parametrize(
    ("wanted", "language"),
    [
        ("", "ja"),
        ("en", "en"),
        ("en-US,en;q=0.9", "en"),
        ("fr, en;q=0.5", "en"),
        ("ja-JP", "ja"),
        ("fr", "ja"),
        ("*", "ja"),
        ("\0;;q=x", "ja"),
    ],
)
def test_problems_are_in_the_callers_language(program: Client, wanted: str, language: str) -> None:
    make_company()
    answer = program.get(f"{LIST}/none", headers={"Accept-Language": wanted})

    read(answer, 404)
    assert answer["Content-Language"] == language
    assert "Accept-Language" in answer["Vary"]


def test_the_cookie_of_the_screens_does_not_decide_the_language(program: Client) -> None:
    program.cookies["django_language"] = "en"

    assert program.get(f"{LIST}/none")["Content-Language"] == "ja"
