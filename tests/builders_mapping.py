"""Connections and mappings with defaults, for tests; forms in kintone's own shape."""

from collections.abc import Mapping as MappingOf
from datetime import UTC, datetime
from itertools import count
from typing import Any

from common import clock
from common.types import RecordType
from integrations.kintone.form import Form, FormField, parse_form
from integrations.models import Connection
from jobs import registering
from mapping import settings_drafts
from mapping.document import rules_document
from mapping.models import Mapping, SettingsDraft
from mapping.rules import save_rules, specs_of
from mapping.rulespec import RuleSpec

_numbers = count(1)

#: The form of an app that takes companies, keyed by 法人番号.
COMPANY_FIELDS: MappingOf[str, MappingOf[str, Any]] = {
    "corporate_number": {"type": "SINGLE_LINE_TEXT", "label": "法人番号", "unique": True},
    "name": {"type": "SINGLE_LINE_TEXT", "label": "会社名", "required": True},
    "tel": {"type": "LINK", "label": "電話番号", "protocol": "CALL"},
    "industry": {"type": "DROP_DOWN", "label": "業種", "options": ["製造業", "小売業", "IT"]},
    "note": {"type": "MULTI_LINE_TEXT", "label": "備考"},
}

#: Kintone field code → source item key, of the form above.
COMPANY_RULES: MappingOf[str, str] = {"corporate_number": "corporate_number", "name": "name"}


def form_answer(
    fields: MappingOf[str, MappingOf[str, Any]], *, revision: int = 1
) -> dict[str, Any]:
    """kintone's answer to app/form/fields.json; `options` may be a plain list."""
    return {
        "properties": {code: _property(code, given) for code, given in fields.items()},
        "revision": str(revision),
    }


def make_form(fields: MappingOf[str, MappingOf[str, Any]]) -> Form:
    """The form of these fields, read as from kintone."""
    return parse_form(form_answer(fields))


def make_field(type: str, **given: Any) -> FormField:  # noqa: A002 — kintone's own word
    """One field, coded `f`."""
    return make_form({"f": {"type": type, **given}}).fields["f"]


def make_connection(**values: Any) -> Connection:
    """A connection with a login; every one with a name of its own."""
    defaults = {
        "name": f"接続{next(_numbers)}",
        "subdomain": "demo",
        "login": "sync",
        "password": "secret",
    }
    return Connection.objects.create(**defaults | values)


def make_mapping(
    connection: Connection | None = None,
    *,
    record_type: str = "company",
    app: int = 1,
    rules: MappingOf[str, str | RuleSpec] | None = None,
    update_key: str = "corporate_number",
    form: MappingOf[str, MappingOf[str, Any]] | None = None,
    **values: Any,
) -> Mapping:
    """A mapping whose form is loaded and whose rules are saved; by default of companies.

    Args:
        rules: kintone field code → source item key or a whole `RuleSpec`.
        form: kintone field code → properties as `form_answer` takes them.
    """
    mapping = Mapping.objects.create(
        connection=connection or make_connection(),
        record_type=RecordType(record_type).value,
        app=app,
        **{
            "app_name": "顧客リスト",
            "form": form_answer(COMPANY_FIELDS if form is None else form),
            "form_read_at": datetime(2026, 1, 5, 9, 0, tzinfo=UTC),
        }
        | values,
    )
    given = COMPANY_RULES if rules is None else rules
    specs = [
        rule if isinstance(rule, RuleSpec) else RuleSpec(field=code, source=rule)
        for code, rule in given.items()
    ]
    if specs:
        save_rules(mapping, specs, update_key=update_key)
        Mapping.objects.filter(pk=mapping.pk).update(version=1)
        mapping.refresh_from_db(fields=["version"])
    return mapping


def make_draft(mapping: Mapping) -> SettingsDraft:
    """A draft of many kinds of change; of the schedule somebody else was faster."""
    specs = rules_document(specs_of(mapping))
    pk, rules = str(mapping.pk), {**specs, "name": {"fixed": "?"}}
    target = {"update_key": mapping.update_key, "rules": specs, "daily_requests": 5000}
    draft = settings_drafts.keep(
        mapping.connection,
        present={"schedule": "30m", "notify": [], "sync_user": "", "mappings": {pk: target}},
        wanted={
            "schedule": "1h",
            "notify": ["ops@example.com"],
            "sync_user": "nobody@example.com",
            "mappings": {pk: {**target, "rules": rules, "daily_requests": 77}},
        },
        secrets={"basic_password": ("before", "after")},
        now=clock.now(),
        at_mapping=mapping.pk,
    )
    assert draft is not None
    return draft


def register_draft(mapping: Mapping) -> None:
    """What was saved of the mapping's connection is registered, as 「登録」 does it."""
    draft = SettingsDraft.objects.get(connection=mapping.connection_id)
    stamp = registering.propose(draft).stamp
    registering.register(draft, stamp=stamp, now=clock.now())


def switch_off(mapping: Mapping) -> None:
    """No run goes by the mapping: what is saved of it is no draft. Nothing is written down."""
    Mapping.objects.filter(pk=mapping.pk).update(enabled=False)


def _property(code: str, given: MappingOf[str, Any]) -> dict[str, Any]:
    told = {"code": code, "label": code, **given}
    options = told.get("options")
    if isinstance(options, list | tuple):
        told["options"] = {
            name: {"label": name, "index": str(index)} for index, name in enumerate(options)
        }
    if "fields" in told:
        told["fields"] = {inner: _property(inner, each) for inner, each in told["fields"].items()}
    return told
