"""Any value of any kind is refused before it is sent, or stands in kintone exactly as sent."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from common.types import Kind, UserRef
from integrations.kintone.client import KintoneClient
from integrations.kintone.credentials import Credentials
from integrations.kintone.form import Form
from integrations.kintone.values import Operation, RecordPut
from mapping.converters import fit, fit_in_table
from mapping.payload import digest_of
from mapping.plan import MappingError, MappingPlan
from mapping.rulespec import RuleSpec

FIELDS: dict[str, dict[str, Any]] = {
    "key": {"type": "SINGLE_LINE_TEXT", "unique": True},
    "text": {"type": "SINGLE_LINE_TEXT", "maxLength": "40"},
    "lines": {"type": "MULTI_LINE_TEXT"},
    "rich": {"type": "RICH_TEXT"},
    "number": {"type": "NUMBER", "minValue": "-1000000", "maxValue": "1000000"},
    "radio": {"type": "RADIO_BUTTON", "options": ["はい", "いいえ"]},
    "boxes": {"type": "CHECK_BOX", "options": ["赤", "青", "黄"]},
    "several": {"type": "MULTI_SELECT", "options": ["赤", "青", "黄"]},
    "drop": {"type": "DROP_DOWN", "options": ["赤", "青", "黄"]},
    "date": {"type": "DATE"},
    "time": {"type": "TIME"},
    "moment": {"type": "DATETIME"},
    "web": {"type": "LINK", "protocol": "WEB"},
    "mail": {"type": "LINK", "protocol": "MAIL"},
    "call": {"type": "LINK", "protocol": "CALL"},
    "people": {"type": "USER_SELECT"},
}
COLUMNS = [code for code in FIELDS if code != "key"]

text = st.text(st.characters(codec="utf-8"), max_size=60)
written = st.sampled_from(
    ["", " ", "1,234", "￥1,000", "-5.50", "1e3", "2024/1/5", "令和6年1月5日", "9:30", "午後3時",
     "2024-01-05T09:30:15+09:00", "www.example.co.jp", "https://example.com", "a@example.com",
     "03-1234-5678", "赤", " 青", "はい", "緑", "sato", "<b>&</b>", "一\r\n二", "007"]
)  # fmt: skip
person = st.sampled_from(
    [
        UserRef(name="佐藤", email="sato@example.com", login="sato"),
        UserRef(name="鈴木", email="suzuki", login=""),
    ]
)
colours = st.sampled_from(["赤", "青", "黄", "緑", ""])
#: kintone's own settings keep 4 decimals; more are rounded there, and not sent again for it.
numbers = st.decimals(min_value=-(10**7), max_value=10**7, places=4)

VALUES = {
    Kind.TEXT: text | written,
    Kind.LONG_TEXT: text | written,
    Kind.RICH_TEXT: st.sampled_from(["<p>太<b>字</b></p>", "平文", "<br>", "<ul><li>一</li></ul>"]),
    Kind.NUMBER: numbers | st.integers(-(10**7), 10**7).map(Decimal),
    Kind.DATE: st.dates(min_value=date(1, 1, 1)),
    Kind.TIME: st.times(),
    Kind.DATETIME: st.datetimes(timezones=st.just(UTC)),
    Kind.CHOICE: colours | st.sampled_from(["はい", "いいえ"]),
    Kind.CHOICES: st.lists(colours, max_size=4).map(tuple),
    Kind.USER: person,
    Kind.USERS: st.lists(person, max_size=3).map(tuple),
    Kind.URL: text | written,
    Kind.EMAIL: written,
    Kind.PHONE: text | written,
    Kind.FLAG: st.booleans(),
    Kind.ROWS: st.lists(text | written, max_size=4).map(tuple),
}


@pytest.fixture
def client(kintone):
    with KintoneClient(
        base_url=kintone.url,
        credentials=Credentials(login=kintone.login, password=kintone.password),
    ) as opened:
        yield opened


@pytest.fixture
def one_by_one(kintone, client):
    app = kintone.add_app("一つずつ", FIELDS)
    return app, client.get_form(app)


@pytest.fixture
def in_a_table(kintone, client):
    columns = {code: FIELDS[code] for code in COLUMNS}
    app = kintone.add_app(
        "表", {"key": FIELDS["key"], "table": {"type": "SUBTABLE", "fields": columns}}
    )
    return app, client.get_form(app)


def pairs(column, form: Form, *, table: str = ""):
    """A kind that fits the column, with a value of it or none."""
    fits = fit_in_table if table else fit
    target = form.find(column, table=table)
    assert target is not None
    kinds = [kind for kind in Kind if fits(kind, target).possible]
    if column == "people":  # whether kintone knows a login is not ours to tell before sending
        kinds = [kind for kind in kinds if kind in (Kind.USER, Kind.USERS)]
    return st.sampled_from(kinds).flatmap(
        lambda kind: st.tuples(st.just(kind), VALUES[kind] | st.none())
    )


def as_stored(value: Any) -> Any:
    """Empty is "" or null depending on the type; tables come back with types and row ids."""
    if isinstance(value, list):
        return [as_stored(each) for each in value]
    if isinstance(value, dict) and "code" in value:
        return value["code"]
    if isinstance(value, dict):
        return {code: as_stored(cell["value"]) for code, cell in value["value"].items()}
    return "" if value is None else value


def push(client: KintoneClient, app: int, plan: MappingPlan, values: dict[str, Any]):
    """What was sent and what kintone then holds; None where it was refused before sending."""
    try:
        payload = plan.build(values)
    except MappingError:
        return None
    put = RecordPut(key=payload.key, record=payload.record)
    (first,) = client.put_records([put], app=app, key_field="key")
    (again,) = client.put_records([put], app=app, key_field="key")
    assert (again.record_id, again.operation) == (first.record_id, Operation.UPDATE)
    assert digest_of(payload.key, payload.record) == payload.digest
    (stored,) = client.get_records(app, query=f'$id = "{first.record_id}"')
    return payload.record, stored


@pytest.mark.parametrize("code", COLUMNS)
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_what_is_sent_is_what_kintone_stores(code, data, one_by_one, client):
    app, form = one_by_one
    kind, value = data.draw(pairs(code, form))
    plan = MappingPlan.compile(
        [RuleSpec(field="key", source="key"), RuleSpec(field=code, source="item")],
        key_field="key",
        form=form,
        kinds={"key": Kind.TEXT, "item": kind},
        rowsets={},
    )

    pushed = push(client, app, plan, {"key": "K", "item": value})

    if pushed is not None:
        sent, stored = pushed
        assert as_stored(stored[code]) == as_stored(sent[code])


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_tables_come_back_row_by_row(data, in_a_table, client):
    app, form = in_a_table
    chosen = data.draw(st.lists(st.sampled_from(COLUMNS), min_size=1, max_size=3, unique=True))
    drawn = {code: data.draw(pairs(code, form, table="table")) for code in chosen}
    plan = MappingPlan.compile(
        [
            RuleSpec(field="key", source="key"),
            *(RuleSpec(field=code, table="table", source=code) for code in chosen),
        ],
        key_field="key",
        form=form,
        kinds={"key": Kind.TEXT, **{code: kind for code, (kind, _) in drawn.items()}},
        rowsets={},
    )

    values = {code: value for code, (_, value) in drawn.items()}
    pushed = push(client, app, plan, {"key": "K", **values})

    if pushed is not None:
        sent, stored = pushed
        rows = [{code: row[code] for code in chosen} for row in as_stored(stored["table"])]
        assert rows == as_stored(sent["table"])


@pytest.mark.parametrize(
    "moment", [datetime(2024, 1, 5, 0, 30, 59, 999, tzinfo=UTC), datetime(1000, 1, 1, tzinfo=UTC)]
)
def test_seconds_are_cut_before_kintone_cuts_them(moment, kintone, client):
    app = kintone.add_app("日時", FIELDS)
    plan = MappingPlan.compile(
        [RuleSpec(field="key", source="key"), RuleSpec(field="moment", source="at")],
        key_field="key",
        form=client.get_form(app),
        kinds={"key": Kind.TEXT, "at": Kind.DATETIME},
        rowsets={},
    )

    sent, stored = push(client, app, plan, {"key": "K", "at": moment})

    assert stored["moment"] == sent["moment"]
