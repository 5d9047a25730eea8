"""Problems that are rare: each is brought about, and its page read, in the words that it has."""

import socket
from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from common import clock
from common.types import Kind, RecordType
from crm import custom_items
from crm.models import Member
from integrations import connections
from integrations.kintone import transport
from integrations.models import AppBudget
from jobs.notices import wire
from mapping import mappings
from mapping.models import Mapping
from mapping.rulespec import RuleSpec, WhenEmpty
from tests.builders_crm import make_companies, make_company, make_member
from tests.builders_mapping import make_connection
from tests.flows.conftest import enabled_mapping, lookup, run_now
from tests.jobs.notices.receiver import Receiver, Told
from tests.pages.reading import Page
from tests.pages.test_notices import make_channel
from tests.screens.problems import problems_in

Submit = Callable[..., Page]
KEY = {"type": "SINGLE_LINE_TEXT", "label": "会社ID", "unique": True}
NAME = {"type": "SINGLE_LINE_TEXT", "label": "会社名"}
COLUMN = {"type": "SINGLE_LINE_TEXT"}


@pytest.fixture
def read(as_administrator: Client) -> Callable[[str], set[str]]:
    """The problems that the page at an address tells of."""
    return lambda address: problems_in(as_administrator.get(address).content.decode())


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "FIRST_PAUSE", 0)
    monkeypatch.setattr(transport, "LONGEST_PAUSE", 0)


# What a settings file says of rules


@pytest.mark.parametrize(
    ("rules", "code"),
    [
        ("code: external_id, name: external_id", "item_taken"),
        ("code: external_id, name: {template: '{name'}", "template_unreadable"),
        ("code: {fixed: A}, name: name", "key_fixed"),
        ("code: external_id, when: latitude", "kind_does_not_fit"),
    ],
)
def test_rules_that_cannot_be(
    kintone: Any,
    db: None,
    tmp_path: Any,
    monkeypatch: pytest.MonkeyPatch,
    rules: str,
    code: str,
) -> None:
    monkeypatch.setenv("KINTONE_PASSWORD", kintone.password)
    app = kintone.add_app("顧客", {"code": KEY, "name": NAME, "when": {"type": "DATETIME"}})
    text = f"""\
version: 1
connections:
  - name: 本番
    subdomain: demo
    auth: {{login: sync, password: {{env: KINTONE_PASSWORD}}}}
    mappings:
      - record_type: company
        app: {app}
        update_key: code
        rules: {{{rules}}}
"""
    path = tmp_path / "settings.yaml"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(CommandError) as refused:
        call_command("settings_apply", str(path))

    assert code in problems_in(str(refused.value)), str(refused.value)


# What the mapping page says


@pytest.mark.parametrize(
    ("fields", "rules", "code"),
    [
        ({"name": {**NAME, "required": True}}, {"name": "kept"}, "kept_empty"),
        (
            {"table": {"type": "SUBTABLE", "label": "表", "fields": {"a": COLUMN, "b": COLUMN}}},
            {
                "table.a": RuleSpec(field="a", table="table", source="tags"),
                "table.b": RuleSpec(field="b", table="table", source="departments.name"),
            },
            "rowsets_mixed",
        ),
    ],
    ids=["kept", "rowsets"],
)
def test_rules_that_want_a_warning(
    kintone: Any, db: None, read: Any, fields: dict[str, Any], rules: Any, code: str
) -> None:
    if rules == {"name": "kept"}:
        rules = {"name": RuleSpec(field="name", source="name", empty=WhenEmpty.KEEP)}
    mapping = enabled_mapping(
        kintone, fields={"code": KEY, **fields}, rules={"code": "external_id", **rules}
    )

    assert code in read(f"/settings/mappings/{mapping.pk}/")


def drifted(kintone: Any, field: dict[str, Any], **changed: Any) -> Mapping:
    """A mapping one of whose fields has other settings by now."""
    mapping = enabled_mapping(
        kintone,
        fields={"code": KEY, "f": {"label": "項目", **field}},
        rules={"code": "external_id", "f": changed.pop("source")},
    )
    kintone.set_field(mapping.app, "f", **changed)
    return reload(mapping)


def reload(mapping: Mapping) -> Mapping:
    with connections.client_for(mapping.connection) as client:
        mappings.read_form(mapping, client, now=clock.now())
    return mapping


TEXT, NUMBER = {"type": "SINGLE_LINE_TEXT"}, {"type": "NUMBER"}


@pytest.mark.parametrize(
    ("code", "field", "changed"),
    [
        ("drift.retyped", TEXT, {"source": "name", "type": "MULTI_LINE_TEXT"}),
        ("drift.required_value", TEXT, {"source": "name", "required": True}),
        ("drift.min_length", TEXT, {"source": "name", "minLength": "3"}),
        ("drift.max_value", NUMBER, {"source": "latitude", "maxValue": "9"}),
        ("drift.min_value", NUMBER, {"source": "latitude", "minValue": "9"}),
        (
            "drift.unfit",
            {"type": "LINK", "protocol": "CALL"},
            {"source": "main_tel", "protocol": "MAIL"},
        ),
        (
            "drift.protocol",
            {"type": "LINK", "protocol": "WEB"},
            {"source": "name", "protocol": "CALL"},
        ),
    ],
)
def test_what_became_of_a_field(
    kintone: Any, db: None, read: Any, code: str, field: Any, changed: Any
) -> None:
    mapping = drifted(kintone, field, **changed)

    assert code in read(f"/settings/mappings/{mapping.pk}/")
    assert code in read("/")


def test_a_lookup_that_looks_elsewhere(kintone: Any, db: None, read: Any) -> None:
    source = kintone.add_app("元", {"code": KEY, "other": {**KEY, "label": "別"}})
    mapping = drifted(kintone, TEXT, source="name", **lookup(source))

    assert "drift.lookup" in read(f"/settings/mappings/{mapping.pk}/")


def test_a_key_that_is_gone(kintone: Any, db: None, read: Any) -> None:
    mapping = enabled_mapping(kintone)
    kintone.remove_field(mapping.app, "code")

    assert "drift.gone_key" in read(f"/settings/mappings/{reload(mapping).pk}/")


def test_a_table_of_which_a_column_is_gone(kintone: Any, db: None, read: Any) -> None:
    make_company(external_id="1", tags=["展示会"])
    table = {"type": "SUBTABLE", "label": "表", "fields": {"tag": COLUMN, "kind": COLUMN}}
    mapping = enabled_mapping(
        kintone,
        fields={"code": KEY, "table": table},
        rules={
            "code": "external_id",
            "table.tag": RuleSpec(field="tag", table="table", source="tags"),
            "table.kind": RuleSpec(field="kind", table="table", fixed="タグ"),
        },
    )
    kintone.set_field(mapping.app, "table", fields={"tag": COLUMN})

    run = run_now(reload(mapping))

    assert "table_left_out" in read(f"/runs/{run.pk}/"), (run.left_out, run.message)


# What kintone says of a login, an app or a field


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("CB_TW02", "kintone_config.two_factor"),
        ("GAIA_IL23", "kintone_config.guest_space"),
        ("GAIA_LO03", "kintone_config.lookup_source"),
        ("GAIA_FU01", "kintone_config.field"),
        ("GAIA_CO02", "GAIA_CO02"),
        ("GAIA_DA02", "kintone_down"),
    ],
)
def test_a_refusal_stands_on_the_page_of_its_run(
    kintone: Any, company_mapping: Mapping, read: Any, code: str, told: str
) -> None:
    make_company(external_id="1")
    kintone.fail(code=code, times=None)

    run = run_now(company_mapping)

    assert told in read(f"/runs/{run.pk}/"), (run.status, run.message)


def test_basic_authentication_that_is_not_known(
    kintone: Any, company_mapping: Mapping, read: Any
) -> None:
    make_company(external_id="1")
    kintone.require_basic("gate", "keeper")

    run = run_now(company_mapping)

    assert "kintone_config.basic_auth" in read(f"/runs/{run.pk}/")


def test_a_client_certificate_that_is_missing(
    kintone: Any, company_mapping: Mapping, read: Any
) -> None:
    make_company(external_id="1")
    kintone.fail(400, "<html>No required SSL certificate was sent</html>", times=None)

    run = run_now(company_mapping)

    assert "kintone_config.certificate" in read(f"/runs/{run.pk}/")


def test_the_schedule_s_share_of_the_day(
    kintone: Any, company_mapping: Mapping, read: Any, time_machine: Any
) -> None:
    time_machine.move_to("2026-11-22T14:00:00+09:00", tick=True)
    Mapping.objects.update(form_read_at=clock.now())
    make_companies(1200)
    AppBudget.objects.create(
        host=company_mapping.connection.host, app=company_mapping.app, daily_requests=10
    )

    run = run_now(company_mapping, full=True)

    assert "first_load_share" in read(f"/runs/{run.pk}/"), (run.status, run.message)


def test_an_error_of_our_own(
    company_mapping: Mapping, read: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_company(external_id="1")
    monkeypatch.setattr("jobs.execute.mappings.plan_of", lambda *_args, **_named: 1 / 0)

    run = run_now(company_mapping)

    assert "internal" in read(f"/runs/{run.pk}/"), (run.status, run.message)


# What the other side says of a notice


@pytest.fixture
def try_out(as_administrator: Client, db: None) -> Callable[[str], set[str]]:
    """The problems that the page tells of after a test of a channel to that address."""

    def act(url: str) -> set[str]:
        channel = make_channel(make_connection(name="本番"), url=url)
        answer = as_administrator.post(f"/notices/channels/{channel.pk}/test/", follow=True)
        return problems_in(answer.content.decode())

    return act


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "notice.refused"),
        (302, "notice.redirect"),
        (429, "notice.too_many"),
        (503, "notice.server"),
    ],
)
def test_a_receiver_that_refuses(
    receiver: Receiver, try_out: Callable[[str], set[str]], status: int, code: str
) -> None:
    receiver.always = Told(status, headers={"Location": "https://example.com/"})

    assert code in try_out(receiver.url())


def test_a_receiver_that_is_slow(
    receiver: Receiver, try_out: Callable[[str], set[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "READ_TIMEOUT", 0.05)
    receiver.always = Told(delay=0.2)

    assert "notice.slow" in try_out(receiver.url())


def test_a_receiver_that_is_not_there(
    receiver: Receiver, try_out: Callable[[str], set[str]]
) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]

    assert "notice.unreachable" in try_out(f"http://127.0.0.1:{port}/hook-of-somebody")


def test_a_receiver_without_a_certificate(
    receiver: Receiver, try_out: Callable[[str], set[str]]
) -> None:
    assert "notice.certificate" in try_out(receiver.url().replace("http:", "https:"))


def test_a_receiver_whose_name_nobody_knows(try_out: Callable[[str], set[str]]) -> None:
    assert "notice.name" in try_out("https://nowhere.invalid/hook-of-somebody")


# What became of an item or a person


def test_an_item_that_was_deleted(
    kintone: Any, db: None, read: Any, as_administrator: Client
) -> None:
    item = custom_items.add(RecordType.COMPANY, key="rank", label="ランク", kind=Kind.TEXT)
    mapping = enabled_mapping(
        kintone,
        fields={"code": KEY, "f": {**TEXT, "label": "項目"}},
        rules={"code": "external_id", "f": "custom.rank"},
    )
    custom_items.delete(item)

    assert "item_unknown" in read(f"/settings/mappings/{mapping.pk}/")
    run_now(mapping)
    page = Page(as_administrator.get("/"))
    assert page.links()["項目のマッピングを開く"] == f"/settings/mappings/{mapping.pk}/"


def test_somebody_of_whom_no_login_name_is_known(kintone: Any, db: None, read: Any) -> None:
    mapping = enabled_mapping(
        kintone,
        fields={"code": KEY, "f": {"type": "USER_SELECT", "label": "担当"}},
        rules={"code": "external_id", "f": "owner"},
    )
    make_company(external_id="1", owner=make_member())
    Member.objects.update(email="", login="")

    run_now(mapping)

    assert "no_login" in read(f"/settings/mappings/{mapping.pk}/failures/")
