"""The form of step 1: a connection, its schedule, whose leads it sends, whom it tells."""

import re
import unicodedata
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models import Q, QuerySet, TextChoices
from django.utils.translation import gettext_lazy as _

from common.sealing import seal, unseal
from crm.models import Member
from integrations.connections import read_subdomain
from integrations.models import Connection
from jobs.models import Schedule
from jobs.states import Interval

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

#: Fields whose values are never shown again.
SECRETS = ("password", "tokens", "basic_password", "certificate_password")


class Auth(TextChoices):
    """The two ways to log in."""

    LOGIN = "login", _("ログイン名とパスワード")
    TOKENS = "tokens", _("APIトークン")


def read_lines(text: str) -> list[str]:
    """The values of a field that takes one a line (or separated by commas), each once."""
    parts = re.split(r"[\s,、，;；]+", unicodedata.normalize("NFKC", text))
    return list(dict.fromkeys(part for part in parts if part))


class MemberChoiceField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """Members by name, with the address that tells two of one name apart."""

    def label_from_instance(self, obj: Member) -> str:
        shown = f"{obj.name}（{obj.email}）"
        return shown if obj.active else _("%(member)s［無効］") % {"member": shown}


def _secret(label: "str | _StrPromise", *, help_text: "str | _StrPromise" = "") -> forms.CharField:
    """A field that takes a secret and never gives it back."""
    widget = forms.PasswordInput(attrs={"autocomplete": "new-password"})
    return forms.CharField(
        label=label, required=False, widget=widget, strip=False, help_text=help_text
    )


class ConnectionForm(forms.ModelForm):  # type: ignore[type-arg]
    """A kintone, how we log in there, when it is due; empty secrets keep what is stored."""

    use_required_attribute = False

    subdomain = forms.CharField(
        label=_("サブドメイン"),
        max_length=200,
        help_text=_("例：URLがhttps://example.cybozu.com/の場合は「example」"),
    )
    domain = forms.ChoiceField(
        label=_("ドメイン"), choices=[(one, one) for one in Connection.Domain.values]
    )
    auth = forms.ChoiceField(
        label=_("認証方法"), choices=Auth.choices, widget=forms.RadioSelect, initial=Auth.LOGIN
    )
    password = _secret(_("パスワード"))
    tokens = _secret(_("APIトークン"), help_text=_("2つ以上ある場合は、カンマで区切ってください。"))
    basic_password = _secret(_("Basic認証のパスワード"))
    certificate_password = _secret(_("クライアント証明書のパスワード"))
    interval = forms.ChoiceField(
        label=_("実行スケジュール"),
        choices=Interval.choices,
        initial=Interval.MINUTES_5,
        help_text=_("前回の連携のあとに変更されたデータを、この間隔でkintoneに連携します。"),
    )
    sync_user = MemberChoiceField(
        label=_("連携ユーザー"),
        queryset=Member.objects.none(),
        required=False,
        empty_label=_("選択してください"),
        help_text=_(
            "リードを連携する場合に選択してください。この社員が参照できるリードだけを連携します。"
        ),
    )
    notify = forms.CharField(
        label=_("通知先メールアドレス"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "autocomplete": "off"}),
        help_text=_("連携が止まったときと、復旧したときに知らせます。1行に1件入力してください。"),
    )
    sealed = forms.CharField(required=False, widget=forms.HiddenInput)

    class Meta:
        model = Connection
        fields = ("name", "subdomain", "domain", "login", "basic_user", "certificate_file")
        help_texts = {
            "name": _("この画面と通知で使う名前です。例：本番"),
            "certificate_file": _("サーバー上のPEMまたはPFXファイルのパスです。"),
        }
        error_messages = {
            "name": {"unique": _("同じ名前の接続があります。別の名前を入力してください。")}
        }

    def __init__(self, *args: Any, schedule: Schedule | None = None, **options: Any) -> None:
        super().__init__(*args, **options)
        self.schedule = schedule
        self.stored_host = self.instance.host if self.instance.pk else ""
        self.typed: dict[str, str] = {}
        members = self.fields["sync_user"]
        assert isinstance(members, MemberChoiceField)
        members.queryset = _choosable_members(schedule)
        self.fields["login"].widget.attrs["autocomplete"] = "off"
        for name, field in self.fields.items():
            field.error_messages["required"] = _("%(field)sを入力してください。") % {
                "field": field.label or name
            }
        if not self.is_bound:
            self._show_stored()

    def _show_stored(self) -> None:
        if self.instance.pk and self.instance.tokens:
            self.initial["auth"] = Auth.TOKENS
        if self.schedule:
            self.initial["interval"] = self.schedule.interval
            self.initial["sync_user"] = self.schedule.sync_user_id
            self.initial["notify"] = "\n".join(self.schedule.notify)

    @property
    def known_secrets(self) -> Mapping[str, bool]:
        """Field name → whether its secret is stored already or was typed a moment ago."""
        return {
            name: bool(getattr(self.instance, name) if self.instance.pk else "")
            or bool(self.typed.get(name))
            for name in SECRETS
        }

    @property
    def opens_network(self) -> bool:
        """Whether the rarely needed part of the form has something to show."""
        names = ("basic_user", "basic_password", "certificate_file", "certificate_password")
        return any(self[name].value() or self[name].errors for name in names)

    @property
    def sealed_secrets(self) -> str:
        """What was typed, for the hidden field of the form that comes back."""
        return seal(self.typed)

    def clean_subdomain(self) -> str:
        """The subdomain, also of a pasted address."""
        read = read_subdomain(self.cleaned_data["subdomain"])
        self.pasted_domain = read.domain
        return read.subdomain

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
        """One way to log in, with its secrets; those that were typed before an error count too."""
        given = super().clean() or self.cleaned_data
        if domain := getattr(self, "pasted_domain", ""):
            given["domain"] = domain
        before = unseal(given.get("sealed") or "")
        self.typed = {name: given.get(name) or before.get(name, "") for name in SECRETS}
        if given.get("auth") == Auth.TOKENS:
            self._need_secret("tokens", _("APIトークンを入力してください。"))
        else:
            if not given.get("login"):
                self.add_error("login", _("ログイン名を入力してください。"))
            self._need_secret("password", _("パスワードを入力してください。"))
        return given

    def _need_secret(self, name: str, missing: "str | _StrPromise") -> None:
        if self.typed[name]:
            return
        if not self.known_secrets[name]:
            self.add_error(name, missing)
        elif self.moves_elsewhere:
            # Whoever changes the address must not thereby send our secret to another kintone.
            self.add_error(name, _("接続先が変わりました。もう一度入力してください。"))

    @property
    def moves_elsewhere(self) -> bool:
        """Whether a stored connection is about to go to another kintone."""
        given = self.cleaned_data
        host = f"{given.get('subdomain')}.{given.get('domain')}"
        return bool(self.stored_host) and host != self.stored_host

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
        self._fill_secrets()

    def _fill_secrets(self) -> None:
        """Put into the connection what it logs in with, and take away what it does not need."""
        connection, given = self.instance, self.cleaned_data
        for name, value in self.typed.items():
            if value:
                setattr(
                    connection, name, "\n".join(read_lines(value)) if name == "tokens" else value
                )
        if given.get("auth") == Auth.TOKENS:
            connection.login = connection.password = ""
        else:
            connection.tokens = ""
        if not connection.basic_user:
            connection.basic_password = ""
        if not connection.certificate_file:
            connection.certificate_password = ""


def _choosable_members(schedule: Schedule | None) -> QuerySet[Member]:
    """Active members, and the one that is chosen already."""
    choosable = Q(active=True)
    if schedule and schedule.sync_user_id:
        choosable |= Q(pk=schedule.sync_user_id)
    return Member.objects.filter(choosable).order_by("name", "id")
