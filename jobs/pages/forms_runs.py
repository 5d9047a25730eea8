"""The filters of データ処理状況一覧, sent by GET."""

from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from crm.labels import TYPE_LABELS
from jobs.pages.select_runs import RunQuery, since
from jobs.states import RunStatus
from mapping.models import Mapping

PERIODS = (("", _("すべて")), ("1", _("24時間")), ("7", _("7日間")), ("30", _("30日間")))


class RunFilter(forms.Form):
    """Which runs are listed; whatever is not a choice narrows nothing."""

    record_type = forms.ChoiceField(
        label=_("対象データ"),
        required=False,
        choices=[("", _("すべて")), *((one.value, label) for one, label in TYPE_LABELS.items())],
    )
    app = forms.TypedChoiceField(
        label=_("kintoneアプリ"), required=False, coerce=int, empty_value=None
    )
    status = forms.ChoiceField(
        label=_("ステータス"), required=False, choices=[("", _("すべて")), *RunStatus.choices]
    )
    period = forms.ChoiceField(label=_("期間"), required=False, choices=PERIODS)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        apps = Mapping.objects.order_by("app").values_list("app", "app_name")
        names = {app: name or str(app) for app, name in apps}
        choice = self.fields["app"]
        assert isinstance(choice, forms.ChoiceField)
        choice.choices = [("", _("すべて")), *names.items()]

    def query(self, *, now: datetime) -> RunQuery:
        """What the valid ones of the choices narrow the list to."""
        self.is_valid()
        given = self.cleaned_data
        return RunQuery(
            record_type=given.get("record_type", ""),
            app=given.get("app"),
            status=given.get("status", ""),
            since=since(given.get("period", ""), now=now),
        )

    @property
    def narrows(self) -> bool:
        """Whether any filter is set."""
        return any(self.cleaned_data.get(name) for name in self.fields)
