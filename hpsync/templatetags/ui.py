"""`{% load ui %}`: icons, navigation, moments and numbers as ux.md writes them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING

from django import template
from django.template.loader import render_to_string
from django.urls import NoReverseMatch, reverse
from django.utils import timezone, translation
from django.utils.dateformat import format as format_date
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

if TYPE_CHECKING:
    from django.forms import BoundField
    from django.http import HttpRequest

register = template.Library()


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry of the navigation; `views` are the beginnings of the view names it stands for."""

    route: str
    label: Promise
    views: tuple[str, ...]
    arguments: Mapping[str, str] = field(default_factory=dict)


NAVIGATION = (
    Entry(route="jobs:dashboard", label=_("ダッシュボード"), views=("jobs:dashboard",)),
    Entry(
        route="jobs:settings",
        label=_("kintone連携設定"),
        views=(
            *("jobs:settings", "jobs:connection", "jobs:mapping", "jobs:trial", "jobs:enable"),
            *("jobs:first-load", "jobs:preview", "jobs:values", "jobs:cleansing", "jobs:sight"),
            *("mapping:", "drafts:"),
        ),
    ),
    Entry(route="jobs:runs", label=_("データ処理状況一覧"), views=("jobs:run", "jobs:failures")),
    Entry(route="jobs:source", label=_("ホットプロファイル連携元"), views=("jobs:source",)),
    Entry(
        route="crm:records",
        label=_("顧客データ"),
        views=(
            *("crm:record", "crm:import", "crm:custom"),
            *("jobs:record", "jobs:ids", "jobs:duplicate", "jobs:left-over"),
        ),
        arguments={"record_type": "company"},
    ),
    Entry(route="jobs:notices", label=_("通知"), views=("jobs:notice",)),
    Entry(route="crm:members", label=_("社員"), views=("crm:member", "jobs:access-mode")),
    Entry(
        route="crm:accounts",
        label=_("ユーザー"),
        views=("crm:account", "signin:history", "signin:settings", "signin:factor-reset"),
    ),
    Entry(route="history:entries", label=_("操作履歴"), views=("history:",)),
    Entry(route="api-tokens", label=_("APIトークン"), views=("api-token", "api-docs")),
)


def _address(entry: Entry) -> str:
    """Where the entry leads; "" while that page does not exist."""
    for given in ({"kwargs": entry.arguments}, {"args": tuple(entry.arguments.values())}):
        try:
            return reverse(entry.route, **given)
        except NoReverseMatch:
            continue
    return ""


@register.inclusion_tag("partials/navigation.html", takes_context=True)
def navigation(context: template.Context) -> dict[str, object]:
    """The entries of the navigation, the one of this page marked."""
    request: HttpRequest = context["request"]
    match = request.resolver_match
    name = match.view_name if match else ""
    entries = [
        {"address": address, "label": entry.label, "current": name.startswith(entry.views)}
        for entry in NAVIGATION
        if (address := _address(entry))
    ]
    return {"entries": entries}


@register.simple_tag
@cache
def icon(name: str) -> SafeString:
    """The inline SVG of that name; says nothing to a screen reader, so a word stands beside it."""
    return SafeString(render_to_string(f"partials/icons/{name}.svg"))


@register.simple_tag
def badge(label: str, tone: str, icon_name: str = "") -> SafeString:
    """A word for a state, as `partials/badge.html` shows it; for long lists."""
    return format_html(
        '<span class="badge badge-{}{}">{}{}</span>',
        tone or "neutral",
        f" is-{icon_name}" if icon_name else "",
        icon(icon_name) if icon_name else "",
        label,
    )


@register.filter
def number(value: int | None) -> str:
    """12345 → 12,345, in either language; "" for None."""
    return "" if value is None else f"{value:,}"


@register.simple_tag
def moment(value: datetime | None) -> SafeString | str:
    """2026/11/22 14:05 as `<time>`; "" for None."""
    return _time(value, japanese="Y/m/d H:i", english="M j, Y, H:i")


@register.simple_tag
def moment_in_words(value: datetime | None) -> SafeString | str:
    """11月22日（日）14:05, for sentences, as `<time>`; "" for None."""
    return _time(value, japanese="n月j日（D）H:i", english="M j, H:i")


@register.simple_tag
def moment_with_seconds(value: datetime | None) -> SafeString | str:
    """2026/11/22 14:05:09 as `<time>`; "" for None."""
    return _time(value, japanese="Y/m/d H:i:s", english="M j, Y, H:i:s")


@register.simple_tag
def moment_of_day(value: datetime | None, beside: datetime | None) -> SafeString | str:
    """14:07 where `beside` names the same day already, else with its date; "" for None."""
    if value is None or beside is None:
        return moment(value)
    if timezone.localtime(value).date() != timezone.localtime(beside).date():
        return moment(value)
    return _time(value, japanese="H:i", english="H:i")


def _time(value: datetime | None, *, japanese: str, english: str) -> SafeString | str:
    if value is None:
        return ""
    local = timezone.localtime(value)
    pattern = english if _is_english() else japanese
    return format_html(
        '<time datetime="{}">{}</time>',
        local.isoformat(timespec="seconds"),
        format_date(local, pattern),
    )


def _is_english() -> bool:
    return (translation.get_language() or "").startswith("en")


@register.filter
def behind(value: timedelta) -> str:
    """0分, 35分, 2時間, 3日: how far something is behind, in its largest unit."""
    minutes = int(value.total_seconds()) // 60
    if minutes < 60:
        return ngettext("%(count)d分", "%(count)d分", minutes) % {"count": minutes}
    if minutes < 48 * 60:
        hours = minutes // 60
        return ngettext("%(count)d時間", "%(count)d時間", hours) % {"count": hours}
    days = minutes // (24 * 60)
    return ngettext("%(count)d日", "%(count)d日", days) % {"count": days}


@register.filter
def duration(value: timedelta | None) -> str:
    """3.4秒, 1分52秒, 2時間5分; "" for None."""
    if value is None:
        return ""
    seconds = value.total_seconds()
    if seconds < 10:
        return _("%(seconds)s秒") % {"seconds": f"{seconds:.1f}"}
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return _("%(hours)d時間%(minutes)d分") % {"hours": hours, "minutes": minutes}
    if minutes:
        return _("%(minutes)d分%(seconds)d秒") % {"minutes": minutes, "seconds": rest}
    return ngettext("%(seconds)d秒", "%(seconds)d秒", rest) % {"seconds": rest}


@register.simple_tag
def labelled_error(field: "BoundField", error: str) -> str:
    """「ラベル：エラー」; the error alone where it begins with the label."""
    label, text = str(field.label), str(error)
    return (
        text
        if text.startswith(label)
        else _("%(label)s：%(error)s") % {"label": label, "error": text}
    )
