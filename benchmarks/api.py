"""How long other systems wait for the API, and what it asks of the database.

    .venv/bin/python -m benchmarks.api [--requests 10]
    DATABASE_URL=postgres://user@host/NAME .venv/bin/python -m benchmarks.api

So many requests with 1,000 companies of ten items each are sent by one program after another: all
new, then again unchanged, then with a changed value; then they are read, page by page. In this
process, through everything but the network, into the database named (an empty one: it is migrated),
else into SQLite in a folder of its own. Queries are those of one request; CPU is that of this
process, SQLite included and PostgreSQL not.
"""

import argparse
import json
import os
import secrets
import tempfile
import time
from functools import partial
from typing import TYPE_CHECKING, Any

from cryptography.fernet import Fernet

if TYPE_CHECKING:
    from collections.abc import Callable

RECORDS = 1000


def main() -> None:
    """Print one line per step."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=10)
    requests: int = parser.parse_args().requests
    with tempfile.TemporaryDirectory() as folder:
        os.environ["VAR_DIR"] = folder
        os.environ["API_REQUESTS_PER_MINUTE"] = "1000000"
        os.environ["ALLOWED_HOSTS"] = "testserver"
        os.environ.setdefault("SECRET_KEY", secrets.token_hex())
        os.environ.setdefault("CREDENTIAL_KEYS", Fernet.generate_key().decode())
        # No broker is spoken to; requests are counted within this process.
        os.environ.setdefault("CELERY_BROKER_URL", "memory://")
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hpsync.settings")
        _start_product()
        _measure(requests)


def _start_product() -> None:
    import django  # the settings read VAR_DIR

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)


def _measure(requests: int) -> None:
    client = _client()
    _send(client, '{"records": []}')()  # loads what is loaded with the first request
    print("| step | requests | records | s/request | slowest | CPU s/request | queries/request |")
    print("| --- | --- | --- | --- | --- | --- | --- |", flush=True)
    for name, note in (("new", "a"), ("unchanged", "a"), ("changed", "b")):
        bodies = [_body(number, note=note) for number in range(requests)]
        _tell(name, [_send(client, body) for body in bodies])
    _tell("read, 500 a page", _pages(client))


def _client() -> Any:
    from django.test import Client

    from api import tokens
    from api.models import ApiToken
    from common import clock
    from common.types import RecordType
    from crm.models import Account

    account, _made = Account.objects.get_or_create(username="benchmark")
    _token, secret = tokens.make(
        name="benchmark",
        scope=ApiToken.Scope.WRITE,
        record_types=list(RecordType),
        life=None,
        account=account,
        now=clock.now(),
    )
    return Client(headers={"Authorization": f"Bearer {secret}"})


def _body(number: int, *, note: str) -> str:
    records = [
        {
            "external_id": f"C{one}",
            "name": f"株式会社青葉{one}",
            "name_kana": f"アオバ{one}",
            "zip": "100-0001",
            "pref": "東京都",
            "address": f"千代田区{one}",
            "main_tel": f"03-0000-{one:05}",
            "url": f"https://e{one}.example.com",
            "business_category_kbn": "情報・通信業",
            "note": f"メモ{one}{note}",
        }
        for one in range(number * RECORDS, (number + 1) * RECORDS)
    ]
    return json.dumps({"records": records})


def _send(client: Any, body: str) -> "Callable[[], Any]":
    path = "/api/v1/records/company"
    return partial(client.post, path, body, content_type="application/json")


def _pages(client: Any) -> "list[Callable[[], Any]]":
    from crm.models import Company

    ids = list(Company.objects.order_by("pk").values_list("pk", flat=True))
    path = "/api/v1/records/company"
    pages = [0, *ids[499:-1:500]]
    return [partial(client.get, path, {"limit": 500, "after": after}) for after in pages]


def _tell(name: str, calls: "list[Callable[[], Any]]") -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    seconds, records, queries, used = [], 0, 0, 0.0
    for number, call in enumerate(calls):
        if number == len(calls) - 1:
            with CaptureQueriesContext(connection) as captured:
                answer = call()
            queries = len(captured)
        else:
            begun, before = time.monotonic(), time.process_time()
            answer = call()
            seconds.append(time.monotonic() - begun)
            used += time.process_time() - before
        assert answer.status_code == 200, answer.content
        read = answer.json()
        assert not read.get("refused")
        records += len(read.get("results") or read["records"])
    mean = sum(seconds) / len(seconds)
    print(
        f"| {name} | {len(calls)} | {records} | {mean:.2f} | {max(seconds):.2f} |"
        f" {used / len(seconds):.2f} | {queries} |",
        flush=True,
    )


if __name__ == "__main__":
    main()
