"""Puts back members, accounts and tokens: by the services that the screens use."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from api import tokens
from api.models import ApiToken
from audit.kinds import Kind
from audit.models import Entry
from crm import access, accounts, selectors, writing
from crm.models import AccessMode, Account, Member
from history.putting_back.proposals import (
    CannotPutBackError,
    Proposal,
    former_of,
    gone,
    proposal,
)


def member(entry: Entry, _now: datetime) -> Proposal:
    """A member is as before, with its groups."""
    said = entry.after or entry.before or {}
    stored = Member.objects.filter(pk=said["id"]).first()
    if entry.kind == Kind.MEMBER_DELETE:
        former = dict(entry.before or {})
        if Member.objects.filter(email__iexact=former["email"]).exists():
            raise CannotPutBackError(_("このメールアドレスの社員が、すでに登録されています。"))
        notes = [_("この社員が担当していた会社とリードの営業担当者は戻りません。")]
        return proposal(entry, {}, former, lambda: _save_member(former), notes=notes)
    if stored is None:
        raise gone()
    present = _member_document(stored)
    if entry.kind == Kind.MEMBER_ADD:
        owned = selectors.owned_by(stored)
        notes = []
        if any(owned.values()):
            notes.append(_("この社員が担当する会社とリードは、営業担当者なしになります。"))
        return proposal(entry, present, {}, lambda: writing.delete_member(stored.pk), notes=notes)
    former = former_of(entry, present)
    return proposal(entry, present, former, lambda: _save_member(former, member_id=stored.pk))


def access_mode(entry: Entry, _now: datetime) -> Proposal:
    """The access mode is as before."""
    former = AccessMode((entry.before or {})["mode"])
    present = {"mode": str(access.mode())}
    notes = [_("連携ユーザーが参照できるリードの件数が変わります。")]
    return proposal(
        entry, present, {"mode": str(former)}, lambda: access.choose(former), notes=notes
    )


def _member_document(stored: Member) -> dict[str, Any]:
    names = ("id", "name", "email", "login", "active", "section")
    groups = list(stored.groups.order_by("name").values_list("name", flat=True))
    return {**{name: getattr(stored, name) for name in names}, "groups": groups}


def _save_member(said: Mapping[str, Any], *, member_id: int | None = None) -> None:
    names = ("name", "email", "login", "active", "section", "groups")
    values = {name: said[name] for name in names}
    try:
        writing.save_member(**values, member_id=member_id)
    except ValidationError as error:
        raise CannotPutBackError(" ".join(error.messages)) from error


def account(entry: Entry, _now: datetime) -> Proposal:
    """An account is as before; one that was added is shut out, for none is ever deleted."""
    if entry.kind == Kind.ACCOUNT_PASSWORD:
        raise CannotPutBackError(
            _(
                "パスワードは記録していません。ユーザーの画面で、新しいパスワードを設定してください。"
            )
        )
    said = entry.after or {}
    stored = Account.objects.filter(pk=said.get("id", 0)).first()
    if stored is None:
        raise gone()
    names = ("id", "username", "email", "role", "is_active")
    present = {name: getattr(stored, name) for name in names}
    notes = []
    if entry.kind == Kind.ACCOUNT_ADD:
        former = {**present, "is_active": False}
        notes.append(_("ユーザーは削除せず、無効にします。サインインできなくなります。"))
    else:
        former = former_of(entry, present)
    others = Account.objects.exclude(pk=stored.pk)
    if others.filter(username=former["username"]).exists():
        raise CannotPutBackError(
            _("同じユーザー名「%(name)s」のユーザーがいるため、元に戻せません。")
            % {"name": former["username"]}
        )
    return proposal(entry, present, former, lambda: _change_account(stored, former), notes=notes)


def _change_account(stored: Account, said: Mapping[str, Any]) -> None:
    try:
        accounts.change(
            stored,
            username=said["username"],
            email=said["email"],
            role=said["role"],
            active=said["is_active"],
        )
    except accounts.LastAdministratorError as error:
        raise CannotPutBackError(
            _("ほかに有効な管理者がいないため、変更できません。先に別の管理者を追加してください。")
        ) from error


def token(entry: Entry, now: datetime) -> Proposal:
    """A token that was added opens nothing any more; a revoked one never opens anything again."""
    if entry.kind == Kind.TOKEN_REVOKE:
        raise CannotPutBackError(
            _("失効したAPIトークンは、元に戻せません。新しいAPIトークンを追加してください。")
        )
    stored = ApiToken.objects.filter(pk=(entry.after or {}).get("id", 0), revoked_at=None).first()
    if stored is None:
        raise CannotPutBackError(_("このAPIトークンは、すでに失効しています。"))
    notes = [_("このAPIトークンを使用しているシステムは、接続できなくなります。")]
    present = dict(entry.after or {})
    return proposal(entry, present, {}, lambda: tokens.revoke(stored, now=now), notes=notes)
