"""The form of the tenant that data is pulled from."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext_lazy as _

from common.sealing import seal, unseal
from jobs.pages.forms import read_lines
from pulls.hosts import read_host
from pulls.models import Tenant


class SourceForm(forms.Form):
    """A Hot Profile and its API key; an empty key keeps what is stored."""

    use_required_attribute = False

    host = forms.CharField(
        label=_("ホスト名"),
        max_length=255,
        help_text=_(
            "ホットプロファイルを開いたときのアドレスです。URLを貼り付けても読み取ります。"
            "例：example.hotprofile.biz"
        ),
        error_messages={"required": _("ホスト名を入力してください。")},
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
        ),
    )
    api_key = forms.CharField(
        label=_("APIキー"),
        required=False,
        help_text=_("ホットプロファイルのWeb APIのキーです。暗号化して保存します。"),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    notify = forms.CharField(
        label=_("通知先メールアドレス"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "autocomplete": "off"}),
        help_text=_(
            "取り込みが止まったときと、復旧したときに知らせます。1行に1件入力してください。"
        ),
    )
    enabled = forms.BooleanField(
        label=_("自動で取り込む"),
        required=False,
        initial=True,
        help_text=_("kintone連携の実行スケジュールに合わせて、連携の前に取り込みます。"),
    )
    sealed = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, tenant: Tenant | None, **options: Any) -> None:
        super().__init__(*args, **options)
        self.tenant = tenant
        self.typed = ""
        if tenant is not None and not self.is_bound:
            self.initial = {
                "host": tenant.host,
                "notify": "\n".join(tenant.notify),
                "enabled": tenant.enabled,
            }

    @property
    def knows_key(self) -> bool:
        """Whether a key is stored already or was typed a moment ago."""
        return bool(self.typed or (self.tenant and self.tenant.api_key))

    @property
    def sealed_key(self) -> str:
        """What was typed, for the hidden field of the form that comes back."""
        return seal({"api_key": self.typed})

    @property
    def asked(self) -> Tenant:
        """The tenant as the form describes it; not stored."""
        stored = self.tenant.api_key if self.tenant else ""
        return Tenant(host=self.cleaned_data["host"], api_key=self.typed or stored)

    def clean_host(self) -> str:
        """The host, also of a pasted address."""
        return read_host(self.cleaned_data["host"])

    def clean_notify(self) -> list[str]:
        """The addresses, each once."""
        addresses = read_lines(self.cleaned_data["notify"])
        for address in addresses:
            try:
                validate_email(address)
            except ValidationError:
                raise ValidationError(
                    _("「%(address)s」はメールアドレスの形式ではありません。")
                    % {"address": address}
                ) from None
        return addresses

    def clean(self) -> dict[str, Any]:
        """With a key; one that was typed before an error counts too."""
        given = super().clean() or self.cleaned_data
        before = unseal(given.get("sealed") or "")
        self.typed = given.get("api_key") or before.get("api_key", "")
        if self.typed:
            return given
        if self.tenant is None or not self.tenant.api_key:
            self.add_error("api_key", _("APIキーを入力してください。"))
        elif given.get("host") not in (None, self.tenant.host):
            # Whoever changes the address must not thereby send our key to another one.
            self.add_error("api_key", _("接続先が変わりました。もう一度入力してください。"))
        return given
