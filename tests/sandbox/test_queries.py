"""The query language (kintone-api.md §2 "GET records", §3; operators per field type)."""

from datetime import UTC, datetime

import pytest

from tests.sandbox.conftest import error_of, errors_of, record

FIELDS = {
    "code": {"type": "SINGLE_LINE_TEXT", "unique": True},
    "name": {"type": "SINGLE_LINE_TEXT"},
    "note": {"type": "MULTI_LINE_TEXT"},
    "size": {"type": "NUMBER", "unique": True},
    "rank": {"type": "DROP_DOWN", "options": ["A", "B"]},
    "tags": {"type": "CHECK_BOX", "options": ["x", "y"]},
    "day": {"type": "DATE"},
    "seen": {"type": "DATETIME"},
    "owner": {"type": "USER_SELECT"},
    "rows": {"type": "SUBTABLE", "fields": {"item": {"type": "SINGLE_LINE_TEXT"}}},
}
RECORDS = [
    {
        "code": "A1",
        "name": "青葉商事",
        "size": "10",
        "rank": "A",
        "tags": ["x", "y"],
        "day": "2026-01-31",
        "owner": [{"code": "sync"}],
        "rows": [{"value": record(item="机")}, {"value": record(item="椅子")}],
    },
    {"code": "A2", "name": '赤木 "工業"', "size": "9", "rank": "B", "tags": ["y"]},
    {"code": "B1", "name": "", "size": "", "note": "備考", "seen": "2026-11-22T00:00:00Z"},
]


@pytest.fixture
def app(kintone):
    number = kintone.add_app("顧客", FIELDS)
    kintone.add_records(number, RECORDS)
    return number


def found(api, app, query):
    answer = api.get("records.json", app=app, query=query)
    return [one["code"]["value"] for one in answer["records"]]


@pytest.mark.parametrize(
    ("query", "codes"),
    [
        ("", ["B1", "A2", "A1"]),
        ('code = "A1"', ["A1"]),
        ('code != "A1"', ["B1", "A2"]),
        ('code in ("A1", "B1", "none")', ["B1", "A1"]),
        ('code not in ("A1")', ["B1", "A2"]),
        ('code = "a1"', []),
        ('name = ""', ["B1"]),
        ('name like "商"', ["A1"]),
        ('name not like "商" and name != ""', ["A2"]),
        ('name = "赤木 \\"工業\\""', ["A2"]),
        ("size > 9", ["A1"]),
        ('size >= "9.0"', ["A2", "A1"]),
        ('size = "10.0"', ["A1"]),
        ('size in ("9", "10") order by size asc', ["A2", "A1"]),
        ('size = ""', ["B1"]),
        ("$id > 1", ["B1", "A2"]),
        ("$id > 1 order by $id asc limit 1", ["A2"]),
        ("$id >= 2 and $id < 3", ["A2"]),
        ('$id > 1 and code in ("A1","B1") order by $id asc', ["B1"]),
        ("レコード番号 = 3", ["B1"]),
        ('rank in ("A")', ["A1"]),
        ('rank in ("")', ["B1"]),
        ('rank not in ("A")', ["B1", "A2"]),
        ('tags in ("x")', ["A1"]),
        ('tags in ("")', ["B1"]),
        ('day = "2026-01-31"', ["A1"]),
        ('day < "2026-2"', ["A1"]),
        ("seen >= TODAY() and seen <= NOW()", ["B1"]),
        ("owner in (LOGINUSER())", ["A1"]),
        ('note is empty', ["A2", "A1"]),
        ('note is not empty', ["B1"]),
        ('item in ("椅子")', ["A1"]),
        ('code = "A1" or code = "B1" and size > 5', ["A1"]),
        ('(code = "A1" or code = "B1") and name = ""', ["B1"]),
        ("order by code desc limit 2", ["B1", "A2"]),
        ("order by name asc, code desc", ["B1", "A2", "A1"]),
        ("order by $id asc limit 2 offset 1", ["A2", "B1"]),
        ("limit 1 offset 1", ["A2"]),
        ('　code　=\n"A1"　', ["A1"]),
    ],
)  # fmt: skip
def test_a_query_finds_records(kintone, api, app, query, codes):
    kintone.world.clock = lambda: datetime(2026, 11, 22, 9, 30, tzinfo=UTC)

    assert found(api, app, query) == codes


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("limit 501", "GAIA_QU01"),
        ("offset 10001", "GAIA_QU02"),
        ('gone = "x"', "GAIA_IQ11"),
        ("order by gone asc", "GAIA_IQ11"),
        ('rank = "A"', "GAIA_IQ03"),
        ('note = "x"', "GAIA_IQ03"),
        ('item = "机"', "GAIA_IQ07"),
        ("seen > TOMORROW_EVENING()", "GAIA_IQ10"),
    ],
)
def test_what_a_query_may_not_ask_has_its_code(api, app, query, expected):
    answer = api.call("GET", "records.json", params={"app": app, "query": query})

    assert error_of(answer) == (400, expected)


@pytest.mark.parametrize(
    "query",
    [
        "code = 'A1'",
        "code =",
        'code "A1"',
        'code = "A1" and',
        '(code = "A1"',
        'code = "A1" limit x',
        'code = "A1" limit -1',
        'code = "a\tb"',
        "size > many",
        'size > "many"',
        'day = "31/1/2026"',
        "order code",
        'code is "A1"',
    ],
)
def test_what_is_no_query_is_said_to_be_so(api, app, query):
    answer = api.call("GET", "records.json", params={"app": app, "query": query})

    assert errors_of(answer) == {"query": ["クエリ記法が間違っています。"]}


def test_only_the_fields_asked_for_come_back(api, app):
    params = {"fields[0]": "code", "fields[1]": "$id", "fields[2]": "gone"}

    answer = api.get("records.json", app=app, **params)

    assert [set(one) for one in answer["records"]] == [{"code", "$id"}] * 3


def test_the_total_is_counted_only_on_request(api, app):
    assert api.get("records.json", app=app)["totalCount"] is None
    counted = api.get("records.json", app=app, query="limit 1", totalCount="true")
    assert (len(counted["records"]), counted["totalCount"]) == (1, "3")
    assert (
        api.get("records.json", app=app, query='code="A1"', totalCount="true")["totalCount"] == "1"
    )


def test_a_hundred_records_come_unless_more_are_asked_for(kintone, api, app):
    kintone.add_records(app, [{"code": f"N{number}"} for number in range(600)])

    assert len(found(api, app, "")) == 100
    assert len(found(api, app, "limit 500")) == 500
    paged, last = [], 0
    while page := api.get(
        "records.json", app=app, query=f"$id > {last} order by $id asc limit 500"
    )["records"]:
        last = page[-1]["$id"]["value"]
        paged += [one["$id"]["value"] for one in page]
    assert paged == [str(number) for number in range(1, 604)]


def test_a_cursor_reads_everything_in_parts(api, app):
    cursor = api.post(
        "records/cursor.json", app=app, size=2, fields=["code"], query="order by code asc"
    )

    first = api.get("records/cursor.json", id=cursor["id"])
    second = api.get("records/cursor.json", id=cursor["id"])

    assert cursor["totalCount"] == "3"
    assert [one["code"]["value"] for one in first["records"]] == ["A1", "A2"]
    assert [one["code"]["value"] for one in second["records"]] == ["B1"]
    assert (first["next"], second["next"]) == (True, False)
    gone = api.call("GET", "records/cursor.json", params={"id": cursor["id"]})
    assert error_of(gone) == (404, "GAIA_CN01")


def test_ten_cursors_are_the_most_until_they_expire(kintone, api, app):
    cursors = [api.post("records/cursor.json", app=app)["id"] for _ in range(10)]

    refused = api.call("POST", "records/cursor.json", {"app": app})
    assert error_of(refused) == (429, "GAIA_TM12")
    api.delete("records/cursor.json", id=cursors[0])
    api.post("records/cursor.json", app=app)
    kintone.world.clock = lambda: datetime(2099, 1, 1, tzinfo=UTC)
    api.post("records/cursor.json", app=app)
