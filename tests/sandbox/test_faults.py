"""What goes wrong on purpose, and how many may call at once (kintone-api.md §3, §7)."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from tests.sandbox.conftest import Api, by_key, error_of


@pytest.fixture
def app(kintone):
    return kintone.add_app("顧客", {"code": {"type": "SINGLE_LINE_TEXT", "unique": True}})


def statuses(api, app, times):
    return [
        api.call("GET", "app.json", params={"id": app}, headers={"Connection": "close"}).status_code
        for _ in range(times)
    ]


def test_a_fault_skips_some_spoils_some_and_is_over(kintone, api, app):
    kintone.fail(503, "<html>Service Unavailable</html>", skip=1, times=2)

    assert statuses(api, app, 5) == [200, 503, 503, 200, 200]


def test_a_fault_without_end_lasts_until_all_is_healed(kintone, api, app):
    kintone.fail(502, times=None)

    assert statuses(api, app, 3) == [502] * 3
    kintone.heal()
    assert statuses(api, app, 1) == [200]


def test_a_page_instead_of_json_comes_with_its_headers(kintone, api, app):
    kintone.fail(503, "<h1>メンテナンス</h1>", headers={"Retry-After": "60"})

    answer = api.call("GET", "app.json", params={"id": app})

    assert answer.headers["Content-Type"].startswith("text/html")
    assert answer.headers["Retry-After"] == "60"
    assert answer.content.decode() == "<h1>メンテナンス</h1>"


def test_a_refusal_in_kintones_form_needs_only_its_code(kintone, api, app):
    kintone.fail(code="GAIA_DA02")
    kintone.fail(520, code="GAIA_ZZ99", message="未知のエラー")

    known, unknown = (api.upsert(app, by_key("code", "A")) for _ in range(2))

    assert error_of(known) == (400, "GAIA_DA02")
    assert error_of(unknown) == (520, "GAIA_ZZ99")
    assert unknown.json()["message"] == "未知のエラー"
    assert set(unknown.json()) == {"code", "id", "message"}
    assert kintone.records(app) == []


@pytest.mark.parametrize(
    ("condition", "spoiled"),
    [
        ({"path": "records.json"}, [False, True, True]),
        ({"method": "GET"}, [True, False, False]),
        ({"containing": "豚"}, [False, False, True]),
    ],
)
def test_a_fault_can_be_meant_for_some_requests_only(kintone, api, app, condition, spoiled):
    kintone.fail(500, times=None, **condition)

    answers = [
        api.call("GET", "app.json", params={"id": app}),
        api.upsert(app, by_key("code", "犬")),
        api.upsert(app, by_key("code", "豚")),
    ]

    assert [answer.status_code == 500 for answer in answers] == spoiled


@pytest.mark.parametrize("before_write", [True, False])
def test_the_connection_can_be_cut_before_or_after_the_write(kintone, api, app, before_write):
    kintone.cut(before_write=before_write)

    with pytest.raises(requests.ConnectionError):
        api.upsert(app, by_key("code", "A"))

    assert len(kintone.records(app)) == (0 if before_write else 1)
    (exchange,) = kintone.requests
    assert exchange.cut
    assert exchange.counted == 1
    assert api.upsert(app, by_key("code", "A")).status_code == 200


def test_the_log_tells_what_was_asked_without_credentials(kintone, api, app):
    api.upsert(app, by_key("code", "A"))
    api.get("records.json", app=app, query='code = "A"')

    put, get = kintone.requests
    assert (put.method, put.path, put.app, put.status) == ("PUT", "/k/v1/records.json", app, 200)
    assert put.body["records"][0]["updateKey"]["value"] == "A"
    assert put.headers["content-type"] == "application/json"
    assert "query=code" in get.query
    assert get.body is None
    assert not any("authorization" in name for each in kintone.requests for name in each.headers)
    kintone.forget_requests()
    assert kintone.requests == []


def test_slowness_is_per_request_and_per_record(kintone, api, app):
    kintone.latency(0.05, per_record=0.01)

    began = time.monotonic()
    api.upsert(app, *[by_key("code", str(number)) for number in range(10)])

    assert time.monotonic() - began >= 0.15


def test_an_answer_can_come_late_although_the_write_is_done(kintone, api, app):
    kintone.latency(after=30)

    with pytest.raises(requests.ReadTimeout):
        api.session.put(
            f"{kintone.url}/k/v1/records.json",
            headers=api.headers,
            json={"app": app, "upsert": True, "records": [by_key("code", "A")]},
            timeout=0.3,
        )

    assert len(kintone.records(app)) == 1


def test_every_answer_says_how_many_calls_are_under_way(api, app):
    answer = api.call("GET", "app.json", params={"id": app})

    assert answer.headers["X-ConcurrencyLimit-Limit"] == "100"
    assert answer.headers["X-ConcurrencyLimit-Running"] == "1"


def test_one_call_too_many_at_once_is_refused(kintone, api, app):
    kintone.sandbox.gate.limit = 2
    kintone.latency(0.5)
    together = threading.Barrier(3)

    def ask(_):
        together.wait()
        return requests.get(
            f"{kintone.url}/k/v1/app.json", params={"id": app}, headers=api.headers, timeout=10
        )

    with ThreadPoolExecutor(3) as pool:
        answers = sorted(pool.map(ask, range(3)), key=lambda answer: answer.status_code)

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[2].json()["code"] == "GAIA_TO04"
    assert answers[2].headers["X-Cybozu-Error"] == "GAIA_TO04"
    assert answers[2].headers["X-ConcurrencyLimit-Running"] == "3"
    assert "Retry-After" not in answers[2].headers


def test_many_callers_at_once_lose_and_double_nothing(kintone, app):
    def push(part):
        client = Api(kintone)
        with client.session:
            keys = [f"{number:03}" for number in range(part * 20, part * 20 + 40)]
            return client.upsert(app, *[by_key("code", key) for key in keys]).status_code

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(push, range(8)))

    stored = [one["code"] for one in kintone.records(app)]
    assert answers == [200] * 8
    assert sorted(stored) == [f"{number:03}" for number in range(180)]


def test_connections_are_kept_alive(kintone, api, app):
    for _ in range(5):
        api.get("app.json", id=app)

    adapter = api.session.get_adapter(kintone.url)
    (pool,) = (adapter.poolmanager.pools[key] for key in list(adapter.poolmanager.pools.keys()))
    assert (pool.num_connections, pool.num_requests) == (1, 5)
