"""What a connection would say if what one entry changed were as before, and the rest as it is."""

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from audit.models import Entry
from common.types import RecordType
from common.wording import listed
from history.diffs import Difference, differences, rule_as_fields
from history.putting_back.proposals import CannotPutBackError
from history.words import Words, secret_name

#: What leads credentials elsewhere or is of no use without a secret, which is not kept.
_NEED_A_SECRET = ("subdomain", "domain", "login", "basic_user", "certificate_file")
#: Of a mapping that comes anew: its place. The rest is told by what it says.
_PLACE = ("record_type", "app")


@dataclass(slots=True, kw_only=True)
class Target:
    """A document of the connection, and how it is reached."""

    name: str
    """What the connection is called now."""
    document: dict[str, Any]
    """As it would be."""
    changed: set[str] = field(default_factory=set)
    """Keys of the connection that the file has to say."""
    mappings: dict[str, set[str]] = field(default_factory=dict)
    """Of mappings, by primary key, the keys that the file has to say."""
    removed: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    """Mappings that go, as they are now."""
    moved: dict[tuple[str, int], int] = field(default_factory=dict)
    """Type and app of mappings that go to another app again → the app that they go to now."""
    new_name: str = ""
    notes: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)

    def as_file(self) -> dict[str, Any]:
        """The connection as a settings file has it."""
        said = {key: self.document[key] for key in sorted(self.changed)}
        mappings = []
        for pk, keys in self.mappings.items():
            mapping = self.document["mappings"][pk]
            mappings.append({key: mapping[key] for key in (*_PLACE, *sorted(keys))})
        if mappings or self.removed:
            said["mappings"] = mappings
        if users := said.get("users"):
            said["users"] = {email: code or None for email, code in users.items()}
        return {"name": self.name, **said}


def target_of(entry: Entry, present: Mapping[str, Any]) -> Target:
    """Where putting the entry back leads to from `present`, the connection's whole document.

    Raises:
        CannotPutBackError: something that it changed is not there any more.
    """
    if not present:
        return _anew(entry)
    target = Target(name=present["name"], document=copy.deepcopy(dict(present)))
    found = differences(entry.before, entry.after)
    whole = _whole_mappings(entry)
    for pk in whole:
        _whole_mapping(target, entry, pk)
    for one in found:
        if one.path[0] == "mappings" and one.path[1] not in whole:
            _of_mapping(target, entry, one.path[1], one)
        elif one.path[0] not in ("mappings", *_NEED_A_SECRET):
            _of_connection(target, one)
    words = Words(entry)
    secret = [words.name(one.path) for one in found if one.path[0] in _NEED_A_SECRET]
    secret += [secret_name(name) for name in entry.secrets]
    if secret:
        target.left.append(
            _(
                "%(names)sは元に戻しません。パスワードなどは記録していないため、"
                "接続先の設定で入力し直してください。"
            )
            % {"names": listed(dict.fromkeys(secret))}
        )
    return target


def _of_connection(target: Target, one: Difference) -> None:
    name = one.path[0]
    if name == "name":
        target.document["name"] = target.new_name = one.before
        return
    target.changed.add(name)
    if name == "users":
        _put(target.document["users"], one.path[1], one.before)
    else:
        target.document[name] = one.before


def _anew(entry: Entry) -> Target:
    """The connection that was deleted: switched off, since nobody can log in yet."""
    document = copy.deepcopy(dict(entry.before or {}))
    for name in ("login", "basic_user", "certificate_file"):
        document[name] = ""
    for mapping in document.get("mappings", {}).values():
        mapping["enabled"] = False
    keys = {"subdomain", "domain", "schedule", "sync_user", "notify", "users"}
    return Target(
        name=document["name"],
        document=document,
        changed=keys & document.keys(),
        mappings={pk: set(said) - set(_PLACE) for pk, said in document["mappings"].items()},
        notes=[
            _(
                "パスワードなどは記録していません。元に戻した後に、接続先の設定で入力し、"
                "［読み込み］を押してから、連携を有効にしてください。"
            ),
            _history_is_gone(),
        ],
    )


def _history_is_gone() -> str:
    return _(
        "データ処理の履歴と、連携済みかどうかの記録は戻りません。"
        "kintoneのレコードは、更新キーで見つけて更新します。"
    )


def _whole_mappings(entry: Entry) -> set[str]:
    """Primary keys of the mappings that came or went with the entry."""
    former, present = (
        set((document or {}).get("mappings", {})) for document in (entry.before, entry.after)
    )
    return former ^ present


def _whole_mapping(target: Target, entry: Entry, pk: str) -> None:
    mappings: dict[str, Any] = target.document["mappings"]
    former = (entry.before or {}).get("mappings", {}).get(pk)
    if former is None:
        # It came with the entry: it goes.
        if pk in mappings:
            target.removed[pk] = mappings.pop(pk)
            target.notes.append(_("マッピングを削除します。kintoneのレコードは削除されません。"))
        return
    if pk in mappings:
        return
    if _same_place(mappings, former):
        raise CannotPutBackError(
            _("アプリID%(app)sへの同じ対象データのマッピングが、すでにあります。")
            % {"app": former["app"]}
        )
    mappings[pk] = copy.deepcopy(former)
    target.mappings[pk] = set(former) - set(_PLACE)
    target.notes.append(_history_is_gone())
    if former.get("enabled"):
        target.notes.append(
            _(
                "元に戻した後に変更されたデータから連携します。既存のデータは全件連携で連携できます。"
            )
        )


def _of_mapping(target: Target, entry: Entry, pk: str, one: Difference) -> None:
    mappings: dict[str, Any] = target.document["mappings"]
    present = pk if pk in mappings else _same_place(mappings, (entry.after or {})["mappings"][pk])
    if present is None:
        raise CannotPutBackError(
            _(
                "マッピング「%(name)s」は削除されています。先に、マッピングの削除を元に戻してください。"
            )
            % {"name": Words(entry).mapping_name(pk)}
        )
    mapping, path = mappings[present], one.path[2:]
    keys = target.mappings.setdefault(present, set())
    if path[0] == "rules":
        _put_rule(mapping["rules"], path, one.before)
        keys |= {"rules", "update_key"}
        return
    if path[0] == "app":
        target.moved[RecordType(mapping["record_type"]), one.before] = mapping["app"]
        keys |= {"guest_space", "daily_requests"}
    if path[0] == "enabled" and one.before:
        target.notes.append(_("無効の間に変更されたデータも、次回の実行から連携します。"))
    mapping[path[0]] = one.before
    if path[0] not in _PLACE:
        keys.add(path[0])


def _same_place(mappings: Mapping[str, Any], wanted: Mapping[str, Any]) -> str | None:
    """The mapping of the same type into the same app, by its primary key."""
    for pk, said in mappings.items():
        if all(said[name] == wanted[name] for name in _PLACE):
            return pk
    return None


def _put_rule(rules: dict[str, Any], path: tuple[str, ...], before: Any) -> None:
    """Give the rule, or one value of its table, what it was."""
    code = path[1]
    if len(path) == 2:
        table = rule_as_fields(rules[code]).get("values") if code in rules else None
        if before is None:
            rules.pop(code, None)
        else:
            rules[code] = {**before, **({"values": table} if table else {})}
    elif code in rules:
        rule = rule_as_fields(rules[code])
        table = dict(rule.get("values", {}))
        _put(table, path[3], before)
        rule.pop("values", None)
        rules[code] = {**rule, **({"values": table} if table else {})}
    if code in rules and list(rules[code]) == ["source"]:
        rules[code] = rules[code]["source"]


def _put(held: dict[str, Any], key: str, before: Any) -> None:
    if before is None:
        held.pop(key, None)
    else:
        held[key] = before
