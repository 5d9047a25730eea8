"""The filters of 操作履歴, sent by GET."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit.kinds import AREAS, Kind, Origin
from audit.models import Entry
from crm.models import Account
from history.selectors import Query
from integrations.models import Connection

PERIODS = (
    ("", gettext_lazy("すべて")),
    ("1", gettext_lazy("24時間")),
    ("7", gettext_lazy("7日間")),
    ("30", gettext_lazy("30日間")),
    ("90", gettext_lazy("90日間")),
)


class HistoryFilter(forms.Form):
    """Which entries are listed; whatever is not a choice narrows nothing."""

    kind = forms.ChoiceField(label=gettext_lazy("操作"), required=False)
    actor = forms.ChoiceField(label=gettext_lazy("操作した人"), required=False)
    connection = forms.ChoiceField(label=gettext_lazy("接続"), required=False)
    period = forms.ChoiceField(label=gettext_lazy("期間"), required=False, choices=PERIODS)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._choose("kind", _kinds())
        self._choose("actor", _actors())
        self._choose("connection", list(_connections().items()))

    def _choose(self, name: str, choices: list[tuple[Any, Any]]) -> None:
        chooser = self.fields[name]
        assert isinstance(chooser, forms.ChoiceField)
        chooser.choices = [("", _("すべて")), *choices]

    def query(self, *, now: datetime) -> Query:
        """What the valid ones of the choices narrow the list to."""
        self.is_valid()
        given = self.cleaned_data
        which, _colon, actor = given.get("actor", "").partition(":")
        connection, period = given.get("connection"), given.get("period")
        return Query(
            kind=given.get("kind", ""),
            account_id=int(actor) if which == "account" else None,
            origin=actor if which == "origin" else "",
            connection_id=int(connection) if connection else None,
            since=now - timedelta(days=int(period)) if period else None,
        )

    @property
    def narrows(self) -> bool:
        """Whether any filter is set."""
        return any(self.cleaned_data.get(name) for name in self.fields)


def _kinds() -> list[tuple[Any, Any]]:
    """The areas as groups, each with all of it first."""
    groups = []
    for area, label in AREAS.items():
        kinds = [(kind.value, kind.label) for kind in Kind if kind.area == area]
        every = _("%(area)s（すべて）") % {"area": label}
        groups.append((str(label), [(area, every), *kinds]))
    return groups


def _actors() -> list[tuple[Any, Any]]:
    accounts = Account.objects.order_by("username").values_list("pk", "username")
    people = [(f"account:{pk}", name) for pk, name in accounts]
    others = [
        (f"origin:{origin.value}", origin.label) for origin in Origin if origin != Origin.SCREEN
    ]
    return [(_("ユーザー"), people), (_("そのほか"), others)]


def _connections() -> dict[str, str]:
    """Those that are there, and those that were deleted, by the names that they had."""
    gone = Entry.objects.filter(kind=Kind.CONNECTION_DELETE, connection_id__isnull=False)
    deleted = _("%(name)s（削除済み）")
    found = {
        str(pk): deleted % {"name": name}
        for pk, name in gone.order_by("pk").values_list("connection_id", "connection_name")[:200]
    }
    present = Connection.objects.order_by("name").values_list("pk", "name")
    return {str(pk): name for pk, name in present} | found
