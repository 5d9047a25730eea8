"""Forms for カスタム項目."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _

from common.types import Kind, RecordType
from crm.labels import KINDS
from crm.models import CustomItem

#: Kinds that a custom item may be given; rows of a table come from related data only.
OFFERED_KINDS = tuple(kind for kind in Kind if kind is not Kind.ROWS)


class RenameItemForm(forms.Form):
    """What a custom item is called on screen."""

    label = forms.CharField(
        label=_("項目名"),
        max_length=128,
        error_messages={"required": _("項目名を入力してください。")},
    )


class AddItemForm(RenameItemForm):
    """A new custom item of `record_type`."""

    key = forms.CharField(
        label=_("キー"),
        max_length=64,
        validators=[
            RegexValidator(
                r"^[a-z][a-z0-9_]*\Z",
                _("使用できるのは半角の英小文字、数字、_です。英小文字で始めてください。"),
            )
        ],
        help_text=_(
            "連携の設定とファイルの取り込みで使用します。後から変更できません。例：securities_code"
        ),
        error_messages={"required": _("キーを入力してください。")},
        widget=forms.TextInput(attrs={"autocapitalize": "none", "spellcheck": "false"}),
    )
    kind = forms.ChoiceField(
        label=_("種類"),
        choices=[(kind, KINDS[kind]) for kind in OFFERED_KINDS],
        help_text=_("後から変更できません。"),
    )
    field_order = ["label", "key", "kind"]

    def __init__(self, *args: Any, record_type: RecordType, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.record_type = record_type

    def clean_key(self) -> str:
        """A key that no other custom item of the type has."""
        key: str = self.cleaned_data["key"]
        if CustomItem.objects.filter(record_type=self.record_type, key=key).exists():
            message = _("このキーはすでに使用されています。別のキーを入力してください。")
            raise ValidationError(message)
        return key

    def clean_kind(self) -> Kind:
        """The kind as our own word for it."""
        return Kind(self.cleaned_data["kind"])
