"""Puts back connections, mappings, rules, value tables, user ties and switches.

What was before becomes a settings file of one connection, which is applied as any other: the same
checks, the same transaction, the same consequences.
"""

from dataclasses import replace
from datetime import datetime
from typing import Any

import yaml
from django.utils.translation import gettext as _

from audit.models import Entry
from common.types import RecordType
from history.diffs import differences
from history.putting_back.proposals import CannotPutBackError, Proposal
from history.putting_back.targets import Target, target_of
from history.words import Row, Words
from integrations.models import Connection
from jobs import removing
from jobs.connection_log import connection_document
from jobs.settings_file import applying
from jobs.settings_file.document import SettingsFileError
from jobs.settings_file.schema import parse
from jobs.settings_file.specs import SettingsSpec


def propose(entry: Entry, now: datetime) -> Proposal:
    """See `history.putting_back.propose`."""
    connection = _connection(entry)
    if entry.before == {}:
        return _deletion(connection)
    if connection is None and entry.after != {}:
        raise CannotPutBackError(
            _("接続「%(name)s」は削除されています。先に、接続の削除を元に戻してください。")
            % {"name": entry.connection_name}
        )
    if connection is not None and entry.after == {}:
        raise CannotPutBackError(
            _("同じ名前の接続「%(name)s」があるため、元に戻せません。") % {"name": connection.name}
        )
    present = connection_document(connection, whole=True) if connection else {}
    target = target_of(entry, present)
    rows = _rows(entry, present, target)
    if not rows:
        reason = " ".join(target.left) or _("すでに元の設定です。変更するものはありません。")
        raise CannotPutBackError(reason)
    settings = _settings(target)
    try:
        report = applying.plan(settings, now=now, restores=True)
    except SettingsFileError as error:
        raise CannotPutBackError(_in_words(error)) from error

    def carry_out() -> None:
        try:
            applying.apply(settings, now=now, restores=True)
        except SettingsFileError as error:
            raise CannotPutBackError(_in_words(error)) from error

    return Proposal(
        rows=rows, carry_out=carry_out, notes=[*target.notes, *report.notes], left=target.left
    )


def _connection(entry: Entry) -> Connection | None:
    """The entry's connection; one that was deleted and put back by its name."""
    same = Connection.objects.filter(pk=entry.connection_id or 0).first()
    return same or Connection.objects.filter(name=entry.connection_name).first()


def _deletion(connection: Connection | None) -> Proposal:
    if connection is None:
        raise CannotPutBackError(_("接続はすでに削除されています。"))
    extents = [removing.extent_of(mapping) for mapping in connection.mappings.all()]
    if any(extent.active for extent in extents):
        raise CannotPutBackError(_still_active())

    def carry_out() -> None:
        try:
            removing.delete_connection(connection)
        except removing.StillActiveError as error:
            raise CannotPutBackError(_still_active()) from error

    name = _("接続「%(name)s」") % {"name": connection.name}
    notes = [_("接続と、そのすべてのマッピングを削除します。kintoneのレコードは削除されません。")]
    return Proposal(
        rows=[Row(label=name, before=_("あり"), after=_("削除"))],
        carry_out=carry_out,
        notes=notes,
    )


def _still_active() -> str:
    return _("データ処理が終わっていません。終わるか中止してから、元に戻してください。")


def _rows(entry: Entry, present: dict[str, Any], target: Target) -> list[Row]:
    words = Words(entry, known=present)
    removed = [
        Row(label=words.mapping_name(pk), before=_("あり"), after=_("削除"))
        for pk in target.removed
    ]
    kept = {
        pk: said for pk, said in present.get("mappings", {}).items() if pk not in target.removed
    }
    found = differences({**present, "mappings": kept} if present else {}, target.document)
    return [*removed, *words.rows_of(found)]


def _settings(target: Target) -> SettingsSpec:
    """The target as a settings file says it, with what no file can say."""
    said = {"version": 1, "connections": [target.as_file()]}
    text = yaml.safe_dump(said, allow_unicode=True, sort_keys=False)
    try:
        settings = parse(text, environment={})
    except SettingsFileError as error:
        raise CannotPutBackError(_in_words(error)) from error
    (spec,) = settings.connections or ()
    mappings = tuple(
        replace(one, formerly=former)
        if (former := target.moved.get((one.record_type, one.app)))
        else one
        for one in spec.mappings or ()
    )
    changed = replace(spec, mappings=mappings, without=_without(target))
    if target.new_name:
        changed = replace(changed, new_name=target.new_name)
    return replace(settings, connections=(changed,))


def _without(target: Target) -> tuple[tuple[RecordType, int], ...]:
    return tuple(
        (RecordType(said["record_type"]), int(said["app"])) for said in target.removed.values()
    )


def _in_words(error: SettingsFileError) -> str:
    # Lines and paths of a file that nobody has seen say nothing.
    return " ".join(dict.fromkeys(problem.message for problem in error.problems))
