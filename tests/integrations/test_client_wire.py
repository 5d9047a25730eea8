"""The exact requests that go to kintone, and what its exact answers become."""

import base64
import contextlib
from urllib.parse import parse_qs, urlsplit

import orjson
import pytest
import responses

from integrations.kintone.credentials import BasicLogin, Credentials
from integrations.kintone.errors import (
    AllowanceSpentError,
    ConfigReason,
    FieldRefusal,
    KintoneConfigError,
    KintoneError,
    KintoneProtocolError,
    KintoneRejection,
    KintoneTransientError,
)
from integrations.kintone.form import NumberPrecision, Rounding, parse_form
from integrations.kintone.values import AppInfo, Operation, PutResult, RecordPut
from tests.integrations.builders import BASE_URL, RECORDS, CountingMeter, make_client

SAVED = {"records": [{"id": "7", "revision": "4", "operation": "UPDATE"}]}
ONE = [RecordPut(key="C-1", record={"name": "青葉"})]


@pytest.fixture
def wire():
    with responses.RequestsMock() as mock:
        yield mock


def put(client=None, puts=ONE, *, upsert=True):
    with client or make_client() as opened:
        return opened.put_records(puts, app=3, key_field="code", upsert=upsert)


def sent(wire, index=0):
    return wire.calls[index].request


def asked(wire, index=0):
    """The query of a request, names to values, as it was decoded at the other end."""
    query = parse_qs(urlsplit(sent(wire, index).url).query)
    return {name: value for name, (value,) in query.items()}


# ---- PUT records


def test_records_are_put_by_key_and_by_id_in_one_request(wire):
    results = [
        {"id": "12", "revision": "1", "operation": "INSERT"},
        {"id": "7", "revision": "4", "operation": "UPDATE"},
    ]
    wire.put(RECORDS, json={"records": results})
    table = [{"value": {"品名": {"value": "机"}}}]

    answer = put(
        puts=[
            RecordPut(key="C-1", record={"name": "青葉", "tags": ["a", "b"], "資本金": "1000"}),
            RecordPut(record_id=7, record={"code": "C-2", "明細": table, "memo": None}),
        ]
    )

    assert orjson.loads(sent(wire).body) == {
        "app": 3,
        "upsert": True,
        "records": [
            {
                "updateKey": {"field": "code", "value": "C-1"},
                "record": {
                    "name": {"value": "青葉"},
                    "tags": {"value": ["a", "b"]},
                    "資本金": {"value": "1000"},
                },
            },
            {
                "id": 7,
                "record": {
                    "code": {"value": "C-2"},
                    "明細": {"value": table},
                    "memo": {"value": None},
                },
            },
        ],
    }
    assert answer == [
        PutResult(record_id=12, revision=1, operation=Operation.INSERT),
        PutResult(record_id=7, revision=4, operation=Operation.UPDATE),
    ]


def test_without_upsert_kintone_is_not_asked_to_insert(wire):
    wire.put(RECORDS, json={"records": [{"id": "7", "revision": "4"}]})

    answer = put(upsert=False)

    assert "upsert" not in orjson.loads(sent(wire).body)
    assert answer == [PutResult(record_id=7, revision=4, operation=Operation.UPDATE)]


def test_japanese_goes_as_utf_8_and_not_escaped(wire):
    wire.put(RECORDS, json=SAVED)

    put()

    assert "青葉".encode() in sent(wire).body
    assert sent(wire).headers["Content-Type"] == "application/json"


@pytest.mark.parametrize(
    "puts",
    [
        [],
        [RecordPut(key=str(number), record={}) for number in range(101)],
        [RecordPut(key="", record={})],
        [RecordPut(key="a", record={}), RecordPut(key="a", record={})],
        [RecordPut(key="a", record={"code": "a"})],
    ],
    ids=["none", "101", "empty key", "key twice", "key field in the record"],
)
def test_what_kintone_would_refuse_as_a_whole_is_not_sent(wire, puts):
    with pytest.raises(ValueError):
        put(puts=puts)


def test_a_hundred_records_are_one_request(wire):
    wire.put(RECORDS, json={"records": SAVED["records"] * 100})

    assert len(put(puts=[RecordPut(key=str(n), record={}) for n in range(100)])) == 100


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"records": []},
        {"records": SAVED["records"] * 2},
        {"records": [{"id": "7"}]},
        {"records": [{"id": "x", "revision": "1", "operation": "UPDATE"}]},
        {"records": [{"id": "7", "revision": "1", "operation": "DELETE"}]},
        {"records": ["7"]},
    ],
)
def test_an_answer_that_does_not_account_for_each_record_is_kept_as_evidence(wire, answer):
    wire.put(RECORDS, json=answer)

    with pytest.raises(KintoneProtocolError) as caught:
        put()

    assert caught.value.may_have_written


def test_a_refusal_names_records_fields_code_and_id(wire):
    errors = {"records[0].updateKey.value": {"messages": ["必須です。"]}}
    body = {"code": "CB_VA01", "id": "Ab1", "message": "入力内容が…", "errors": errors}
    wire.put(RECORDS, json=body, status=400)

    with pytest.raises(KintoneRejection) as caught:
        put()

    assert caught.value.problems == {0: (FieldRefusal(field="code", message="必須です。"),)}
    assert (caught.value.code, caught.value.error_id, caught.value.status) == (
        "CB_VA01",
        "Ab1",
        400,
    )
    assert not caught.value.may_have_written


# ---- reading


def test_an_app_is_read_by_its_id(wire):
    wire.get(f"{BASE_URL}/k/v1/app.json", json={"appId": "3", "name": "顧客リスト", "code": ""})

    assert make_client().get_app(3) == AppInfo(app=3, name="顧客リスト")
    assert asked(wire) == {"id": "3"}


@pytest.mark.parametrize("answer", [{}, {"appId": "x", "name": "y"}, {"appId": "3"}])
def test_an_app_without_id_or_name_is_no_app(wire, answer):
    wire.get(f"{BASE_URL}/k/v1/app.json", json=answer)

    with pytest.raises(KintoneProtocolError):
        make_client().get_app(3)


def test_the_form_in_use_is_read_not_its_draft(wire):
    url = f"{BASE_URL}/k/v1/app/form/fields.json"
    wire.get(url, json={"properties": {"a": {"type": "DATE", "label": "日"}}, "revision": "9"})

    form = make_client().get_form(3)

    assert (list(form.fields), form.revision) == (["a"], 9)
    assert asked(wire) == {"app": "3"}


NUMBER_FORM = {"properties": {"n": {"type": "NUMBER", "label": "数"}}, "revision": "9"}
PRECISION = {"digits": "20", "decimalPlaces": "2", "roundingMode": "DOWN"}


def test_the_precision_of_numbers_is_read_with_the_form_and_stored_with_it(wire):
    wire.get(f"{BASE_URL}/k/v1/app/form/fields.json", json=NUMBER_FORM)
    wire.get(f"{BASE_URL}/k/v1/app/settings.json", json={"numberPrecision": PRECISION})

    form = make_client().get_form(3)

    precision = NumberPrecision(digits=20, decimals=2, rounding=Rounding.DOWN)
    assert form.fields["n"].precision == precision
    assert parse_form(form.source) == form
    assert asked(wire) == {"app": "3"}


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        (403, {"code": "CB_NO02", "id": "x", "message": "権限がありません。"}),
        (403, {"code": "GAIA_NO01", "id": "x", "message": "このトークンでは実行できません。"}),
        (400, {"code": "GAIA_NEW1", "id": "x", "message": "未知"}),
        (200, {}),
        (200, {"numberPrecision": {"digits": "20"}}),
        (200, {"numberPrecision": {**PRECISION, "roundingMode": "NEW"}}),
    ],
)
def test_a_form_is_read_also_where_its_precision_is_not_told(wire, status, answer):
    wire.get(f"{BASE_URL}/k/v1/app/form/fields.json", json=NUMBER_FORM)
    wire.get(f"{BASE_URL}/k/v1/app/settings.json", status=status, json=answer)

    form = make_client().get_form(3)

    assert form.fields["n"].precision is None


def test_a_get_has_neither_body_nor_content_type(wire):
    wire.get(RECORDS, json={"records": [], "totalCount": None})

    make_client().get_records(3)

    assert sent(wire).body is None
    assert "Content-Type" not in sent(wire).headers


def test_records_are_read_as_values_with_ids_as_numbers(wire):
    record = {
        "name": {"type": "SINGLE_LINE_TEXT", "value": "青葉"},
        "タグ": {"type": "CHECK_BOX", "value": ["a"]},
        "$id": {"type": "__ID__", "value": "12"},
        "$revision": {"type": "__REVISION__", "value": "3"},
    }
    wire.get(RECORDS, json={"records": [record], "totalCount": None})

    found = make_client().get_records(3, query='name = "青葉" limit 1', fields=("name", "タグ"))

    assert found == [{"name": "青葉", "タグ": ["a"], "$id": 12, "$revision": 3}]
    assert asked(wire) == {
        "app": "3",
        "query": 'name = "青葉" limit 1',
        "fields[0]": "name",
        "fields[1]": "タグ",
    }


def test_a_long_query_travels_in_the_body_of_a_post_that_says_get(wire):
    wire.post(RECORDS, json={"records": [], "totalCount": None})
    query = "code in (" + ", ".join(f'"{number:013}"' for number in range(400)) + ")"

    make_client().get_records(3, query=query, fields=("$id", "code"))

    assert sent(wire).headers["X-HTTP-Method-Override"] == "GET"
    assert sent(wire).headers["Content-Type"] == "application/json"
    assert urlsplit(sent(wire).url).query == ""
    assert orjson.loads(sent(wire).body) == {"app": "3", "query": query, "fields": ["$id", "code"]}


def test_records_are_counted_without_fetching_them_all(wire):
    wire.get(RECORDS, json={"records": [], "totalCount": "6012"})

    assert make_client().count_records(3) == 6012
    assert asked(wire) == {
        "app": "3",
        "query": "limit 1",
        "totalCount": "true",
        "fields[0]": "$id",
    }


@pytest.mark.parametrize("answer", [{}, {"records": "x"}, {"records": [{"a": "b"}]}])
def test_records_of_another_shape_are_no_records(wire, answer):
    wire.get(RECORDS, json=answer)

    with pytest.raises(KintoneProtocolError):
        make_client().get_records(3)


def test_a_count_that_is_none_is_no_count(wire):
    wire.get(RECORDS, json={"records": [], "totalCount": None})

    with pytest.raises(KintoneProtocolError):
        make_client().count_records(3)


def test_an_app_in_a_guest_space_has_a_path_of_its_own(wire):
    wire.put(f"{BASE_URL}/k/guest/5/v1/records.json", json=SAVED)

    put(make_client(guest_space=5))


# ---- who we are


def test_a_password_is_sent_as_kintone_wants_it(wire):
    wire.put(RECORDS, json=SAVED)

    put(make_client(credentials=Credentials(login="佐藤", password="秘密")))

    header = sent(wire).headers["X-Cybozu-Authorization"]
    assert base64.b64decode(header).decode() == "佐藤:秘密"
    assert "Authorization" not in sent(wire).headers
    assert "X-Cybozu-API-Token" not in sent(wire).headers


def test_tokens_go_together_in_one_header(wire):
    wire.put(RECORDS, json=SAVED)

    put(make_client(credentials=Credentials(tokens=("aaa", "bbb"))))

    assert sent(wire).headers["X-Cybozu-API-Token"] == "aaa,bbb"
    assert "X-Cybozu-Authorization" not in sent(wire).headers


def test_a_password_goes_before_tokens(wire):
    wire.put(RECORDS, json=SAVED)

    put(make_client(credentials=Credentials(login="a", password="b", tokens=("c",))))

    assert "X-Cybozu-Authorization" in sent(wire).headers
    assert "X-Cybozu-API-Token" not in sent(wire).headers


def test_basic_authentication_goes_beside_the_login(wire):
    wire.put(RECORDS, json=SAVED)
    basic = BasicLogin(user="front", password="door")

    put(make_client(credentials=Credentials(tokens=("aaa",), basic=basic)))

    scheme, _, pair = sent(wire).headers["Authorization"].partition(" ")
    assert (scheme, base64.b64decode(pair)) == ("Basic", b"front:door")
    assert sent(wire).headers["X-Cybozu-API-Token"] == "aaa"


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({}, ConfigReason.LOGIN),
        ({"login": "sync"}, ConfigReason.LOGIN),
        ({"password": "only"}, ConfigReason.LOGIN),
        ({"tokens": ("t",) * 10}, ConfigReason.TOKEN),
        ({"tokens": ("a,b",)}, ConfigReason.TOKEN),
        ({"tokens": ("a\r\nX-Evil: 1",)}, ConfigReason.TOKEN),
        ({"tokens": ("トークン",)}, ConfigReason.TOKEN),
        ({"tokens": ("",)}, ConfigReason.TOKEN),
    ],
)
def test_credentials_that_cannot_work_are_refused_before_anything_is_sent(given, reason):
    with pytest.raises(KintoneConfigError) as caught:
        Credentials(**given)

    assert caught.value.reason is reason


@pytest.mark.parametrize(
    "base_url", ["http://demo.cybozu.com", "http://127.0.0.1.evil.jp", "ftp://x"]
)
def test_credentials_do_not_leave_this_machine_in_clear_text(base_url):
    with pytest.raises(ValueError):
        make_client(base_url=base_url)


def test_a_session_cookie_is_not_kept(wire):
    wire.put(RECORDS, json=SAVED, headers={"Set-Cookie": "JSESSIONID=abc; Path=/"})
    client = make_client()

    put(client)
    put(client)

    assert "Cookie" not in sent(wire, 1).headers


def test_the_environment_does_not_change_where_requests_go(wire, monkeypatch, tmp_path):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine demo.cybozu.com login thief password thief\n")
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    wire.put(RECORDS, json=SAVED)

    put()

    assert "Authorization" not in sent(wire).headers
    assert not wire.calls[0].request.req_kwargs["proxies"]


# ---- trying again


def busy(wire, times, **given):
    body = {"code": "GAIA_TO04", "id": "x", "message": "…"}
    for _ in range(times):
        wire.put(RECORDS, **({"json": body, "status": 429} | given))


def test_a_busy_kintone_is_asked_again_after_growing_pauses(wire):
    busy(wire, 2)
    wire.put(RECORDS, json=SAVED)
    pauses: list[float] = []

    put(make_client(sleep=pauses.append, random=lambda: 1.0))

    assert pauses == [1.0, 2.0]


def test_the_pauses_differ_by_chance_but_never_below_half():
    with responses.RequestsMock() as wire:
        busy(wire, 4)
        pauses: list[float] = []

        with pytest.raises(KintoneTransientError) as caught:
            put(make_client(sleep=pauses.append, random=lambda: 0.0))

    assert pauses == [0.5, 1.0, 2.0]
    assert caught.value.code == "GAIA_TO04"
    assert not caught.value.may_have_written


def test_maintenance_is_not_asked_again_at_once(wire):
    wire.put(RECORDS, json={"code": "GAIA_NO02", "id": "x", "message": "…"}, status=403)

    with pytest.raises(KintoneTransientError):
        put()


def test_one_lost_answer_among_the_attempts_leaves_the_outcome_open(wire):
    busy(wire, 1)
    busy(wire, 1, json=None, body="<html>Bad Gateway</html>", status=502)
    busy(wire, 2)

    with pytest.raises(KintoneTransientError) as caught:
        put()

    assert caught.value.code == "GAIA_TO04"
    assert caught.value.may_have_written


def test_a_refusal_after_a_lost_answer_says_that_the_first_may_have_passed(wire):
    busy(wire, 1, json=None, body="", status=504)
    wire.put(RECORDS, json={"code": "GAIA_LO04", "id": "x", "message": "…"}, status=400)

    with pytest.raises(KintoneRejection) as caught:
        put()

    assert caught.value.may_have_written


def test_a_conflict_that_stays_is_a_refusal(wire):
    busy(wire, 4, json={"code": "GAIA_CO02", "id": "x", "message": "…"}, status=409)

    with pytest.raises(KintoneRejection) as caught:
        put()

    assert caught.value.code == "GAIA_CO02"


def test_a_redirect_is_not_followed(wire):
    busy(wire, 4, json=None, status=302, headers={"Location": "https://evil.example/login"})

    with pytest.raises(KintoneTransientError):
        put()

    assert {call.request.url for call in wire.calls} == {RECORDS}


# ---- bulkRequest


BULK = f"{BASE_URL}/k/v1/bulkRequest.json"
TWO = [ONE, [RecordPut(key="C-2", record={"name": "若葉"}), RecordPut(record_id=9, record={})]]


def put_in_bulk(client=None, parts=TWO):
    with client or make_client() as opened:
        return opened.put_in_bulk(parts, app=3, key_field="code")


def saved(*numbers):
    return {
        "records": [
            {"id": str(number), "revision": "1", "operation": "INSERT"} for number in numbers
        ]
    }


def test_several_requests_travel_as_one_and_come_back_in_their_order(wire):
    wire.post(BULK, json={"results": [saved(1), saved(2, 9)]})

    first, second = put_in_bulk()

    assert [result.record_id for result in (*first, *second)] == [1, 2, 9]
    told = orjson.loads(sent(wire).body)
    assert [(one["method"], one["api"]) for one in told["requests"]] == [
        ("PUT", "/k/v1/records.json")
    ] * 2
    assert told["requests"][0]["payload"] == {
        "app": 3,
        "upsert": True,
        "records": [
            {"updateKey": {"field": "code", "value": "C-1"}, "record": {"name": {"value": "青葉"}}}
        ],
    }


def test_in_a_guest_space_the_path_is_the_guest_s_outside_and_inside(wire):
    wire.post(
        f"{BASE_URL}/k/guest/5/v1/bulkRequest.json", json={"results": [saved(1), saved(2, 9)]}
    )

    put_in_bulk(make_client(guest_space=5))

    told = orjson.loads(sent(wire).body)
    assert {one["api"] for one in told["requests"]} == {"/k/guest/5/v1/records.json"}


def test_each_request_inside_a_bulk_is_counted_against_the_app(wire):
    wire.post(BULK, json={"results": [saved(1), saved(2, 9)]})
    meter = CountingMeter()

    put_in_bulk(make_client(meter=meter))

    assert meter.spent == [3, 3]


def test_a_refusal_inside_a_bulk_names_the_request_and_the_record_in_it(wire):
    refused = {
        "code": "CB_VA01",
        "id": "x",
        "message": "入力内容が正しくありません。",
        "errors": {"records[1].name.value": {"messages": ["必須です。"]}},
    }
    wire.post(BULK, status=400, json={"results": [{}, refused]})

    with pytest.raises(KintoneRejection) as caught:
        put_in_bulk()

    assert caught.value.part == 1
    assert caught.value.problems == {1: (FieldRefusal(field="name", message="必須です。"),)}
    assert not caught.value.may_have_written


@pytest.mark.parametrize(
    "results",
    [[saved(1)], [saved(1), saved(2)], [saved(1), {}], [{}, {}], "none", [saved(1), None]],
)
def test_a_bulk_answer_with_fewer_results_than_records_may_have_written(wire, results):
    wire.post(BULK, json={"results": results})

    with pytest.raises(KintoneProtocolError) as caught:
        put_in_bulk()

    assert caught.value.may_have_written


def test_more_than_twenty_requests_are_refused_here(wire):
    with pytest.raises(ValueError, match="20"):
        put_in_bulk(parts=[ONE] * 21)


# ---- the meter


@pytest.mark.parametrize(
    ("status", "code", "running", "too_much"),
    [
        (429, "GAIA_TO04", "101", True),
        (400, "GAIA_DA02", "3", True),
        (400, "GAIA_LO04", "3", False),
        (200, "", "80", True),
        (200, "", "79", False),
        (200, "", "", False),
        (200, "", "many", False),
    ],
)
def test_the_meter_hears_whether_fewer_at_once_would_be_better(
    wire, status, code, running, too_much
):
    body = {"code": code, "id": "x", "message": ""} if code else SAVED
    wire.put(RECORDS, status=status, json=body, headers={"X-ConcurrencyLimit-Running": running})
    meter = CountingMeter()

    with contextlib.suppress(KintoneError):
        put(make_client(meter=meter, attempts=1))

    assert meter.heard_too_much == [too_much]


def test_every_exchange_is_counted_against_its_app_retries_included(wire):
    busy(wire, 2)
    wire.put(RECORDS, json=SAVED)
    meter = CountingMeter()

    put(make_client(meter=meter))

    assert meter.spent == [3, 3, 3]


def test_a_spent_allowance_sends_nothing(wire):
    with pytest.raises(AllowanceSpentError):
        put(make_client(meter=CountingMeter(allowance=0)))


def test_an_allowance_spent_between_attempts_holds_where_nothing_was_written(wire):
    busy(wire, 1)

    with pytest.raises(AllowanceSpentError):
        put(make_client(meter=CountingMeter(allowance=1)))


def test_an_allowance_spent_after_a_lost_answer_does_not_hide_that_it_was_lost(wire):
    busy(wire, 1, json=None, body="", status=504)

    with pytest.raises(KintoneTransientError) as caught:
        put(make_client(meter=CountingMeter(allowance=1)))

    assert caught.value.may_have_written


def test_a_check_of_the_login_is_counted_against_no_app(wire):
    wire.get(f"{BASE_URL}/k/v1/apps.json", json={"apps": []})
    meter = CountingMeter()

    make_client(meter=meter).check_login()

    assert meter.spent == [None]
