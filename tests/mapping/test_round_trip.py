"""Any value of any kind is refused before it is sent, or stands in kintone exactly as sent.

    HYPOTHESIS_PROFILE=long .venv/bin/python -m pytest tests/mapping/test_round_trip.py

tries eighty times as many; `--hypothesis-seed=N` chooses others. What was found is in
`test_found_values.py`.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from common.types import ItemValue, Kind
from integrations.kintone.client import KintoneClient
from integrations.kintone.credentials import Credentials
from integrations.kintone.errors import KintoneRejection
from integrations.kintone.form import Form, FormField, parse_form
from integrations.kintone.values import JsonValue, Operation, RecordPut
from jobs.engine.compare import is_same
from mapping.converters import is_empty, is_required
from mapping.payload import Payload
from mapping.plan import MappingError, MappingPlan, PlanError
from mapping.rulespec import RuleSpec, WhenEmpty
from tests.mapping.drawing import NAMES, SOURCE_KEYS, Drawn, drawn, same_to_kintone

_COMMON: Final = settings(deadline=None, suppress_health_check=list(HealthCheck), database=None)
PROFILES: Final = {
    "short": settings(_COMMON, max_examples=12, derandomize=True, print_blob=False),
    "long": settings(_COMMON, max_examples=1000),
    "hunt": settings(_COMMON, max_examples=300, phases=[Phase.generate]),
}
PROFILE: Final = PROFILES[os.environ.get("HYPOTHESIS_PROFILE", "short")]

pytestmark = pytest.mark.timeout(120 if PROFILE is PROFILES["short"] else 3600)

KEY: Final = RuleSpec(field="key", source="key")
#: What only kintone can know: people, and the records that a lookup finds.
ONLY_KINTONE_KNOWS: Final = frozenset({"GAIA_IL26", "GAIA_IL28", "GAIA_LO04"})


@dataclass(frozen=True, kw_only=True)
class App:
    """An app of the stand-in that is made for one example, and its form as we read it."""

    number: int
    form: Form
    client: KintoneClient

    def put(self, payload: Payload) -> tuple[Operation, Mapping[str, JsonValue]]:
        """What the upsert did, and the record as kintone then holds it."""
        put = RecordPut(key=payload.key, record=payload.record)
        (result,) = self.client.put_records([put], app=self.number, key_field="key")
        (held,) = self.client.get_records(self.number, query=f'$id = "{result.record_id}"')
        return result.operation, held


@dataclass(frozen=True, kw_only=True)
class World:
    """The stand-in with the apps that lookups look into."""

    kintone: Any
    client: KintoneClient
    sources: Mapping[str, int]

    def app(self, fields: Mapping[str, Mapping[str, Any]], *, knows_precision: bool = True) -> App:
        """A new app with these fields beside the key."""
        whole = {"key": {"type": "SINGLE_LINE_TEXT", "unique": True}, **self._linked(fields)}
        number = self.kintone.add_app("往復", whole)
        form = self.client.get_form(number)
        if not knows_precision:
            form = parse_form({**form.source, "numberPrecision": None})
        return App(number=number, form=form, client=self.client)

    def _linked(self, fields: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
        """The fields with their lookups pointing at the app of their type."""
        linked: dict[str, Any] = {}
        for code, settings_ in fields.items():
            given_ = dict(settings_)
            if "lookup" in given_:
                source = str(self.sources[given_["type"]])
                given_["lookup"] = {**given_["lookup"], "relatedApp": {"app": source, "code": ""}}
            if "fields" in given_:
                given_["fields"] = self._linked(given_["fields"])
            linked[code] = given_
        return linked


@pytest.fixture
def world(kintone: Any) -> Iterator[World]:
    sources = {}
    for type_, keys in SOURCE_KEYS.items():
        sources[type_] = kintone.add_app("元", {"key": {"type": type_, "unique": True}})
        kintone.add_records(sources[type_], [{"key": key} for key in keys])
    credentials = Credentials(login=kintone.login, password=kintone.password)
    with KintoneClient(base_url=kintone.url, credentials=credentials) as client:
        yield World(kintone=kintone, client=client, sources=sources)


def plan_of(app: App, drawns: Sequence[Drawn]) -> MappingPlan | None:
    """The plan of these rules; None where a fixed value is refused at once."""
    try:
        plan = MappingPlan.compile(
            [KEY, *(one.rule for one in drawns)],
            key_field="key",
            form=app.form,
            kinds={"key": Kind.TEXT, **{one.rule.source: one.kind for one in drawns}},
            rowsets={},
        )
    except PlanError:
        if any(one.rule.empty is WhenEmpty.FIXED for one in drawns):
            return None
        raise
    return None if plan.left_out else plan


def built(plan: MappingPlan, values: Mapping[str, ItemValue]) -> Payload | None:
    """What would be sent; None where it is refused."""
    try:
        return plan.build({"key": "K", **values})
    except MappingError:
        return None


def as_stored(value: Any) -> Any:
    """Empty is "" or null depending on the type; tables come back with types and row ids."""
    if isinstance(value, list):
        return [as_stored(each) for each in value]
    if isinstance(value, dict) and "code" in value:
        return value["code"]
    if isinstance(value, dict):
        return {code: as_stored(cell["value"]) for code, cell in value["value"].items()}
    return "" if value is None else value


def assert_arrives(app: App, payload: Payload, *, may_refuse: frozenset[str]) -> bool:
    """It is stored as it was sent, and would be again; whether kintone took it at all."""
    try:
        _, held = app.put(payload)
    except KintoneRejection as error:
        if error.code in may_refuse:
            return False
        raise
    operation, again = app.put(payload)
    assert operation is Operation.UPDATE
    for code, sent in payload.record.items():
        field = app.form.fields[code]
        assert is_same(sent, held[code], field=field), (sent, held[code])
        assert is_same(sent, again[code], field=field), (sent, again[code])
        assert _is_exact(sent, held[code], field=field), (sent, held[code])
    return True


def _is_exact(sent: JsonValue, held: JsonValue, *, field: FormField) -> bool:
    """Nothing was changed on the way but markup, which kintone cleans, and unknown decimals."""
    if field.type == "SUBTABLE":
        return all(
            _is_exact(cell, there[code], field=field.columns[code])
            for row, there in zip(as_stored(sent), as_stored(held), strict=True)
            for code, cell in row.items()
        )
    if field.type == "RICH_TEXT" or (field.type == "NUMBER" and field.precision is None):
        return True
    return bool(as_stored(sent) == as_stored(held))


def assert_costs_nothing_again(plan: MappingPlan, one: Drawn, payload: Payload) -> None:
    """The same value, or one that kintone cannot tell from it, has the same digest."""
    for value in (one.value, same_to_kintone(one.kind, one.value)):
        again = built(plan, {one.rule.source: value})
        if not one.rule.values or value == one.value:
            assert again is not None
            assert again.digest == payload.digest


def refusals_of_kintone(one: Drawn, field: FormField) -> frozenset[str]:
    """Codes by which kintone may still refuse what we sent."""
    unknown_digits = field.type == "NUMBER" and field.precision is None
    # Whether kintone holds a record that keeps its value is not known here.
    keeps = one.rule.empty is WhenEmpty.KEEP and (is_required(field) or field.min_length)
    return ONLY_KINTONE_KNOWS | ({"CB_VA01"} if unknown_digits or keeps else frozenset())


@pytest.mark.parametrize("name", NAMES)
@PROFILE
@given(data=st.data())
def test_what_is_sent_is_what_kintone_stores(name, data, world):
    one = data.draw(drawn(name, code="f"))
    app = world.app({"f": one.settings}, knows_precision=data.draw(st.booleans()))
    plan = plan_of(app, [one])
    payload = built(plan, {"f": one.value}) if plan else None
    if plan is None or payload is None:
        return
    assert_costs_nothing_again(plan, one, payload)
    may_refuse = refusals_of_kintone(one, app.form.fields["f"])
    if not assert_arrives(app, payload, may_refuse=may_refuse):
        return

    emptied = built(plan, {"f": None})
    if emptied is not None:
        before = world.kintone.records(app.number)[0]["f"]
        if not assert_arrives(app, emptied, may_refuse=ONLY_KINTONE_KNOWS):
            return
        after = world.kintone.records(app.number)[0]["f"]
        kept = one.rule.empty is WhenEmpty.KEEP
        assert kept == ("f" not in emptied.record)
        assert not kept or after == before
        assert one.rule.empty is not WhenEmpty.CLEAR or as_stored(after) in ("", [])


@pytest.mark.parametrize("name", NAMES)
@PROFILE
@given(data=st.data())
def test_tables_come_back_row_by_row(name, data, world):
    others = data.draw(st.lists(st.sampled_from(NAMES), max_size=2))
    drawns = [
        data.draw(drawn(each, code=f"f{number}", table="t"))
        for number, each in enumerate([name, *others])
    ]
    columns = {one.rule.field: one.settings for one in drawns}
    knows = data.draw(st.booleans())
    app = world.app({"t": {"type": "SUBTABLE", "fields": columns}}, knows_precision=knows)
    plan = plan_of(app, drawns)
    values = {one.rule.source: one.value for one in drawns}
    payload = built(plan, values) if plan else None
    if plan is None or payload is None:
        return
    same = {one.rule.source: same_to_kintone(one.kind, one.value) for one in drawns}
    again = built(plan, same)
    if not any(one.rule.values or one.kind in _SEVERAL for one in drawns):
        assert again is not None
        assert again.digest == payload.digest
    # kintone stores what is no number in a table as nothing, without a word: never let it.
    assert_arrives(app, payload, may_refuse=ONLY_KINTONE_KNOWS | _unknown_digits(app.form))


_SEVERAL: Final = (Kind.CHOICES, Kind.ROWS, Kind.USERS)


def _unknown_digits(form: Form) -> frozenset[str]:
    numbers = [one for one in form.fields["t"].columns.values() if one.type == "NUMBER"]
    return frozenset({"CB_VA01"} if any(one.precision is None for one in numbers) else ())


@pytest.mark.parametrize("type_", ["SINGLE_LINE_TEXT", "NUMBER"])
@PROFILE
@given(data=st.data())
def test_a_key_is_found_again_by_what_was_claimed(type_, data, world):
    one = data.draw(drawn(type_, code="key"))
    app = world.app({"key": {"type": type_, "unique": True}})
    try:
        plan = MappingPlan.compile(
            [RuleSpec(field="key", source="key")],
            key_field="key",
            form=app.form,
            kinds={"key": one.kind},
            rowsets={},
        )
        payload = plan.build({"key": one.value})
    except MappingError:
        return

    _, held = app.put(payload)
    operation, again = app.put(payload)

    assert (operation, again["$id"]) == (Operation.UPDATE, held["$id"])
    assert held["key"] == payload.key == payload.claim
    assert not is_empty(one.value)
