"""What follows when a draft is registered, value by value, as far as the code can tell."""

from collections.abc import Callable, Mapping
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm.models import Lead, Member
from crm.visibility import visible_to
from jobs.ledger import owed_rows
from jobs.models import Ledger, LedgerEntry
from jobs.registering import Proposal
from jobs.states import EntryState
from mapping.models import Mapping as MappingModel
from mapping.settings_drafts import DraftChange


def effect_of(change: DraftChange) -> str:
    """What the change does; "" where it goes without saying."""
    if not change.mapping:
        said = _OF_CONNECTION.get(change.path[0])
        return said(change) if said else ""
    if change.path[2] == "rules":
        return _of_rule(change)
    said = _OF_MAPPING.get(change.path[2])
    return said(change) if said else ""


def effect_of_secret() -> str:
    """What another password does."""
    return _("次の実行から、新しい認証情報でログインします。")


def next_run(proposal: Proposal, pk: str) -> str:
    """How many records of a mapping the next run takes, where that can be told."""
    mapping = MappingModel.objects.select_related("connection").get(pk=pk)
    if not mapping.enabled:
        return _("無効のため、実行しません。")
    changed = {change.path[2:] for change in proposal.changes if change.mapping == pk}
    moves = ("app",) in changed or any(
        change.path[0] in ("subdomain", "domain") for change in proposal.changes
    )
    if moves:
        return _("登録の後に変更されるデータから連携します。既存のデータは全件連携で連携できます。")
    ledger = _ledger_of(mapping)
    if ledger is None:
        return _("登録の後に変更されるデータから連携します。")
    owed = owed_rows(ledger).count()
    failed = LedgerEntry.objects.filter(ledger=ledger, state=EntryState.FAILED).count()
    told = ngettext(
        "次の実行で%(count)s件が対象になります。",
        "次の実行で%(count)s件が対象になります。",
        owed,
    ) % {"count": f"{owed:,}"}
    if failed and any(path[0] in ("rules", "update_key") for path in changed):
        told += ngettext(
            "エラーの%(count)s件も、新しい設定でもう一度試します。",
            "エラーの%(count)s件も、新しい設定でもう一度試します。",
            failed,
        ) % {"count": f"{failed:,}"}
    return told


def _of_rule(change: DraftChange) -> str:
    if change.before is None:
        return _("この項目は、次回以降に変更されたデータから送られます。")
    if change.after is None:
        return _("この項目は送らなくなります。kintoneの値はそのまま残ります。")
    return _("次回以降に変更されたデータから、新しい設定で送られます。")


def _of_key(change: DraftChange) -> str:
    mapping = MappingModel.objects.select_related("connection").get(pk=change.mapping)
    ledger = _ledger_of(mapping)
    known = (
        LedgerEntry.objects.filter(ledger=ledger, record_id__isnull=False).count() if ledger else 0
    )
    return ngettext(
        "更新キーが変わります。連携済みの%(count)s件は、同じレコードを更新し続けます。",
        "更新キーが変わります。連携済みの%(count)s件は、同じレコードを更新し続けます。",
        known,
    ) % {"count": f"{known:,}"}


def _of_sync_user(change: DraftChange) -> str:
    before, after = _leads_of(change.before), _leads_of(change.after)
    if after is None:
        return _("リードの連携が止まります。")
    if before is None:
        return _("参照できるリードは%(after)s件です。") % {"after": f"{after:,}"}
    return _("連携するリードが変わります（参照できる件数：%(before)s件→%(after)s件）。") % {
        "before": f"{before:,}",
        "after": f"{after:,}",
    }


def _leads_of(email: str | None) -> int | None:
    """How many leads the member sees; None where there is none."""
    member = Member.objects.filter(email__iexact=email or "-").first()
    return Lead.objects.filter(visible_to(member.pk)).count() if member else None


def _ledger_of(mapping: MappingModel) -> Ledger | None:
    return Ledger.objects.filter(
        mapping=mapping,
        host=mapping.connection.host,
        app=mapping.app,
        key_field=mapping.update_key,
    ).first()


def _said(text: Callable[[], str]) -> Callable[[DraftChange], str]:
    return lambda _change: text()


def _elsewhere() -> str:
    return _("別のkintoneに連携します。いまのkintoneのレコードはそのまま残ります。")


_OF_CONNECTION: Final[Mapping[str, Callable[[DraftChange], str]]] = {
    "name": _said(lambda: _("画面と通知の表示が変わります。連携には影響しません。")),
    "subdomain": _said(_elsewhere),
    "domain": _said(_elsewhere),
    "login": _said(effect_of_secret),
    "basic_user": _said(effect_of_secret),
    "certificate_file": _said(effect_of_secret),
    "schedule": _said(lambda: _("登録したときから、新しい間隔で実行します。")),
    "sync_user": _of_sync_user,
    "notify": _said(lambda: _("次の通知から、新しい宛先に送られます。")),
}
_OF_MAPPING: Final[Mapping[str, Callable[[DraftChange], str]]] = {
    "app": _said(lambda: _("別のアプリに連携します。いまのアプリのレコードはそのまま残ります。")),
    "daily_requests": _said(lambda: _("1日に使うAPIリクエストの上限が変わります。")),
    "update_key": _of_key,
}
