"""The control API for other processes (docs/sandbox.md)."""

import pytest
import requests

from sandbox import control
from sandbox.http_values import Incoming
from tests.sandbox.conftest import by_key, error_of, password

FIELDS = {
    "code": {"type": "SINGLE_LINE_TEXT", "unique": True},
    "rank": {"type": "DROP_DOWN", "options": ["A", "B"]},
}


@pytest.fixture
def steer(kintone):
    def call(method, path, body=None, status=200):
        answer = requests.request(
            method,
            f"{kintone.url}/sandbox/{path}",
            json=body if method != "GET" else None,
            headers={"Content-Type": "application/json"} if method != "GET" else {},
            timeout=10,
        )
        assert answer.status_code == status, answer.text
        return answer.json()

    return call


@pytest.fixture
def app(steer):
    records = [{"code": "A", "rank": "A"}]
    return steer("POST", "apps", {"name": "顧客", "fields": FIELDS, "records": records})["app"]


def test_apps_come_and_go(api, steer, app):
    assert steer("GET", "state")["apps"] == [{"app": app, "name": "顧客", "records": 1}]
    assert steer("POST", f"apps/{app}/records", {"records": [{"code": "B"}]}) == {"ids": [2]}
    assert [one["code"] for one in steer("GET", f"apps/{app}/records")["records"]] == ["A", "B"]
    steer("DELETE", f"apps/{app}", {})
    assert error_of(api.call("GET", "app.json", params={"id": app})) == (404, "GAIA_AP01")


def test_a_form_can_be_changed(kintone, api, steer, app):
    steer(
        "PATCH",
        f"apps/{app}",
        {
            "rename": {"code": "会社コード"},
            "remove_options": {"rank": ["B"]},
            "set": {"tel": {"type": "SINGLE_LINE_TEXT"}},
        },
    )

    form = api.get("app/form/fields.json", app=app)
    assert form["properties"]["会社コード"]["unique"] is True
    assert list(form["properties"]["rank"]["options"]) == ["A"]
    assert form["properties"]["tel"]["code"] == "tel"
    assert kintone.records(app)[0]["会社コード"] == "A"
    assert api.upsert(app, by_key("会社コード", "A")).json()["records"][0]["operation"] == "UPDATE"
    assert int(form["revision"]) > 1

    steer("PATCH", f"apps/{app}", {"precision": {"digits": 20, "decimals": 0}})
    precision = api.get("app/settings.json", app=app)["numberPrecision"]
    assert precision == {"digits": "20", "decimalPlaces": "0", "roundingMode": "HALF_EVEN"}

    steer("PATCH", f"apps/{app}", {"remove": ["rank"]})
    assert "rank" not in kintone.records(app)[0]


def test_duplicates_keep_a_field_from_becoming_unique(kintone, api, steer, app):
    kintone.add_records(app, [{"rank": "A"}])
    steer("PATCH", f"apps/{app}", {"set": {"name": {"type": "SINGLE_LINE_TEXT"}}})
    for number in (1, 2):
        api.put(
            "records.json", app=app, records=[{"id": number, "record": {"name": {"value": "x"}}}]
        )

    steer("PATCH", f"apps/{app}", {"set": {"name": {"unique": True}}}, status=400)

    assert api.get("app/form/fields.json", app=app)["properties"]["name"]["unique"] is False


def test_faults_latency_and_the_limit_can_be_set(kintone, api, steer, app):
    steer("POST", "faults", {"status": 503, "body": "down", "skip": 1})
    steer("PUT", "latency", {"before": 0.001})
    steer("PUT", "concurrency", {"limit": 7})

    assert steer("GET", "faults")["faults"][0]["skip"] == 1
    answers = [api.call("GET", "app.json", params={"id": app}) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 503, 200]
    assert answers[0].headers["X-ConcurrencyLimit-Limit"] == "7"

    steer("POST", "faults", {"status": 429, "times": None, "body": {"code": "X"}})
    steer("DELETE", "faults", {})
    assert steer("GET", "faults") == {"faults": []}


def test_the_log_counts_per_app(api, steer, app):
    api.get("app.json", id=app)
    api.upsert(app, by_key("code", "A"), by_key("code", "B"))

    log = steer("GET", "requests")

    assert (log["total"], log["counted"], log["most_at_once"]) == (2, {str(app): 2}, 1)
    assert [(each["method"], each["counted"]) for each in log["requests"]] == [
        ("GET", 1),
        ("PUT", 1),
    ]
    steer("DELETE", "requests", {})
    assert steer("GET", "requests")["total"] == 0


def test_people_tokens_and_doors_can_be_changed(api, steer, app):
    steer("PATCH", "users/sync", {"password": "new"})
    assert error_of(api.call("GET", "app.json", params={"id": app})) == (401, "CB_WA01")
    api.headers = password("sync", "new")
    assert api.get("app.json", id=app)

    token = steer("POST", f"apps/{app}/tokens", {"permissions": ["view"]})["token"]
    api.headers = {"X-Cybozu-API-Token": token}
    assert error_of(api.upsert(app, by_key("code", "B"))) == (403, "GAIA_NO01")

    steer("PATCH", "domain", {"blocked": True})
    assert api.call("GET", "app.json", params={"id": app}).status_code == 403
    steer("PATCH", "domain", {"blocked": False, "basic": {"user": "u", "password": "p"}})
    assert api.call("GET", "app.json", params={"id": app}).status_code == 401
    steer("PATCH", "domain", {"basic": None})
    assert api.get("app.json", id=app)


def test_another_domain_is_a_kintone_of_its_own(api, steer, app):
    steer("POST", "domains", {"name": "other", "login": "me", "password": "secret"})

    answer = api.call("GET", "apps.json", headers=password("me", "secret"), prefix="/other/k/v1/")

    assert answer.json() == {"apps": []}
    assert error_of(api.call("GET", "apps.json", prefix="/other/k/v1/")) == (401, "CB_WA01")


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "nothing", None, 404),
        ("DELETE", "apps/99", {}, 404),
        ("POST", "apps", {"name": "x"}, 404),
        ("POST", "apps", {"name": "x", "fields": {"a": {"type": "NOTHING"}}}, 400),
        ("POST", "faults", {"colour": "red"}, 400),
        ("PUT", "latency", {"before": "long"}, 400),
        ("POST", "apps", [], 400),
    ],
)
def test_a_wrong_call_says_what_is_wrong(steer, method, path, body, status):
    assert steer(method, path, body, status=status)["message"]


@pytest.mark.parametrize(
    "incoming",
    [
        Incoming(method="GET", target="/sandbox/state", loopback=False),
        Incoming(method="DELETE", target="/sandbox/faults", headers={"content-type": "text/plain"}),
    ],
)
def test_only_this_machine_may_steer_and_no_web_page(kintone, incoming):
    answer = control.handle(kintone.sandbox, kintone.domain, incoming, path=incoming.path)

    assert answer.status == 403
