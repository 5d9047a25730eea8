"""A client for the tests, with what it would wait for and count."""

from dataclasses import dataclass, field
from typing import Any

from integrations.kintone.client import KintoneClient
from integrations.kintone.credentials import Credentials
from integrations.kintone.errors import AllowanceSpentError
from integrations.kintone.exchange import Call

BASE_URL = "https://demo.cybozu.com"
RECORDS = f"{BASE_URL}/k/v1/records.json"


@dataclass
class CountingMeter:
    """Counts the exchanges by app; refuses beyond `allowance`."""

    allowance: int = 1000
    spent: list[int | None] = field(default_factory=list)

    heard_too_much: list[bool] = field(default_factory=list)

    def spend(self, *, app: int | None, requests: int) -> None:
        if len(self.spent) + requests > self.allowance:
            raise AllowanceSpentError
        self.spent += [app] * requests

    def heard(self, *, too_much: bool) -> None:
        self.heard_too_much.append(too_much)


def make_client(**given: Any) -> KintoneClient:
    """A client that waits for nothing and knows the password."""
    defaults: dict[str, Any] = {
        "base_url": BASE_URL,
        "credentials": Credentials(login="sync", password="naisho"),
        "sleep": lambda seconds: None,
        "random": lambda: 0.0,
    }
    return KintoneClient(**(defaults | given))


def make_call(**given: Any) -> Call:
    """A PUT of one record into app 1."""
    defaults: dict[str, Any] = {
        "method": "PUT",
        "path": "/k/v1/records.json",
        "app": 1,
        "body": {},
        "parts": [1],
        "key_field": "code",
    }
    return Call(**(defaults | given))
