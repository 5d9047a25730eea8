"""The apps of step 1: per record type the kintone apps that it goes to."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from common.problems import Problem
from common.types import RecordType
from crm.labels import TYPE_LABELS
from integrations.connections import read_app_id
from integrations.models import DEFAULT_DAILY_REQUESTS
from mapping.models import Mapping


class AppForm(forms.Form):
    """One app of one record type; an empty one is no app. Knows the mapping it stands for."""

    use_required_attribute = False
    stands_for: Mapping | None = None
    """The stored mapping that this form shows."""
    key_problem: Problem | None = None
    """That its app has no field that could be the update key."""

    record_type = forms.ChoiceField(
        choices=[(one.value, label) for one, label in TYPE_LABELS.items()],
        widget=forms.HiddenInput,
    )
    mapping = forms.IntegerField(required=False, widget=forms.HiddenInput)
    app = forms.CharField(
        label=_("アプリID"),
        required=False,
        max_length=500,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    guest_space = forms.IntegerField(
        label=_("ゲストスペースID"),
        required=False,
        min_value=1,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        error_messages={"invalid": _("数字で入力してください。")},
    )
    daily_requests = forms.IntegerField(
        label=_("1日の上限（APIリクエスト）"),
        required=False,
        min_value=1,
        max_value=1_000_000,
        initial=DEFAULT_DAILY_REQUESTS,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        error_messages={"invalid": _("数字で入力してください。")},
    )

    def clean_app(self) -> int | None:
        """The app's id, also of a pasted address, whose guest space counts too."""
        text = self.cleaned_data["app"]
        if not text:
            if self.data.get(self.add_prefix("mapping")):
                raise ValidationError(
                    _("アプリIDを入力してください。この連携をやめる場合は、無効にしてください。")
                )
            return None
        read = read_app_id(text)
        self.pasted_guest_space = read.guest_space
        return read.app

    def clean(self) -> dict[str, Any]:
        """With the guest space of a pasted address and the usual limit where none is given."""
        given = super().clean() or self.cleaned_data
        given["guest_space"] = given.get("guest_space") or getattr(self, "pasted_guest_space", None)
        given["daily_requests"] = given.get("daily_requests") or DEFAULT_DAILY_REQUESTS
        return given

    @property
    def is_given(self) -> bool:
        """Whether this form names an app."""
        return bool(self.cleaned_data.get("app"))

    @property
    def type_of(self) -> str:
        """The record type, also of a form that came back with errors."""
        return str(self["record_type"].value())


if TYPE_CHECKING:
    _FormSetOfApps = forms.BaseFormSet[AppForm]
else:
    _FormSetOfApps = forms.BaseFormSet


class BaseAppFormSet(_FormSetOfApps):
    """All apps of a connection; no app twice for one record type."""

    def clean(self) -> None:
        """Point at the second of two equal apps."""
        seen: set[tuple[str, int]] = set()
        for form in self.forms:
            if not form.is_valid() or not form.is_given:
                continue
            target = (form.cleaned_data["record_type"], form.cleaned_data["app"])
            if target in seen:
                form.add_error("app", _("このアプリは、同じ対象データですでに指定されています。"))
            seen.add(target)

    def given(self) -> list[AppForm]:
        """The forms that name an app."""
        return [form for form in self.forms if form.is_given]

    def groups(self) -> list[dict[str, object]]:
        """Per record type its forms: those with a mapping, and the empty one for another app."""
        return [
            {
                "type": record_type.value,
                "label": TYPE_LABELS[record_type],
                "known": [form for form in self._of(record_type) if self._stands_first(form)],
                "more": [form for form in self._of(record_type) if not self._stands_first(form)],
            }
            for record_type in RecordType
        ]

    def _of(self, record_type: RecordType) -> list[AppForm]:
        return [form for form in self.forms if form.type_of == record_type]

    def _stands_first(self, form: AppForm) -> bool:
        """Whether the form is shown at once: it has an app, or is the first of its type."""
        return bool(form["app"].value()) or form is self._of(RecordType(form.type_of))[0]


AppFormSet = forms.formset_factory(AppForm, formset=BaseAppFormSet, extra=0)


def initial_apps(mappings: Sequence[Mapping], *, daily: dict[int, int]) -> list[dict[str, object]]:
    """One form per mapping, and an empty one per record type."""
    rows: list[dict[str, object]] = []
    for record_type in RecordType:
        rows += [
            {
                "record_type": record_type.value,
                "mapping": mapping.pk,
                "app": mapping.app,
                "guest_space": mapping.guest_space,
                "daily_requests": daily.get(mapping.app, DEFAULT_DAILY_REQUESTS),
            }
            for mapping in mappings
            if mapping.record_type == record_type
        ]
        rows.append({"record_type": record_type.value})
    return rows
