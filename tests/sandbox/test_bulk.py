"""bulkRequest (kintone-api.md §2.2)."""

import pytest

from tests.sandbox.conftest import by_key, error_of, errors_of, record

FIELDS = {
    "code": {"type": "SINGLE_LINE_TEXT", "unique": True},
    "rank": {"type": "DROP_DOWN", "options": ["A"]},
}


@pytest.fixture
def apps(kintone):
    return kintone.add_app("一", FIELDS), kintone.add_app("二", FIELDS)


def upsert(app, *items):
    payload = {"app": app, "upsert": True, "records": list(items)}
    return {"method": "PUT", "api": "/k/v1/records.json", "payload": payload}


def test_requests_run_in_order_over_several_apps(kintone, api, apps):
    first, second = apps
    delete = {
        "method": "DELETE",
        "api": "/k/v1/records.json",
        "payload": {"app": second, "ids": [1]},
    }
    add = {
        "method": "POST",
        "api": "/k/v1/record.json",
        "payload": {"app": first, "record": record(code="C")},
    }

    answer = api.post(
        "bulkRequest.json",
        requests=[
            upsert(second, by_key("code", "A")),
            upsert(first, by_key("code", "A")),
            upsert(first, by_key("code", "A"), by_key("code", "B")),
            delete,
            add,
        ],
    )

    assert answer == {
        "results": [
            {"records": [{"id": "1", "revision": "1", "operation": "INSERT"}]},
            {"records": [{"id": "1", "revision": "1", "operation": "INSERT"}]},
            {
                "records": [
                    {"id": "1", "revision": "1", "operation": "UPDATE"},
                    {"id": "2", "revision": "1", "operation": "INSERT"},
                ]
            },
            {},
            {"id": "3", "revision": "1"},
        ]
    }
    assert [one["code"] for one in kintone.records(first)] == ["A", "B", "C"]
    assert kintone.records(second) == []


def test_the_first_failure_undoes_everything_and_fills_its_slot_only(kintone, api, apps):
    first, second = apps
    kintone.add_records(first, [{"code": "A", "rank": "A"}])

    answer = api.call(
        "POST",
        "bulkRequest.json",
        {
            "requests": [
                upsert(first, by_key("code", "A", rank=""), by_key("code", "B")),
                upsert(second, by_key("code", "X"), by_key("code", "Y", rank="Z")),
                upsert(first, by_key("code", "C", rank="Z")),
            ]
        },
    )

    body = answer.json()
    assert answer.status_code == 400
    assert set(body) == {"results"}
    assert body["results"][0] == body["results"][2] == {}
    assert body["results"][1]["code"] == "CB_VA01"
    assert list(body["results"][1]["errors"]) == ["records[1].rank.value"]
    assert [(one["code"], one["rank"]) for one in kintone.records(first)] == [("A", "A")]
    assert kintone.records(second) == []


@pytest.mark.parametrize(
    ("item", "status"),
    [({"id": 9}, 404), ({"id": 1, "revision": 9, "record": record(code="x")}, 409)],
)
def test_the_status_is_that_of_the_inner_error(kintone, api, apps, item, status):
    kintone.add_records(apps[0], [{"code": "A"}])
    inner = {
        "method": "PUT",
        "api": "/k/v1/records.json",
        "payload": {"app": apps[0], "records": [item]},
    }

    assert api.call("POST", "bulkRequest.json", {"requests": [inner]}).status_code == status


def test_a_lookup_sees_what_an_earlier_request_added(kintone, api, apps):
    source = apps[0]
    company = {
        "type": "SINGLE_LINE_TEXT",
        "lookup": {"relatedApp": {"app": str(source)}, "relatedKeyField": "code"},
    }
    app = kintone.add_app("部署", {**FIELDS, "company": company})
    child = upsert(app, by_key("code", "1", company="A"))

    api.post("bulkRequest.json", requests=[upsert(source, by_key("code", "A")), child])

    assert kintone.records(app)[0]["company"] == "A"


def test_tokens_of_all_apps_must_come_along(kintone, api, apps):
    first, second = apps
    body = {"requests": [upsert(app, by_key("code", "A")) for app in apps]}
    api.headers = {"X-Cybozu-API-Token": kintone.token(first)}
    alone = api.call("POST", "bulkRequest.json", body)
    api.headers["X-Cybozu-API-Token"] += f",{kintone.token(second)}"

    assert alone.status_code == 400
    assert [each.get("code") for each in alone.json()["results"]] == [None, "GAIA_IA02"]
    assert kintone.records(first) == []
    assert api.call("POST", "bulkRequest.json", body).status_code == 200


def test_twenty_requests_are_the_most(api, apps):
    requests = [upsert(apps[0], by_key("code", str(number))) for number in range(21)]

    assert len(api.post("bulkRequest.json", requests=requests[:20])["results"]) == 20
    answer = api.call("POST", "bulkRequest.json", {"requests": requests})
    assert list(errors_of(answer)) == ["requests"]


@pytest.mark.parametrize(
    "inner",
    [
        {"method": "GET", "api": "/k/v1/records.json", "payload": {"app": 1}},
        {"method": "PUT", "api": "/k/v1/app.json", "payload": {"app": 1}},
        {"method": "PUT", "api": "/other", "payload": {"app": 1}},
    ],
)
def test_only_writes_of_records_may_stand_inside(api, apps, inner):
    answer = api.call("POST", "bulkRequest.json", {"requests": [inner]})

    assert answer.json()["results"][0]["code"] == "CB_IL02"


@pytest.mark.parametrize("body", [{}, {"requests": "x"}, {"requests": ["x"]}])
def test_a_wrong_envelope_is_refused(api, apps, body):
    answer = api.call("POST", "bulkRequest.json", body)

    assert answer.status_code == 400


def test_a_guest_space_has_its_path_inside_too(kintone, api):
    app = kintone.add_app("ゲスト", FIELDS, guest_space=3)
    inner = upsert(app, by_key("code", "A"))
    plain = api.call("POST", "bulkRequest.json", {"requests": [inner]}, prefix="/k/guest/3/v1/")
    inner["api"] = "/k/guest/3/v1/records.json"
    inside = api.call("POST", "bulkRequest.json", {"requests": [inner]}, prefix="/k/guest/3/v1/")

    assert plain.json()["results"][0]["code"] == "GAIA_IL23"
    assert inside.status_code == 200


def test_each_inner_request_counts_for_its_app_and_the_envelope_does_not(kintone, api, apps):
    first, second = apps
    api.post(
        "bulkRequest.json",
        requests=[
            upsert(first, by_key("code", "A")),
            upsert(first, by_key("code", "B")),
            upsert(second, by_key("code", "A")),
        ],
    )
    api.get("app.json", id=first)
    api.get("apps.json")

    assert [(each.app, each.counted) for each in kintone.requests] == [
        (None, 3),
        (first, 1),
        (None, 0),
    ]
    assert kintone.sandbox.log.counts == {first: 3, second: 1}


def test_a_refusal_can_be_planted_inside(kintone, api, apps):
    kintone.fail(code="GAIA_XX99", status=400, containing="豚", times=None)
    good, bad = upsert(apps[0], by_key("code", "犬")), upsert(apps[0], by_key("code", "豚"))

    answer = api.call("POST", "bulkRequest.json", {"requests": [good, bad]})

    assert answer.json()["results"][1]["code"] == "GAIA_XX99"
    assert kintone.records(apps[0]) == []
    assert error_of(api.upsert(apps[0], by_key("code", "豚"))) == (400, "GAIA_XX99")
    assert api.post("bulkRequest.json", requests=[good])
