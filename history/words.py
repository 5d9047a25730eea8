"""What stands in a document, in the reader's words: what it is called, and what it says."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import TextChoices
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from api.models import ApiToken
from audit.models import Entry
from common.types import Kind as ItemKind
from common.types import RecordType
from common.wording import in_brackets, listed, one_after_another
from crm.catalogue import items_by_key
from crm.labels import kind_label, record_type_label
from crm.models import AccessMode, Account
from history.diffs import Difference, Path, differences
from jobs.notices.states import ChannelKind, Digest
from jobs.states import AlertKind, Interval
from mapping.mappings import form_of
from mapping.models import Mapping as MappingModel

NAMES: Mapping[str, Promise] = {
    "name": gettext_lazy("名前"),
    "subdomain": gettext_lazy("サブドメイン"),
    "domain": gettext_lazy("ドメイン"),
    "login": gettext_lazy("ログイン名"),
    "basic_user": gettext_lazy("Basic認証のユーザー名"),
    "certificate_file": gettext_lazy("クライアント証明書"),
    "schedule": gettext_lazy("実行スケジュール"),
    "sync_user": gettext_lazy("連携ユーザー"),
    "notify": gettext_lazy("通知先メールアドレス"),
    "record_type": gettext_lazy("対象データ"),
    "app": gettext_lazy("アプリID"),
    "guest_space": gettext_lazy("ゲストスペースID"),
    "daily_requests": gettext_lazy("1日の上限"),
    "update_key": gettext_lazy("更新キー"),
    "host": gettext_lazy("ホスト名"),
    "key": gettext_lazy("キー"),
    "label": gettext_lazy("項目名"),
    "kind": gettext_lazy("種類"),
    "email": gettext_lazy("メールアドレス"),
    "groups": gettext_lazy("グループ"),
    "second_factor_required": gettext_lazy("管理者の2要素認証を必須にする"),
    "section": gettext_lazy("所属部署"),
    "quiet_from": gettext_lazy("通知を控える時間の開始"),
    "quiet_until": gettext_lazy("通知を控える時間の終了"),
    "urgent_at_once": gettext_lazy("要対応はすぐに通知する"),
    "digest": gettext_lazy("まとめて通知"),
    "type": gettext_lazy("種類"),
    "room": gettext_lazy("ルームID"),
    "kinds": gettext_lazy("通知する内容"),
    "mode": gettext_lazy("アクセス権限のモード"),
    "username": gettext_lazy("ユーザー名"),
    "role": gettext_lazy("システム権限"),
    "scope": gettext_lazy("権限"),
    "record_types": gettext_lazy("対象データ"),
    "expires_at": gettext_lazy("有効期限"),
    "old_id": gettext_lazy("旧ID"),
    "new_id": gettext_lazy("新ID"),
}
SECRETS: Mapping[str, Promise] = {
    "password": gettext_lazy("パスワード"),
    "tokens": gettext_lazy("APIトークン"),
    "basic_password": gettext_lazy("Basic認証のパスワード"),
    "certificate_password": gettext_lazy("クライアント証明書のパスワード"),
    "api_key": gettext_lazy("APIキー"),
    "url": gettext_lazy("送信先のURL"),
    "secret": gettext_lazy("トークンまたは署名の鍵"),
}
_CHOICES: Mapping[str, type[TextChoices]] = {
    "schedule": Interval,
    "role": Account.Role,
    "mode": AccessMode,
    "scope": ApiToken.Scope,
    "digest": Digest,
    "type": ChannelKind,
}
_SWITCHES = ("enabled", "active", "is_active")
_HIDDEN = ("id", "origin")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of a table 変更前 → 変更後."""

    label: str
    before: str
    after: str
    is_secret: bool = False


@dataclass(slots=True)
class Words:
    """Knows the names of an entry's mappings, fields and items; two queries at most."""

    entry: Entry
    known: Mapping[str, Any] = field(default_factory=dict)
    """A document that knows mappings of which the entry does not tell."""
    _fields: dict[str, dict[str, str]] = field(default_factory=dict)
    _items: dict[str, dict[str, str]] = field(default_factory=dict)

    def rows(self) -> list[Row]:
        """What the entry changed, secrets without their values."""
        found = self.rows_of(differences(self.entry.before, self.entry.after))
        hidden = _("（表示できません）")
        changed = one_after_another([_("変更あり"), hidden])
        return found + [
            Row(label=secret_name(name), before=hidden, after=changed, is_secret=True)
            for name in self.entry.secrets
        ]

    def rows_of(self, found: list[Difference]) -> list[Row]:
        """These differences in words."""
        return [
            Row(
                label=self.name(one.path),
                before=self.value(one.path, one.before),
                after=self.value(one.path, one.after),
            )
            for one in found
            if one.path[-1] not in _HIDDEN or len(one.path) > 1
        ]

    def name(self, path: Path) -> str:
        """What stands there is called."""
        match path:
            case ("users", email):
                return _("kintoneユーザーとの対応（%(email)s）") % {"email": email}
            case ("addresses", kind):
                return _("通知先メールアドレス（%(kind)s）") % {"kind": _alert_kind(kind)}
            case ("mappings", pk, *rest):
                return self._of_mapping(pk, tuple(rest))
            case (name,) if self.entry.row_id is not None or self.entry.erased:
                return self.item(self.entry.record_type, name)
            case (name,):
                return _plain_name(name, area=self.entry.area)
        return ".".join(path)

    def value(self, path: Path, value: Any) -> str:
        """What it says; several values one a line; （なし） where it says nothing."""
        if value is None or value in ("", []):
            return self._nothing(path, value)
        if path[0] == "mappings" and path[2] == "rules":
            return str(value) if len(path) > 4 else self._rule(path[1], value)
        return _said(path[-1], value)

    def _nothing(self, path: Path, value: Any) -> str:
        if path[0] == "users" and value == "":
            return _("送信しない")
        if len(path) > 4 and value == "":
            return _("（空にする）")
        return _("（なし）")

    def item(self, record_type: str, key: str) -> str:
        """An item's label; its key where there is none any more."""
        if record_type not in self._items:
            known = items_by_key(RecordType(record_type)) if record_type else {}
            self._items[record_type] = {one.key: str(one.label) for one in known.values()}
        return self._items[record_type].get(key, key)

    def mapping_name(self, pk: str) -> str:
        """「会社 → 顧客リスト（アプリID 123）」, as far as the documents tell."""
        said = self._mapping(pk)
        return _("%(type)s → アプリID %(app)s") % {
            "type": record_type_label(RecordType(said["record_type"])),
            "app": said["app"],
        }

    def _mapping(self, pk: str) -> Mapping[str, Any]:
        for document in (self.entry.after, self.entry.before, self.known):
            if said := (document or {}).get("mappings", {}).get(pk):
                found: Mapping[str, Any] = said
                return found
        return {"record_type": RecordType.COMPANY, "app": pk}

    def _of_mapping(self, pk: str, path: Path) -> str:
        if path[0] == "rules":
            name = _("「%(name)s」の項目") % {"name": self._field(pk, path[1])}
            if len(path) > 2:
                name += in_brackets(_("値の変換表：%(value)s") % {"value": path[3]})
        else:
            name = _plain_name(path[0], area="mapping")
        if self.entry.area == "mapping":
            return name
        return f"{self.mapping_name(pk)}{_('・')}{name}"

    def _field(self, pk: str, code: str) -> str:
        """A field's label with its code, as the form was read last; the code alone without one."""
        if pk not in self._fields:
            stored = MappingModel.objects.filter(pk=pk).only("form").first()
            form = form_of(stored).fields if stored else {}
            self._fields[pk] = {one.code: one.label for one in form.values()}
        label = self._fields[pk].get(code, "")
        if not label or label == code:
            return code
        return _("%(label)s（%(code)s）") % {"label": label, "code": code}

    def _rule(self, pk: str, rule: Mapping[str, Any]) -> str:
        record_type = self._mapping(pk)["record_type"]
        if source := rule.get("source"):
            origin = self.item(record_type, source)
        else:
            fixed = _("固定値「%(value)s」") % {"value": rule.get("fixed", "")}
            origin = rule.get("template") or fixed
        details = []
        if table := rule.get("table"):
            details.append(_("テーブル「%(name)s」") % {"name": table})
        if empty := rule.get("empty"):
            details.append(_empty(empty))
        if rule.get("keep_rows"):
            details.append(_("行を維持"))
        return origin + in_brackets(listed(details)) if details else origin


def _alert_kind(kind: str) -> str:
    """What a kind of alert is called; the kind where there is none any more."""
    return str(AlertKind(kind).label) if kind in AlertKind.values else kind


def secret_name(name: str) -> str:
    """What a secret is called."""
    return str(SECRETS.get(name, name))


def _plain_name(name: str, *, area: str) -> str:
    if name == "login" and area == "member":
        return _("kintoneのログイン名")
    if name == "name" and area == "member":
        return _("氏名")
    if name == "name" and area == "connection":
        return _("接続名")
    if name == "enabled" and area == "source":
        return _("自動で取り込む")
    if name in _SWITCHES:
        return _("連携") if area in ("mapping", "connection") else _("状態")
    return str(NAMES.get(name, name))


def _said(name: str, value: Any) -> str:
    if isinstance(value, bool):
        if name in _SWITCHES:
            return _("有効") if value else _("無効")
        return _("はい") if value else _("いいえ")
    if name in _CHOICES:
        return str(_CHOICES[name](value).label)
    if name == "record_type":
        return record_type_label(RecordType(value))
    if name == "record_types":
        return listed(record_type_label(RecordType(one)) for one in value)
    if name == "kinds":
        return listed(map(_alert_kind, value))
    if name == "kind":
        return kind_label(ItemKind(value))
    if isinstance(value, list):
        return "\n".join(map(str, value))
    return f"{value:,}" if name == "daily_requests" else str(value)


def _empty(said: Any) -> str:
    if said == "keep":
        return _("空のときフィールドを変更しない")
    fixed = said.get("fixed", "") if isinstance(said, Mapping) else said
    return _("空のとき「%(value)s」") % {"value": fixed}
