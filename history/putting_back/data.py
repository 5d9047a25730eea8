"""Puts back custom items, the tenant and customer data: by the services that the screens use."""

from collections.abc import Mapping
from datetime import datetime, time
from typing import Any

from django.utils.translation import gettext as _

from audit.kinds import Kind
from audit.models import Entry
from common.types import Kind as ItemKind
from common.types import RecordType
from crm import custom_items, duplicates
from crm.models import Alias, CustomItem, LikelyDuplicate
from crm.writing.by_hand import change_by_hand
from crm.writing.edit_log import values_of
from history.diffs import differences
from history.putting_back.proposals import (
    CannotPutBackError,
    Proposal,
    already,
    former_of,
    gone,
    proposal,
)
from history.words import Row
from integrations.models import Connection
from jobs import identity
from jobs.notices import plans
from jobs.notices.log import plan_document
from jobs.notices.origins import origin_of
from mapping.models import Rule
from pulls import tenants
from pulls.models import Tenant


def item(entry: Entry, _now: datetime) -> Proposal:
    """A custom item is there, called so, or not there again."""
    said = entry.after or entry.before or {}
    record_type, key = RecordType(said["record_type"]), str(said["key"])
    stored = CustomItem.objects.filter(record_type=record_type, key=key).first()
    columns = ("record_type", "key", "label", "kind")
    present = {name: getattr(stored, name) for name in columns} if stored else {}
    if entry.kind == Kind.ITEM_DELETE:
        if stored:
            raise CannotPutBackError(_("同じキーのカスタム項目が、すでにあります。"))
        former = dict(entry.before or {})
        notes = [_("データに残っている値は、もう一度表示されます。")]
        return proposal(entry, {}, former, lambda: _add_item(former), notes=notes)
    if stored is None:
        raise gone()
    if entry.kind == Kind.ITEM_ADD:
        used = Rule.objects.filter(source=f"custom.{key}", mapping__record_type=record_type)
        if used.exists():
            raise CannotPutBackError(
                _(
                    "「%(label)s」は項目のマッピングで使われています。"
                    "先に、マッピングで連携先を外してください。"
                )
                % {"label": stored.label}
            )
        return proposal(entry, present, {}, lambda: custom_items.delete(stored))
    left = []
    former = former_of(entry, present)
    if former["kind"] != present["kind"]:
        former["kind"] = present["kind"]
        left.append(_("カスタム項目の種類は、後から変更できません。"))
    label = former["label"]
    return proposal(
        entry, present, former, lambda: custom_items.rename(stored, label=label), left=left
    )


def _add_item(said: Mapping[str, Any]) -> None:
    custom_items.add(
        RecordType(said["record_type"]),
        key=said["key"],
        label=said["label"],
        kind=ItemKind(said["kind"]),
    )


def source(entry: Entry, _now: datetime) -> Proposal:
    """The tenant is as before, or gone; its key goes to nobody but the host that it is for."""
    stored = tenants.tenant()
    if entry.kind == Kind.SOURCE_DELETE:
        raise CannotPutBackError(
            _(
                "APIキーは記録していません。ホットプロファイル連携元の画面で、"
                "ホスト名とAPIキーを入力してください。"
            )
        )
    if stored is None:
        raise gone()
    names = ("host", "enabled", "notify")
    present = {name: getattr(stored, name) for name in names}
    if entry.kind == Kind.SOURCE_ADD:
        notes = [_("取り込んだ顧客データは残ります。取り込みの履歴は削除されます。")]
        return proposal(entry, present, {}, lambda: _delete_source(stored), notes=notes)
    former = former_of(entry, present)
    left = []
    if former["host"] != present["host"] or entry.secrets:
        former["host"] = present["host"]
        left.append(
            _(
                "ホスト名とAPIキーは元に戻しません。APIキーは記録していないため、"
                "ホットプロファイル連携元の画面で入力し直してください。"
            )
        )
    return proposal(entry, present, former, lambda: tenants.save(**former, api_key=None), left=left)


def _delete_source(stored: Tenant) -> None:
    try:
        tenants.delete(stored)
    except tenants.StillPullingError as error:
        raise CannotPutBackError(
            _("取り込みが終わっていません。終わるか中止してから、元に戻してください。")
        ) from error


def edit(entry: Entry, _now: datetime) -> Proposal:
    """A record that was edited by hand says what it said."""
    if entry.erased or entry.row_id is None:
        raise gone()
    record_type, pk = RecordType(entry.record_type), entry.row_id
    before = entry.before or {}
    present = values_of(record_type, pk, before)
    if not present:
        raise gone()
    missing = before.keys() - present.keys()
    former = {key: before[key] for key in present}
    typed = {key: _typed(value) for key, value in former.items() if present[key] != value}
    left = [_("項目「%(key)s」は削除されています。") % {"key": key} for key in sorted(missing)]

    def carry_out() -> None:
        result = change_by_hand(record_type, typed, row_id=pk)
        if result.problems:
            raise CannotPutBackError(" ".join(map(str, result.problems)))

    return proposal(entry, present, former, carry_out, left=left)


def _typed(value: Any) -> Any:
    """A value of a document as somebody types it into the form."""
    if isinstance(value, list):
        return "\n".join(value)
    return "" if value is None else value


def distinct(entry: Entry, _now: datetime) -> Proposal:
    """A pair that was told apart is a candidate again."""
    record_type = RecordType(entry.record_type)
    first, second = entry.details["first"], entry.details["second"]
    pair = LikelyDuplicate.objects.filter(
        record_type=record_type, first_id=first, second_id=second, dismissed=True
    )
    if not pair.exists():
        raise CannotPutBackError(_("この組は、候補に戻っているか、どちらかが削除されています。"))
    row = Row(label=_("重複の候補"), before=_("別のデータとして記録"), after=_("候補として表示"))
    return Proposal(rows=[row], carry_out=lambda: duplicates.reconsider(record_type, first, second))


def alias(entry: Entry, now: datetime) -> Proposal:
    """An alias that was deleted is there again; one that was put back so goes again."""
    if entry.before is None:
        raise CannotPutBackError(
            _("IDの変更は、元に戻せません。［IDの変更］の画面で、もう一度IDを変更してください。")
        )
    said = entry.before or entry.after or {}
    record_type, old, new = RecordType(said["record_type"]), said["old_id"], said["new_id"]
    stored = Alias.objects.filter(record_type=record_type, old_id=old, new_id=new).first()
    if entry.kind == Kind.DATA_IDS:
        if stored is None:
            raise gone()
        return proposal(entry, said, {}, lambda: identity.forget_alias(stored))
    if stored is not None:
        raise already()

    def carry_out() -> None:
        if not identity.restore_alias(record_type, old, new, now=now):
            raise CannotPutBackError(_("旧IDまたは新IDが、ほかのデータで使われています。"))

    return proposal(entry, {}, said, carry_out)


def notices(entry: Entry, now: datetime) -> Proposal:
    """Who is told and when is as before; channels beside mail are left alone."""
    said = (entry.after or entry.before or {})["origin"]
    thing: Connection | Tenant | None = (
        tenants.tenant() if said == "source" else Connection.objects.filter(pk=said).first()
    )
    if thing is None:
        raise gone()
    present = plan_document(origin_of(thing))
    former = {**present, "addresses": {**present["addresses"]}}
    for one in differences(entry.before, entry.after):
        if one.path[0] == "addresses":
            former["addresses"].pop(one.path[1], None)
            former["addresses"] |= {} if one.before is None else {one.path[1]: one.before}
        else:
            former[one.path[0]] = one.before

    def carry_out() -> None:
        values = plans.PlanValues(
            addresses=former["addresses"],
            quiet_from=_time(former["quiet_from"]),
            quiet_until=_time(former["quiet_until"]),
            urgent_at_once=former["urgent_at_once"],
            digest=former["digest"],
        )
        plans.save_plan(thing, values, notify=former["notify"], now=now)

    return proposal(entry, present, former, carry_out)


def _time(said: str) -> time | None:
    return time.fromisoformat(said) if said else None
