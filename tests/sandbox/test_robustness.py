"""Whatever comes in, a JSON answer of kintone's shape goes out, and a refusal changes nothing."""

import json
import string
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox import admin
from sandbox.demo import company_fields
from sandbox.http_values import Incoming
from sandbox.service import Sandbox
from tests.fixtures.kintone import Kintone, new_world
from tests.sandbox.conftest import password

HEADERS = {
    "x-cybozu-authorization": password("sync", Kintone.password)["X-Cybozu-Authorization"],
    "content-type": "application/json",
}
SCALARS: Any = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 10**20),
    st.floats(),
    st.text(max_size=20),
    st.sampled_from(["", "1e5", "2026-01-31", "sato", "法人番号", "製造業"]),
)
WORDS = "app id ids record records updateKey field value upsert revision code query fields"
KEYS = st.one_of(
    st.sampled_from([*WORDS.split(), "requests", "method", "api", "payload"]),
    st.sampled_from([*company_fields(), "作成者", "タグ", "レコード番号"]),
    st.text(string.ascii_letters, max_size=3),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(KEYS, inner, max_size=4)),
    max_leaves=12,
)
WRAPPED = st.fixed_dictionaries({"value": VALUES})
RECORDS = st.dictionaries(KEYS, st.one_of(WRAPPED, WRAPPED, VALUES), max_size=5)
ITEMS = st.fixed_dictionaries(
    {"record": RECORDS},
    optional={
        "updateKey": st.fixed_dictionaries({"field": KEYS, "value": VALUES}),
        "id": SCALARS,
        "revision": SCALARS,
    },
)
BODIES = st.one_of(
    VALUES,
    st.fixed_dictionaries(
        {"app": st.just(1)},
        optional={
            "records": st.lists(st.one_of(ITEMS, RECORDS), max_size=4),
            "record": RECORDS,
            "ids": VALUES,
            "upsert": st.booleans(),
            "query": st.text("code =<>()\"'$id", max_size=15),
        },
    ),
)
NAMES = ["record.json", "records.json", "bulkRequest.json", "app.json", "records/cursor.json"]


@settings(max_examples=150, deadline=None)
@given(
    method=st.sampled_from(["GET", "POST", "PUT", "DELETE"]),
    name=st.sampled_from(NAMES),
    body=BODIES,
    in_bulk=st.booleans(),
)
def test_any_request_is_answered_in_kintones_form(method, name, body, in_bulk):
    world = new_world()
    app = admin.add_app(world, world.default, "顧客リスト", company_fields())
    before = admin.load_records(
        world, world.default, app, [{"会社名": "青葉", "法人番号": "1" * 13}]
    )
    if in_bulk:
        good = {"app": 1, "records": [{"id": 1, "record": {"メモ": {"value": "x"}}}]}
        requests = [{"method": "PUT", "api": "/k/v1/records.json", "payload": good}]
        requests.append({"method": method, "api": f"/k/v1/{name}", "payload": body})
        method, name, body = "POST", "bulkRequest.json", {"requests": requests}
    incoming = Incoming(
        method=method,
        target=f"/k/v1/{name}",
        headers=HEADERS,
        body=json.dumps(body).encode(),
    )

    answer = Sandbox(world).handle(incoming)

    parsed = json.loads(answer.body)
    assert answer.content_type.startswith("application/json")
    if answer.status != 200:
        assert {"code", "id", "message"} <= set(parsed) or "results" in parsed
        assert list(app.records.values()) == before
        assert app.ids == [1]
        assert app.unique == {"法人番号": {"1" * 13: 1}, "会社ID": {}}
