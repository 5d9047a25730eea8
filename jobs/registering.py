"""「登録」: a draft becomes what the runs go by, in one transaction, or nothing of it does.

What is wanted becomes a settings file of one connection, which is applied as any other: the same
checks, the same consequences. Only what the draft changes is said in it; the rest stays as it is.
"""

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import yaml
from django.utils.translation import gettext as _

from audit.kinds import Kind
from integrations.models import Connection
from jobs import alerts
from jobs.connection_log import COLUMNS, SECRETS, connection_document
from jobs.settings_file import applying
from jobs.settings_file.document import SettingsFileError
from jobs.settings_file.schema import parse
from jobs.settings_file.specs import (
    AuthSpec,
    BasicSpec,
    CertificateSpec,
    MappingSpec,
    Secret,
    SettingsSpec,
)
from mapping import settings_drafts
from mapping.models import SettingsDraft
from mapping.settings_drafts import DraftChange, Path

#: Columns of the connection that the settings file says under names of its own.
_OF_LOGIN = ("login", "basic_user", "certificate_file")
#: Of a mapping in a file: its place. The rest is told by what it says.
_PLACE = ("record_type", "app")


class CannotRegisterError(Exception):
    """It cannot be registered; `str()` says why. Nothing was changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """A value that somebody else changed since the draft did."""

    change: DraftChange
    present: Any

    @property
    def name(self) -> str:
        """What the form calls it."""
        said = json.dumps(self.change.path).encode()
        return "conflict-" + hashlib.sha256(said).hexdigest()[:12]


@dataclass(slots=True, kw_only=True)
class Proposal:
    """What registering would change, as a person sees it."""

    draft: SettingsDraft
    present: dict[str, Any]
    """The connection's whole document, as registered."""
    changes: list[DraftChange]
    """From what is registered now; what is so already is left out."""
    secrets: dict[str, tuple[str, str]]
    conflicts: list[Conflict] = field(default_factory=list)
    secrets_moved: list[str] = field(default_factory=list)
    """Names of secrets that somebody else changed since."""
    gone: int = 0
    """How many changes are of mappings that were deleted since."""

    @property
    def stamp(self) -> str:
        """Another one as soon as something else would come of it."""
        said = [
            self.draft.pk,
            self.draft.version,
            [[one.path, one.before, one.after] for one in self.changes],
            sorted(self.secrets_moved),
        ]
        return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:32]

    @property
    def is_empty(self) -> bool:
        """Whether everything is registered already, by whomever."""
        return not self.changes and not self.secrets


def propose(draft: SettingsDraft) -> Proposal:
    """What the draft would change now."""
    connection = Connection.objects.get(pk=draft.connection_id)
    present = connection_document(connection, whole=True)
    registered = dict(settings_drafts.leaves(present))
    known = present.get("mappings", {})
    changes, conflicts, gone = [], [], 0
    for change in settings_drafts.changes_of(draft):
        if change.mapping and change.mapping not in known:
            gone += 1
            continue
        now = registered.get(change.path)
        if now == change.after:
            continue
        changes.append(replace(change, before=now))
        if now != change.before:
            conflicts.append(Conflict(change=change, present=now))
    secrets, moved = {}, []
    for name, (before, after) in settings_drafts.secrets_of(draft).items():
        stored = getattr(connection, name)
        if stored != after:
            secrets[name] = (stored, after)
            if stored != before:
                moved.append(name)
    return Proposal(
        draft=draft,
        present=present,
        changes=changes,
        secrets=secrets,
        conflicts=conflicts,
        secrets_moved=moved,
        gone=gone,
    )


def refusal(proposal: Proposal, *, now: datetime) -> str:
    """Why it could not be registered as it is; "" if it can. Apps that were not read yet are."""
    if proposal.is_empty:
        return ""
    try:
        applying.plan(_settings(proposal), now=now, restores=True)
    except (SettingsFileError, CannotRegisterError) as error:
        return _in_words(error) if isinstance(error, SettingsFileError) else str(error)
    return ""


def register(
    draft: SettingsDraft, *, stamp: str, left: Collection[Path] = (), now: datetime
) -> Proposal:
    """Make the draft what is registered; returns what was changed. The draft is gone then.

    Args:
        stamp: Of the proposal that the person saw.
        left: Changes that the person gives up, as somebody else was faster.

    Raises:
        CannotRegisterError: it does not fit, or things are not as the person saw them any more.
    """
    proposal = propose(draft)
    if proposal.stamp != stamp:
        raise _moved()
    wanted = replace(
        proposal, changes=[change for change in proposal.changes if change.path not in left]
    )

    def take_the_draft() -> None:
        # Locked: nobody registers it twice, or saves while it is registered.
        Connection.objects.select_for_update(no_key=True).get(pk=draft.connection_id)
        known = SettingsDraft.objects.filter(pk=draft.pk).first()
        if known is None or propose(known).stamp != stamp:
            raise _moved()
        known.delete()

    if wanted.is_empty:
        draft.delete()
        return wanted
    try:
        applying.apply(
            _settings(wanted),
            now=now,
            restores=True,
            kind=Kind.DRAFT_REGISTER,
            first=take_the_draft,
        )
    except SettingsFileError as error:
        raise CannotRegisterError(_in_words(error)) from error
    alerts.review_connection(Connection.objects.get(pk=draft.connection_id), now=now)
    return wanted


def _moved() -> CannotRegisterError:
    return CannotRegisterError(_("表示した後に設定が変わりました。現在の内容を確認してください。"))


def _settings(proposal: Proposal) -> SettingsSpec:
    """What the draft wants, as a settings file says it, with what no file can say."""
    connection = Connection.objects.get(pk=proposal.draft.connection_id)
    target = settings_drafts.applied(proposal.present, proposal.changes)
    changed = {change.path[0] for change in proposal.changes} - {"mappings", "name", *_OF_LOGIN}
    said: dict[str, Any] = {"name": proposal.present["name"]}
    said |= {key: target[key] for key in sorted(changed)}
    if mappings := _mappings(proposal, target):
        said["mappings"] = mappings
    text = yaml.safe_dump(
        {"version": 1, "connections": [said]}, allow_unicode=True, sort_keys=False
    )
    try:
        settings = parse(text, environment={})
    except SettingsFileError as error:
        raise CannotRegisterError(_in_words(error)) from error
    (spec,) = settings.connections or ()
    spec = replace(spec, mappings=tuple(_moved_from(proposal, one) for one in spec.mappings or ()))
    if target["name"] != proposal.present["name"]:
        spec = replace(spec, new_name=target["name"])
    if proposal.secrets or any(change.path[0] in _OF_LOGIN for change in proposal.changes):
        spec = replace(spec, auth=_auth(_wanted_login(connection, proposal)))
    return replace(settings, connections=(spec,))


def _mappings(proposal: Proposal, target: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The mappings that change; all of them where the connection goes to another kintone."""
    keys: dict[str, set[str]] = {}
    for change in proposal.changes:
        if change.mapping:
            of_rules = change.path[2] in ("rules", "update_key")
            of_target = change.path[2] == "app"
            keys.setdefault(change.mapping, set()).update(
                ("rules", "update_key") if of_rules else (change.path[2],),
                ("guest_space", "daily_requests") if of_target else (),
            )
        elif change.path[0] in ("subdomain", "domain"):
            for pk in target["mappings"]:
                keys.setdefault(pk, set()).update(("rules", "update_key"))
    return [
        {key: target["mappings"][pk][key] for key in (*_PLACE, *sorted(names - set(_PLACE)))}
        for pk, names in keys.items()
    ]


def _moved_from(proposal: Proposal, spec: MappingSpec) -> MappingSpec:
    """The mapping with the app that it goes to now, where that is to be another one."""
    for change in proposal.changes:
        if change.path[-1] == "app" and change.after == spec.app:
            mapping = proposal.present["mappings"][change.mapping]
            if mapping["record_type"] == spec.record_type:
                return replace(spec, formerly=change.before)
    return spec


def _wanted_login(connection: Connection, proposal: Proposal) -> dict[str, str]:
    """Column → what it is to be."""
    wanted = {name: getattr(connection, name) for name in (*COLUMNS, *SECRETS)}
    for change in proposal.changes:
        if change.path[0] in _OF_LOGIN:
            wanted[change.path[0]] = change.after
    return wanted | {name: after for name, (_before, after) in proposal.secrets.items()}


def _auth(wanted: Mapping[str, str]) -> AuthSpec:
    tokens = tuple(_secret(token) for token in wanted["tokens"].split())
    basic = certificate = None
    if wanted["basic_user"]:
        password = _secret(wanted["basic_password"])
        basic = BasicSpec(user=wanted["basic_user"], password=password)
    if wanted["certificate_file"]:
        given = wanted["certificate_password"]
        certificate = CertificateSpec(
            file=wanted["certificate_file"], password=_secret(given) if given else None
        )
    if tokens:
        return AuthSpec(tokens=tokens, basic=basic, certificate=certificate)
    return AuthSpec(
        login=wanted["login"],
        password=_secret(wanted["password"]),
        basic=basic,
        certificate=certificate,
    )


def _secret(value: str) -> Secret:
    return Secret(variable="", value=value)


def _in_words(error: SettingsFileError) -> str:
    # Lines and paths of a file that nobody has seen say nothing.
    return " ".join(dict.fromkeys(problem.message for problem in error.problems))


def affected(proposal: Proposal) -> Sequence[str]:
    """Primary keys of the mappings that will act differently: all, where the connection changes."""
    own = {change.mapping for change in proposal.changes if change.mapping}
    everyone = proposal.secrets or any(not change.mapping for change in proposal.changes)
    return [pk for pk in proposal.present["mappings"] if everyone or pk in own]
