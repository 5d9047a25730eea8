"""Who is let in: tokens, scopes, rates; and that nothing else opens the API."""

import logging
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client
from redis.exceptions import RedisError

from api import tokens
from api.models import ApiToken
from common import clock
from common.types import RecordType
from crm.models import Company
from hpsync.masking import SecretFilter
from tests.api.conftest import MakeToken, client_with, post, upsert
from tests.builders_crm import make_company
from tests.platform.test_access import METHODS, ROUTES

NOW = datetime.fromisoformat("2026-11-22T05:05:10+00:00")
FOR_PROGRAMS = [path for _name, path in ROUTES if path.startswith("/api/") and "docs" not in path]
LIST = "/api/v1/records/company"


def type_of(answer: Any) -> str:
    """What happened, as programs are told."""
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["status"] == answer.status_code
    return str(answer.json()["type"]).removeprefix("urn:hpsync:problem:")


@pytest.mark.parametrize("path", FOR_PROGRAMS)
def test_without_a_token_nothing_answers_whoever_is_signed_in(
    as_stranger: Client, as_general: Client, as_administrator: Client, path: str
) -> None:
    for client in (as_stranger, as_general, as_administrator):
        for method in METHODS:
            if client is as_administrator and path.endswith("openapi.json"):
                continue
            answer = client.generic(method, path)
            assert (answer.status_code, type_of(answer)) == (401, "token-missing")
            assert answer["WWW-Authenticate"].startswith("Bearer")


def test_the_document_is_for_tokens_and_for_who_is_signed_in(
    as_administrator: Client, as_general: Client, program: Client
) -> None:
    clients = (as_administrator, program, as_general)

    codes = [client.get("/api/v1/openapi.json").status_code for client in clients]

    assert codes == [200, 200, 401]


def test_the_page_of_the_document_is_for_administrators_alone(
    as_administrator: Client, as_general: Client, program: Client
) -> None:
    codes = [
        client.get("/api/v1/docs").status_code for client in (as_administrator, as_general, program)
    ]

    assert codes == [200, 403, 302]


@pytest.mark.parametrize(
    "header",
    ["Basic a2FucmktOnB3", "Bearer", "Bearer ", "hps_x", "Token hps_x", ""],
)
def test_another_kind_of_credential_is_no_token(db: None, header: str) -> None:
    assert type_of(Client(headers={"Authorization": header}).get(LIST)) == "token-missing"


@pytest.mark.parametrize("secret", ["hps_nothing", "é", "\ud800", "a b"])
def test_a_token_that_nobody_made_opens_nothing(db: None, secret: str) -> None:
    answer = Client().get(LIST, HTTP_AUTHORIZATION=f"Bearer {secret}")

    assert (answer.status_code, type_of(answer)) == (401, "token-unknown")


def test_a_token_is_kept_as_a_hash_and_found_by_it(make_token: MakeToken) -> None:
    secret = make_token()
    token = ApiToken.objects.get()

    kept = [str(getattr(token, field.name)) for field in ApiToken._meta.fields]

    assert len(secret) == 4 + 43
    assert not any(secret[10:] in value for value in kept)
    assert token.beginning == secret[:10]
    assert tokens.find(secret) == token


def test_a_token_expires(make_token: MakeToken) -> None:
    with time_machine.travel(NOW, tick=False) as time:
        client = client_with(make_token(life=timedelta(days=30)))
        time.move_to(NOW + timedelta(days=30, seconds=-1))
        assert client.get(LIST).status_code == 200
        time.move_to(NOW + timedelta(days=30))
        answer = client.get(LIST)

    assert (answer.status_code, type_of(answer)) == (401, "token-expired")


def test_a_revoked_token_opens_nothing_from_now_on(make_token: MakeToken) -> None:
    client = client_with(make_token())
    assert client.get(LIST).status_code == 200

    tokens.revoke(ApiToken.objects.get(), now=clock.now())

    assert type_of(client.get(LIST)) == "token-unknown"


def test_a_token_to_read_writes_nothing(make_token: MakeToken) -> None:
    reader = client_with(make_token(scope=ApiToken.Scope.READ))
    company = make_company()

    answers = [
        post(reader, "records/company", {"records": [{"external_id": "C-1", "name": "a"}]}),
        reader.delete(f"{LIST}/{company.external_id}"),
        reader.post("/api/v1/imports/company", b"external_id,name\n1,a\n", content_type="text/csv"),
    ]

    assert [(answer.status_code, type_of(answer)) for answer in answers] == [
        (403, "out-of-scope")
    ] * 3
    assert reader.get(LIST).json()["records"][0]["external_id"] == company.external_id
    assert Company.objects.count() == 1


def test_a_token_for_one_record_type_opens_no_other(make_token: MakeToken) -> None:
    client = client_with(make_token(record_types=[RecordType.LEAD]))
    writer = client_with(make_token())
    run = writer.post(
        "/api/v1/imports/company", b"external_id,name\n1,a\n", content_type="text/csv"
    )

    paths = ["records/company", "records/company/1", "states/company/1", "items/company"]
    codes = [client.get(f"/api/v1/{path}").status_code for path in paths]

    assert codes == [403] * 4
    assert client.get("/api/v1/records/lead").status_code == 200
    assert client.get(run["Location"]).status_code == 404
    assert client.get(f"{run['Location']}/refused.csv").status_code == 404


def test_use_is_noted_once_a_minute_and_not_with_every_request(
    make_token: MakeToken, django_assert_num_queries: Any
) -> None:
    with time_machine.travel(NOW, tick=False) as time:
        client = client_with(make_token())
        client.get("/api/v1/nowhere")
        assert ApiToken.objects.get().last_used_at == NOW
        with django_assert_num_queries(1):
            client.get("/api/v1/nowhere")
        time.move_to(NOW + timedelta(minutes=1))
        client.get("/api/v1/nowhere")

    assert ApiToken.objects.get().last_used_at == NOW + timedelta(minutes=1)


def test_too_many_requests_in_a_minute_have_to_wait_for_the_next_one(
    make_token: MakeToken, settings: Any
) -> None:
    settings.API_REQUESTS_PER_MINUTE = 3
    with time_machine.travel(NOW, tick=False) as time:
        client, other = client_with(make_token()), client_with(make_token())
        codes = [client.get(LIST).status_code for _number in range(3)]
        refused = client.get(LIST)
        assert other.get(LIST).status_code == 200
        time.move_to(NOW + timedelta(seconds=50))
        later = client.get(LIST)

    assert codes == [200] * 3
    assert (refused.status_code, type_of(refused)) == (429, "too-many-requests")
    assert refused["Retry-After"] == "50"
    assert "50秒待ってから" in refused.json()["detail"]
    assert later.status_code == 200


def test_where_the_cache_is_away_nobody_is_kept_out(
    program: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_arguments: Any) -> None:
        message = "away"
        raise RedisError(message)

    monkeypatch.setattr(type(cache._connections["default"]), "add", away)  # type: ignore[attr-defined]

    assert program.get(LIST).status_code == 200


def test_a_session_beside_a_token_adds_nothing(
    as_administrator: Client, make_token: MakeToken
) -> None:
    secret = make_token(scope=ApiToken.Scope.READ)
    headers = {"Authorization": f"Bearer {secret}"}

    answer = post(as_administrator, "records/company", {"records": []}, headers=headers)

    assert answer.status_code == 403


def test_no_form_token_is_asked_for_where_the_token_is_shown(make_token: MakeToken) -> None:
    client = Client(enforce_csrf_checks=True, headers={"Authorization": f"Bearer {make_token()}"})

    assert upsert(client, "company", {"external_id": "1", "name": "a"})["created"] == 1
    assert client.post("/api/v1/nowhere").status_code == 404


def test_a_token_is_masked_wherever_it_is_logged(make_token: MakeToken) -> None:
    secret = make_token()
    text = SecretFilter().mask(f"got {secret} of /a?x={secret}&b, Authorization: Bearer {secret}")

    assert secret[4:20] not in text
    assert text.startswith("got hps_*")


def test_no_token_is_in_the_log_of_a_refusal(
    make_token: MakeToken, caplog: pytest.LogCaptureFixture
) -> None:
    secret = make_token()
    with caplog.at_level(logging.DEBUG):
        client_with(secret + "x").get(LIST)

    assert secret not in caplog.text
