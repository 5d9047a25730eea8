"""A mapping and its rules in the form of the settings file, for the file and for 操作履歴."""

from collections.abc import Iterable
from collections.abc import Mapping as MappingOf
from typing import Any

from audit.recording import Document, Thing
from integrations import budget
from integrations.models import Connection
from mapping.models import Mapping
from mapping.rulespec import RuleSpec, WhenEmpty


def target_document(mapping: Mapping) -> dict[str, Any]:
    """Where it goes, and how often a day."""
    return {
        "record_type": mapping.record_type,
        "app": mapping.app,
        "guest_space": mapping.guest_space,
        "daily_requests": budget.daily_requests(mapping.connection.host, mapping.app),
    }


def among_mappings(mapping: Mapping, **said: Any) -> Document:
    """A document of the connection that says this of one mapping, and nothing else."""
    named = {"record_type": mapping.record_type, "app": mapping.app}
    return {"mappings": {str(mapping.pk): {**named, **said}}}


def rules_document(specs: Iterable[RuleSpec]) -> dict[str, Any]:
    """By field code, which is unique in its app."""
    return {spec.field: rule_document(spec) for spec in specs}


def rule_document(rule: RuleSpec) -> str | dict[str, Any]:
    """The shortest form that says it."""
    written: dict[str, Any] = {}
    if rule.source:
        written["source"] = rule.source
    elif rule.template:
        written["template"] = rule.template
    else:
        written["fixed"] = rule.fixed
    if rule.values:
        written["values"] = dict(rule.values)
    if rule.empty != WhenEmpty.CLEAR:
        written["empty"] = _empty(rule)
    if rule.table:
        written["table"] = rule.table
    if rule.keep_rows:
        written["keep_rows"] = True
    return rule.source if list(written) == ["source"] else written


def rule_of(field: str, written: str | MappingOf[str, Any]) -> RuleSpec:
    """The rule of which `rule_document` says this."""
    if isinstance(written, str):
        return RuleSpec(field=field, source=written)
    empty = written.get("empty")
    when = WhenEmpty.CLEAR if empty is None else WhenEmpty.FIXED
    if empty == "keep":
        when, empty = WhenEmpty.KEEP, None
    return RuleSpec(
        field=field,
        table=written.get("table", ""),
        source=written.get("source", ""),
        template=written.get("template", ""),
        fixed=written.get("fixed", ""),
        values=dict(written.get("values", {})),
        empty=when,
        empty_value=(empty["fixed"] if isinstance(empty, MappingOf) else empty) or "",
        keep_rows=written.get("keep_rows", False),
    )


def users_document(connection: Connection) -> dict[str, str]:
    """E-mail address → login name, "" for nobody, as a person chose."""
    return dict(connection.user_ties.order_by("email").values_list("email", "code"))


def connection_thing(connection: Connection) -> Thing:
    """The connection, for an entry."""
    return Thing(connection_id=connection.pk, connection_name=connection.name)


def mapping_thing(mapping: Mapping) -> Thing:
    """The mapping, for an entry."""
    return Thing(
        label=mapping.app_name or str(mapping.app),
        record_type=mapping.record_type,
        connection_id=mapping.connection_id,
        connection_name=mapping.connection.name,
    )


def _empty(rule: RuleSpec) -> str | MappingOf[str, str]:
    if rule.empty == WhenEmpty.KEEP:
        return "keep"
    if rule.empty_value in {"", "clear", "keep"}:
        return {"fixed": rule.empty_value}
    return rule.empty_value
