"""The box 「…情報の連携を行う」 with what has to be decided when it is ticked."""

from typing import Any

from django import forms
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from common.types import RecordType
from crm.labels import TYPE_LABELS
from crm.selectors import MODELS
from jobs import enabling
from jobs.models import Ledger
from mapping.models import Mapping

SEND, LEAVE = "send", "leave"


class EnableForm(forms.Form):
    """On or off; what of the data that exists, or that changed while it was off, is sent."""

    use_required_attribute = False
    enabled = forms.BooleanField(required=False)
    existing = forms.ChoiceField(
        label=gettext_lazy("既存データ"), required=False, initial=LEAVE, widget=forms.RadioSelect
    )
    meanwhile = forms.ChoiceField(
        label=gettext_lazy("無効の間に変更されたデータ"),
        required=False,
        initial=SEND,
        widget=forms.RadioSelect,
    )

    def __init__(self, *args: Any, mapping: Mapping, **options: Any) -> None:
        super().__init__(*args, **options)
        self.mapping = mapping
        self.fields["enabled"].label = _("%(type)s情報の連携を行う") % {
            "type": TYPE_LABELS[RecordType(mapping.record_type)]
        }
        self.initial["enabled"] = mapping.enabled
        existing, meanwhile = self.fields["existing"], self.fields["meanwhile"]
        assert isinstance(existing, forms.ChoiceField)
        assert isinstance(meanwhile, forms.ChoiceField)
        existing.choices = [
            (LEAVE, _("連携しない（今後の変更だけを連携する）")),
            (SEND, _("連携する（全件連携：%(count)s件）") % {"count": f"{self.existing_rows:,}"}),
        ]
        meanwhile.choices = [
            (SEND, _("連携する（%(count)s件）") % {"count": f"{self.owed:,}"}),
            (LEAVE, _("連携しない（今後の変更だけを連携する）")),
        ]

    @cached_property
    def is_first_time(self) -> bool:
        """Whether the mapping's target never had a sync before."""
        mapping = self.mapping
        return not Ledger.objects.filter(
            mapping=mapping,
            host=mapping.connection.host,
            app=mapping.app,
            key_field=mapping.update_key,
            watermark__isnull=False,
        ).exists()

    @cached_property
    def owed(self) -> int:
        """Rows that changed since the mapping was switched off."""
        if self.mapping.enabled or self.is_first_time:
            return 0
        return enabling.owed_since_disabled(self.mapping)

    @cached_property
    def existing_rows(self) -> int:
        """Rows there are of the mapping's type."""
        if self.mapping.enabled or not self.is_first_time:
            return 0
        return MODELS[RecordType(self.mapping.record_type)]._default_manager.count()

    @property
    def asks_about_existing(self) -> bool:
        """Whether existing data may be sent at once."""
        return not self.mapping.enabled and self.is_first_time and self.existing_rows > 0

    @property
    def asks_about_meanwhile(self) -> bool:
        """Whether something changed while the mapping was off."""
        return not self.mapping.enabled and self.owed > 0

    def clean_meanwhile(self) -> str:
        """Whatever changed meanwhile is owed unless a person says otherwise."""
        return self.cleaned_data["meanwhile"] or SEND
