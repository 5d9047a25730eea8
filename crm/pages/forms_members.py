"""Forms for members (社員), the users of the CRM that the data comes from."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from crm.models import Group, Member


class MemberForm(forms.Form):
    """One member; `member` is the one being changed, if any."""

    name = forms.CharField(
        label=_("氏名"),
        max_length=255,
        error_messages={"required": _("氏名を入力してください。")},
    )
    email = forms.EmailField(
        label=_("メールアドレス"),
        max_length=200,
        help_text=_("取り込むファイルの営業担当者は、メールアドレスでこの社員に結び付きます。"),
        error_messages={
            "required": _("メールアドレスを入力してください。"),
            "invalid": _("「user@example.com」の形で入力してください。"),
        },
    )
    login = forms.CharField(
        label=_("kintoneのログイン名"),
        max_length=128,
        required=False,
        help_text=_("kintoneのユーザー選択フィールドに連携するときに使用します。"),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none"}),
    )
    section = forms.CharField(
        label=_("所属部署"),
        max_length=1000,
        required=False,
        help_text=_(
            "上位の部署から順に「＞」で区切って入力します。例：営業本部＞東日本営業部"
            "　部署権限モードで、リードを参照できる社員を決めるときに使用します。"
        ),
    )
    groups = forms.ModelMultipleChoiceField(
        label=_("グループ"),
        queryset=Group.objects.order_by("name"),
        required=False,
        help_text=_("公開範囲が「グループ」のリードは、同じグループの社員が参照できます。"),
        widget=forms.CheckboxSelectMultiple,
    )
    new_group = forms.CharField(
        label=_("新しいグループ"),
        max_length=255,
        required=False,
        help_text=_("グループを追加するときだけ入力してください。"),
    )

    def __init__(self, *args: Any, member: Member | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.member = member
        if not Group.objects.exists():
            del self.fields["groups"]

    def clean_email(self) -> str:
        """An address that no other member has, in small letters as imports write it."""
        email: str = self.cleaned_data["email"].lower()
        others = Member.objects.exclude(pk=self.member.pk if self.member else 0)
        if others.filter(email__iexact=email).exists():
            message = _(
                "このメールアドレスの社員はすでに登録されています。別のメールアドレスを入力してください。"
            )
            raise ValidationError(message)
        return email

    @property
    def group_names(self) -> list[str]:
        """The names of the groups that were ticked, and the new one."""
        names = [group.name for group in self.cleaned_data.get("groups", ())]
        return [*names, *filter(None, [self.cleaned_data["new_group"]])]
