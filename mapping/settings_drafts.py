"""Drafts: what was saved of a connection at work, kept apart from what its runs go by.

A connection is at work while a mapping of it is enabled. What a person saves then is a draft, one
for each connection, until it is registered or discarded. It is not a copy of the settings but the
list of values that are to be others, each with what was registered when it was changed first: so
everything else may go on changing, and whoever registers sees where somebody was faster.
"""

import copy
import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeAlias

from django.db import transaction

from audit import actors, recording
from audit.kinds import Kind
from audit.recording import Document
from integrations import connections
from integrations.kintone.access import RightsReader, ask
from integrations.kintone.form import parse_form
from integrations.models import Connection
from mapping.document import connection_thing, rule_of, rules_document
from mapping.mappings import FormChange, FormReader, read_access, read_form
from mapping.models import Drafted, Mapping, SettingsDraft
from mapping.rules import (
    RulesRefused,
    fields_of,
    refusals,
    save_rules,
    specs_of,
    standing_columns,
)
from mapping.rulespec import RuleSpec

#: Where a value stands: `("schedule",)`, `("mappings", "5", "update_key")`,
#: `("mappings", "5", "rules", "name")`.
Path: TypeAlias = tuple[str, ...]
#: Columns of the connection that are said in documents.
_COLUMNS = ("name", "subdomain", "domain", "login", "basic_user", "certificate_file")
#: Columns of a mapping that are said in documents.
_TARGET = ("app", "guest_space", "update_key")


class AppReader(FormReader, RightsReader, Protocol):
    """What reading an app needs of the kintone client."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftChange:
    """One value that is to be another one; None: it is not there."""

    path: Path
    before: Any
    """What was registered when it was changed first."""
    after: Any

    @property
    def mapping(self) -> str:
        """Primary key of the mapping that it concerns; "" for the connection."""
        return self.path[1] if self.path[0] == "mappings" else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """What became of rules that were saved."""

    changed: bool
    is_draft: bool
    """They wait for 「登録」."""


def draft_of(connection: Connection) -> SettingsDraft | None:
    """The connection's draft; one query."""
    return SettingsDraft.objects.filter(connection=connection).first()


def is_at_work(connection: Connection) -> bool:
    """Whether runs go by the connection's settings."""
    return Mapping.objects.filter(connection=connection, enabled=True).exists()


def takes_drafts(mapping: Mapping, draft: SettingsDraft | None) -> bool:
    """Whether what is saved of this mapping waits for 「登録」."""
    return mapping.enabled or (draft is not None and concerns(draft, mapping))


def concerns(draft: SettingsDraft, mapping: Mapping) -> bool:
    """Whether the draft changes something of this very mapping."""
    return any(change.mapping == str(mapping.pk) for change in changes_of(draft))


def stamp_of(draft: SettingsDraft | None, mapping: Mapping) -> str:
    """Another one as soon as the draft says something else of this mapping."""
    own = [one for one in changes_of(draft) if one.mapping == str(mapping.pk)]
    said = json.dumps([[one.path, one.after] for one in own])
    return hashlib.sha256(said.encode()).hexdigest()[:16]


def changes_of(draft: SettingsDraft | None) -> list[DraftChange]:
    """What the draft changes, in the order in which it was changed first."""
    return [
        DraftChange(path=tuple(one["path"]), before=one["before"], after=one["after"])
        for one in (draft.changes if draft else ())
    ]


def secrets_of(draft: SettingsDraft | None) -> dict[str, tuple[str, str]]:
    """Name → what was registered, what is wanted."""
    if draft is None or not draft.secrets:
        return {}
    return {name: (before, after) for name, (before, after) in json.loads(draft.secrets).items()}


def keep(
    connection: Connection,
    *,
    present: Document,
    wanted: Document,
    now: datetime,
    secrets: MappingOf[str, tuple[str, str]] | None = None,
    at_mapping: int | None = None,
) -> SettingsDraft | None:
    """Let the connection's draft say what is wanted; returns it, None if it says nothing any more.

    Args:
        present: What is registered of all that `wanted` says.
        wanted: What a person saved; the draft stays as it is in all that it leaves out.
        secrets: Those that are to be others, of all there are; None: they stay as they are.
        at_mapping: The mapping whose page saves.
    """
    with transaction.atomic():
        Connection.objects.select_for_update(no_key=True).get(pk=connection.pk)
        draft = draft_of(connection) or SettingsDraft(connection=connection, begun_at=now)
        draft.changes = [
            {"path": list(one.path), "before": one.before, "after": one.after}
            for one in _merged(changes_of(draft), present, wanted)
        ]
        if secrets is not None:
            known = secrets_of(draft)
            pairs = {
                name: (known[name][0] if name in known else before, after)
                for name, (before, after) in secrets.items()
            }
            draft.secrets = json.dumps(pairs) if pairs else ""
        if not draft.changes and not draft.secrets:
            SettingsDraft.objects.filter(pk=draft.pk).delete()
            return None
        draft.saved_at, draft.saved_by = now, actors.current().name[:200]
        draft.at_mapping = at_mapping
        draft.version += 1
        draft.save()
    return draft


def _merged(known: Iterable[DraftChange], present: Document, wanted: Document) -> list[DraftChange]:
    """The changes after `wanted` was saved."""
    merged = {change.path: change for change in known}
    registered, said = dict(leaves(present)), dict(leaves(wanted))
    for path in {**registered, **said}:
        before, after = registered.get(path), said.get(path)
        if before == after:
            merged.pop(path, None)
        else:
            first = merged[path].before if path in merged else before
            merged[path] = DraftChange(path=path, before=first, after=after)
    return list(merged.values())


def leaves(document: Document) -> Iterator[tuple[Path, Any]]:
    """Every value that a draft can change by itself; a rule is one."""
    for name, value in document.items():
        if name != "mappings":
            yield (name,), value
            continue
        for pk, mapping in value.items():
            for key, one in mapping.items():
                if key == "rules":
                    for code, rule in one.items():
                        yield ("mappings", pk, "rules", code), rule
                else:
                    yield ("mappings", pk, key), one


def applied(document: Document, changes: Iterable[DraftChange]) -> dict[str, Any]:
    """The document with these changes; those of mappings that are not there are passed over."""
    changed = copy.deepcopy(dict(document))
    for change in changes:
        place = changed
        if change.mapping:
            place = changed.get("mappings", {}).get(change.mapping)
            if place is None:
                continue
        if "rules" in change.path:
            rules = place.setdefault("rules", {})
            if change.after is None:
                rules.pop(change.path[-1], None)
            else:
                rules[change.path[-1]] = change.after
        else:
            place[change.path[-1]] = change.after
    return changed


def daily_as_drafted(mapping: Mapping, draft: SettingsDraft | None) -> int | None:
    """How many requests a day the mapping's app would have; None: what is registered."""
    said = [
        change.after
        for change in changes_of(draft)
        if change.path == ("mappings", str(mapping.pk), "daily_requests")
    ]
    return said[0] if said else None


def discard(draft: SettingsDraft) -> None:
    """The draft is gone, and 操作履歴 says so."""
    with transaction.atomic():
        deleted, _per_model = SettingsDraft.objects.filter(pk=draft.pk).delete()
        if deleted:
            recording.record(Kind.DRAFT_DISCARD, connection_thing(draft.connection))


def connection_as_drafted(connection: Connection, draft: SettingsDraft | None) -> Connection:
    """The connection as it would be: a copy, asked by and never saved."""
    drafted = copy.copy(connection)
    for change in changes_of(draft):
        if change.path[0] in _COLUMNS:
            setattr(drafted, change.path[0], change.after)
    for name, (_before, after) in secrets_of(draft).items():
        setattr(drafted, name, after)
    return drafted


def as_drafted(mapping: Mapping, draft: SettingsDraft | None) -> Mapping:
    """The mapping as it would be, with its connection and rules; itself without a draft.

    Whatever reads a mapping takes it: the page of its rules, the test, the pre-check. It is never
    saved; what writes to it by primary key writes to the registered one.
    """
    if draft is None:
        return mapping
    drafted = aimed_as_drafted(mapping, draft)
    own = [change for change in changes_of(draft) if change.mapping == str(mapping.pk)]
    former = specs_of(mapping)
    specs = _specs_after(former, own, pk=str(mapping.pk))
    drafted.drafted = Drafted(specs=specs, sync_user=_sync_user(draft))
    _let_it_stand(drafted, former=former, former_key=mapping.update_key)
    return drafted


def aimed_as_drafted(mapping: Mapping, draft: SettingsDraft | None) -> Mapping:
    """The mapping with the connection, the app and the form that it would have; no query."""
    if draft is None:
        return mapping
    drafted = copy.copy(mapping)
    drafted.connection = connection_as_drafted(mapping.connection, draft)
    for change in changes_of(draft):
        if change.mapping == str(mapping.pk) and change.path[2] in _TARGET:
            setattr(drafted, change.path[2], change.after)
    if has_moved(drafted, mapping):
        drafted.form, drafted.form_read_at = {}, None
        drafted.app_name, drafted.access, drafted.made_on = "", {}, {}
    for name, value in _read_for(draft, drafted).items():
        is_moment = name == "form_read_at"
        setattr(drafted, name, datetime.fromisoformat(value) if is_moment else value)
    return drafted


def has_moved(drafted: Mapping, mapping: Mapping) -> bool:
    """Whether the draft sends the mapping to another app."""
    return _target(drafted) != _target(mapping)


def _target(mapping: Mapping) -> tuple[str, int, int | None]:
    return mapping.connection.host, mapping.app, mapping.guest_space


def _sync_user(draft: SettingsDraft) -> str | None:
    said = [change.after for change in changes_of(draft) if change.path == ("sync_user",)]
    return said[0] if said else None


def _specs_after(
    former: Sequence[RuleSpec], own: Sequence[DraftChange], *, pk: str
) -> tuple[RuleSpec, ...]:
    of_rules = [change for change in own if change.path[2] == "rules"]
    if not of_rules:
        return tuple(former)
    document = applied({"mappings": {pk: {"rules": rules_document(former)}}}, of_rules)
    rules: dict[str, Any] = document["mappings"][pk]["rules"]
    return tuple(rule_of(code, written) for code, written in rules.items())


def _let_it_stand(drafted: Mapping, *, former: Sequence[RuleSpec], former_key: str) -> None:
    """Judge the drafted rules by the form, as saving them would."""
    specs = specs_of(drafted)
    settled = fields_of(former, specs)
    if former_key != drafted.update_key:
        settled |= {former_key, drafted.update_key}
    for column, value in standing_columns(drafted, specs, settled=settled).items():
        setattr(drafted, column, value)


def save_or_keep(
    mapping: Mapping, specs: Sequence[RuleSpec], *, update_key: str, now: datetime
) -> Saved:
    """Save the rules of a mapping that is off; of one at work they become the draft's.

    Raises:
        RulesRefused: as `mapping.rules.save_rules`; nothing was changed.
    """
    draft = draft_of(mapping.connection)
    if not takes_drafts(mapping, draft):
        return Saved(changed=save_rules(mapping, specs, update_key=update_key), is_draft=False)
    before = as_drafted(mapping, draft)
    if problems := refusals(before, specs, update_key=update_key):
        raise RulesRefused(problems)
    pk = str(mapping.pk)

    def document(rules: Iterable[RuleSpec], key: str) -> Document:
        return {"mappings": {pk: {"update_key": key, "rules": rules_document(rules)}}}

    wanted = document(specs, update_key)
    changed = dict(leaves(wanted)) != dict(leaves(document(specs_of(before), before.update_key)))
    if changed:
        present = document(specs_of(mapping), mapping.update_key)
        keep(mapping.connection, present=present, wanted=wanted, now=now, at_mapping=mapping.pk)
    return Saved(changed=changed, is_draft=True)


def read_app(
    mapping: Mapping, draft: SettingsDraft | None, client: AppReader, *, now: datetime
) -> FormChange:
    """Read form and rights of the app, as drafted (「読み込み」); return what changed.

    Where the draft leads elsewhere, they are kept with it: the registered mapping goes on by its
    own. A form that is the same app's is everybody's, and so is what is found out by reading it.

    Raises:
        KintoneError: kintone did not answer; nothing is changed.
    """
    drafted = as_drafted(mapping, draft)
    found: dict[str, object] = {}
    if draft is not None and has_moved(drafted, mapping):
        name, form = client.get_app(drafted.app).name, client.get_form(drafted.app)
        found = {"app_name": name, "form": form.source, "form_read_at": now.isoformat()}
        drafted.form = form.source
        change = FormChange(first=True)
    else:
        change = read_form(mapping, client, now=now)
        drafted.form = mapping.form
    login = connections.login_of(drafted.connection)
    if draft is None or (not found and login == connections.login_of(mapping.connection)):
        read_access(mapping, client, now=now)
        return change
    sources = parse_form(drafted.form).lookup_sources
    access = ask(client, drafted.app, login=login, sources=sources, now=now)
    _note(draft, drafted, {**found, "access": access.as_json()})
    return change


def _read_for(draft: SettingsDraft, drafted: Mapping) -> MappingOf[str, Any]:
    """What was read of the app that the draft leads to now."""
    read = draft.forms.get(str(drafted.pk))
    is_of_app = read is not None and tuple(read["target"]) == _target(drafted)
    return read["columns"] if read and is_of_app else {}


def _note(draft: SettingsDraft, drafted: Mapping, found: MappingOf[str, object]) -> None:
    with transaction.atomic():
        locked = SettingsDraft.objects.select_for_update().filter(pk=draft.pk).first()
        if locked is not None:
            read = {"target": list(_target(drafted)), "columns": dict(found)}
            locked.forms = {**locked.forms, str(drafted.pk): read}
            locked.save(update_fields=["forms"])
            draft.forms = locked.forms
