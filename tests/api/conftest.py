"""Tokens, and clients that show them."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from api import tokens
from api.models import ApiToken
from common import clock
from common.types import RecordType
from crm.models import Account

MakeToken = Callable[..., str]


@pytest.fixture
def make_token(administrator: Account) -> MakeToken:
    """A new token's secret; it may write everything unless told otherwise."""

    def make(**values: Any) -> str:
        defaults: dict[str, Any] = {
            "name": "CRM",
            "scope": ApiToken.Scope.WRITE,
            "record_types": list(RecordType),
            "life": None,
            "account": administrator,
            "now": clock.now(),
        }
        return tokens.make(**{**defaults, **values})[1]

    return make


def client_with(secret: str, **headers: str) -> Client:
    """A program that shows this token."""
    return Client(headers={"Authorization": f"Bearer {secret}", **headers})


@pytest.fixture
def program(make_token: MakeToken) -> Client:
    """A program that may read and write everything."""
    return client_with(make_token())


def post(client: Client, path: str, value: Any, **more: Any) -> Any:
    """What the API answers to a JSON body."""
    return client.post(f"/api/v1/{path}", value, content_type="application/json", **more)


def upsert(client: Client, record_type: str, *records: Any, **more: Any) -> Any:
    """The answer to an upsert of these records, read."""
    answer = post(client, f"records/{record_type}", {"records": list(records)}, **more)
    assert answer.status_code == 200, answer.content
    return answer.json()
