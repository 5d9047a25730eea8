"""The form for a new token."""

from datetime import timedelta
from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from api.models import ApiToken
from common.types import RecordType
from crm.labels import TYPE_LABELS

#: Days → words; "" is for ever.
LIVES: Final = (
    ("30", _("30日")),
    ("90", _("90日")),
    ("365", _("1年")),
    ("", _("期限なし")),
)


class TokenForm(forms.Form):
    """Who the token is for, and what it may do how long."""

    name = forms.CharField(
        label=_("名前"),
        max_length=100,
        help_text=_("使用するシステムがわかる名前を入力してください。"),
        error_messages={"required": _("名前を入力してください。")},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    scope = forms.ChoiceField(
        label=_("権限"),
        choices=ApiToken.Scope.choices,
        initial=ApiToken.Scope.READ,
        widget=forms.RadioSelect,
        error_messages={"required": _("権限を選択してください。")},
    )
    record_types = forms.MultipleChoiceField(
        label=_("対象データ"),
        choices=list(TYPE_LABELS.items()),
        initial=list(RecordType),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("対象データを1つ以上選択してください。")},
    )
    days = forms.ChoiceField(
        label=_("有効期限"),
        choices=LIVES,
        initial="365",
        required=False,
        widget=forms.RadioSelect,
    )

    def values(self) -> dict[str, Any]:
        """What `api.tokens.make` takes of it."""
        days = self.cleaned_data["days"]
        return {
            "name": self.cleaned_data["name"],
            "scope": ApiToken.Scope(self.cleaned_data["scope"]),
            "record_types": [RecordType(name) for name in self.cleaned_data["record_types"]],
            "life": timedelta(days=int(days)) if days else None,
        }
