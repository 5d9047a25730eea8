"""The benchmarks still run, and their stand-in answers as the sandbox does."""

import json
import os
import subprocess
import sys
from typing import Any

import pytest
import requests

from benchmarks import harness
from tests.sandbox.conftest import password

Json = dict[str, Any]

FIELDS: dict[str, Json] = {
    code: {"type": kind, "unique": True} if code == harness.KEY_FIELD else {"type": kind}
    for code, kind in harness.TWENTY_FIELDS.items()
}
READ = "$id > 0 order by $id asc limit 500"


def upsert(*records: Json, app: int = 1, **more: Any) -> Json:
    return {"app": app, "upsert": True, "records": list(records), **more}


def by_key(key: str, field: str = "code", **values: str) -> Json:
    record = {code: {"value": value} for code, value in values.items()}
    return {"updateKey": {"field": field, "value": key}, "record": record}


def by_id(record_id: int, **values: str) -> Json:
    return {"id": record_id, "record": {code: {"value": value} for code, value in values.items()}}


def bulk(*payloads: Json) -> Json:
    inner = {"method": "PUT", "api": "/k/v1/records.json"}
    return {"requests": [{**inner, "payload": payload} for payload in payloads]}


#: Asked of both: what it is, method, name, parameters of a GET or body. A refusal may cost ids, so
#: they come last.
CONVERSATION: tuple[tuple[str, str, str, Json], ...] = (
    ("new records", "PUT", "records.json", upsert(by_key("A", name="a"), by_key("B", name="b"))),
    ("known ones", "PUT", "records.json", upsert(by_key("A", note="x"), by_id(2, name="bb"))),
    ("a key changed by id", "PUT", "records.json", upsert(by_id(2, code="BB"))),
    ("the former key is free", "PUT", "records.json", upsert(by_key("B", name="b again"))),
    ("an id that is gone", "PUT", "records.json", upsert(by_id(99, code="D", name="d"))),
    ("several", "POST", "bulkRequest.json", bulk(upsert(by_key("J")), upsert(by_key("A")))),
    ("a key twice", "PUT", "records.json", upsert(by_key("E"), by_key("E"))),
    ("the key among the values", "PUT", "records.json", upsert(by_key("F", code="F"))),
    ("a key that is none", "PUT", "records.json", upsert(by_key("F", field="name"))),
    ("too many", "PUT", "records.json", upsert(*(by_key(f"G{n}") for n in range(101)))),
    ("no such key", "PUT", "records.json", upsert(by_key("H"), upsert=False)),
    ("no such id", "PUT", "records.json", upsert(by_id(98, name="h"), upsert=False)),
    ("no such app", "PUT", "records.json", upsert(by_key("I"), app=77)),
    (
        "several, one refused",
        "POST",
        "bulkRequest.json",
        bulk(upsert(by_key("K"), by_id(1, name="lost")), upsert(by_key("L"), by_key("L"))),
    ),
    ("a page", "GET", "records.json", {"app": 1, "query": READ, "totalCount": "true"}),
    ("the newest", "GET", "records.json", {"app": 1, "query": "limit 2"}),
    ("the form", "GET", "app/form/fields.json", {"app": 1}),
    ("the app", "GET", "app.json", {"id": 1}),
)


@pytest.fixture
def standin():
    with harness.StandIn() as running:
        running.add_app(harness.TWENTY_FIELDS)
        yield running


def ask(url: str, kintone: Any, method: str, name: str, given: Json) -> requests.Response:
    return requests.request(
        method,
        f"{url}/k/v1/{name}",
        params=given if method == "GET" else None,
        json=None if method == "GET" else given,
        headers=password(kintone.login, kintone.password),
        timeout=5,
    )


def told(response: requests.Response) -> Any:
    """What of an answer must be alike: all but ids, times, wording and fields of the system."""
    body = response.json()
    limits = response.headers.get("X-ConcurrencyLimit-Limit"), "X-ConcurrencyLimit-Running"
    return response.status_code, limits[0], limits[1] in response.headers, _alike(body)


def _alike(body: Any) -> Any:
    if isinstance(body, list):
        return [_alike(each) for each in body]
    if not isinstance(body, dict):
        return body
    if "code" in body and "message" in body:
        return {**body, "id": "", "message": "", "errors": sorted(body.get("errors", {}))}
    if "properties" in body:
        return {code: body["properties"][code] for code in FIELDS}
    if "appId" in body:
        return {name: type(value) for name, value in body.items()}
    if "$id" in body:
        return {code: body[code] for code in (*FIELDS, "$id", "$revision")}
    return {name: _alike(value) for name, value in body.items()}


def test_the_stand_in_answers_what_the_sandbox_answers(kintone, standin):
    kintone.add_app("bench", FIELDS)

    for what, method, name, given in CONVERSATION:
        expected = told(ask(kintone.url, kintone, method, name, given))
        assert told(ask(standin.http, kintone, method, name, given)) == expected, what


@pytest.mark.parametrize("code", ["CB_VA01", "GAIA_LO04"])
def test_refused_records_are_refused_as_in_the_sandbox(kintone, standin, code):
    """Named by index for a value that is missing, by field and value for a lookup's key."""
    customers = kintone.add_app("customers", {"code": FIELDS["code"]})
    lookup = {"relatedApp": {"app": str(customers)}, "relatedKeyField": "code", "fieldMappings": []}
    settings = {"required": True} if code == "CB_VA01" else {"lookup": lookup}
    app = kintone.add_app("bench", {**FIELDS, "name": {**FIELDS["name"], **settings}})
    kintone.add_records(customers, [{"code": "known"}])
    standin.add_app(harness.TWENTY_FIELDS)
    standin.refuse(["B", "C"], code=code, field="name")
    wrong = "" if code == "CB_VA01" else "unknown"
    records = by_key("A", name="known"), by_key("B", name=wrong), by_key("C", name=wrong)
    several = bulk(upsert(by_key("D", name="known"), app=app), upsert(*records, app=app))

    for asked in (
        ("PUT", "records.json", upsert(*records, app=app)),
        ("POST", "bulkRequest.json", several),
        ("GET", "records.json", {"app": app, "totalCount": "true"}),
    ):
        ours, theirs = (ask(url, kintone, *asked) for url in (standin.http, kintone.url))
        assert told(ours) == told(theirs)
        if code == "GAIA_LO04" and "message" in theirs.json():
            assert ours.json()["message"] == theirs.json()["message"]


def test_the_one_too_many_at_once_is_turned_away_as_in_the_sandbox(kintone, standin):
    kintone.add_app("bench", FIELDS)
    kintone.sandbox.gate.limit = 0
    standin.allow(at_once=0)
    asked = ("PUT", "records.json", upsert(by_key("A")))

    ours, theirs = (ask(url, kintone, *asked) for url in (standin.http, kintone.url))

    assert told(ours) == told(theirs)
    assert ours.status_code == 429
    assert ours.headers["X-Cybozu-Error"] == theirs.headers["X-Cybozu-Error"]


def test_a_first_push_of_101_records_counts_two_requests():
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.requests", "--records", "101", "--json"],
        cwd=harness.ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    push = json.loads(done.stdout)["101"]
    assert (push["written"], push["counted"], push["told"]) == (101, 2, 2)
    assert push["wire"] <= 2


def test_every_page_is_asked_for_over_few_outcomes_and_the_old_ones_go(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.outcomes", "--rows", "5000", "--plans", "--forget"],
        cwd=harness.ROOT,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "DATABASE_URL": f"sqlite:///{tmp_path / 'outcomes.sqlite3'}"},
    )

    assert done.returncode == 0, done.stderr
    assert "| failed records, 200,000 |" in done.stdout
    assert "| a mapping's failed records |" in done.stdout
    assert "outcomes (of 1,000 wanted) deleted" in done.stdout


@pytest.mark.parametrize(
    "name", ["api", "ceiling", "requests", "throughput", "memory", "growth", "pulling", "outcomes"]
)
def test_a_benchmark_explains_itself(name):
    done = subprocess.run(
        [sys.executable, "-m", f"benchmarks.{name}", "--help"],
        cwd=harness.ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert f"python -m benchmarks.{name}" in done.stdout, done.stderr
