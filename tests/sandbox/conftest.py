"""A small client for the sandbox's API; on purpose not the product's own."""

import base64
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import requests

from tests.fixtures.kintone import Kintone

Json = dict[str, Any]


class Api:
    """Calls the sandbox as the user `sync`, or as somebody else by `headers`."""

    def __init__(self, kintone: Kintone) -> None:
        self.kintone = kintone
        self.session = requests.Session()
        self.headers: dict[str, str] = password(kintone.login, kintone.password)

    def call(
        self,
        method: str,
        name: str,
        body: Any = None,
        *,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        prefix: str = "/k/v1/",
    ) -> requests.Response:
        """The answer to one call, whatever it is."""
        return self.session.request(
            method,
            f"{self.kintone.url}{prefix}{name}",
            json=body,
            params=params,
            headers={**self.headers, **(headers or {})},
            allow_redirects=False,
        )

    def get(self, name: str, /, **params: Any) -> Json:
        """What a GET answers with 200."""
        return self.ok(self.call("GET", name, params=params))

    def post(self, name: str, /, **body: Any) -> Json:
        """What a POST answers with 200."""
        return self.ok(self.call("POST", name, body))

    def put(self, name: str, /, **body: Any) -> Json:
        """What a PUT answers with 200."""
        return self.ok(self.call("PUT", name, body))

    def delete(self, name: str, /, **body: Any) -> Json:
        """What a DELETE answers with 200."""
        return self.ok(self.call("DELETE", name, body))

    def add(self, app: int, **values: Any) -> int:
        """The id of a new record."""
        return int(self.post("record.json", app=app, record=record(**values))["id"])

    def upsert(self, app: int, *items: Json) -> requests.Response:
        """The answer to an upsert of these items."""
        body = {"app": app, "upsert": True, "records": list(items)}
        return self.call("PUT", "records.json", body)

    @staticmethod
    def ok(answer: requests.Response) -> Json:
        """The JSON of an answer that must be a good one."""
        assert answer.status_code == 200, answer.text
        parsed: Json = answer.json()
        return parsed


def password(login: str, secret: str) -> dict[str, str]:
    """The header of password authentication."""
    return {"X-Cybozu-Authorization": base64.b64encode(f"{login}:{secret}".encode()).decode()}


def record(**values: Any) -> Json:
    """Field code → value in kintone's wrapping."""
    return {code: {"value": value} for code, value in values.items()}


def by_key(field: str, value: Any, **values: Any) -> Json:
    """An item of a PUT, found by update key."""
    return {"updateKey": {"field": field, "value": value}, "record": record(**values)}


def error_of(answer: requests.Response) -> tuple[int, str]:
    """Status and code of a refusal."""
    return answer.status_code, answer.json()["code"]


def errors_of(answer: requests.Response) -> dict[str, list[str]]:
    """Key → messages of a CB_VA01."""
    assert error_of(answer) == (400, "CB_VA01"), answer.text
    return {key: each["messages"] for key, each in answer.json()["errors"].items()}


@pytest.fixture
def api(kintone: Kintone) -> Iterator[Api]:
    """The sandbox's API, called as a user with all rights."""
    client = Api(kintone)
    with client.session:
        yield client
