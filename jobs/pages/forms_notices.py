"""The forms of the page 通知: to whom and when, and one channel."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator, validate_email
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from common.sealing import seal, unseal
from jobs.notices.checks import check_key, check_token, check_url
from jobs.notices.models import NoticeChannel
from jobs.notices.origins import SOURCE, Origin, kinds_of
from jobs.notices.plans import PlanValues
from jobs.notices.states import ChannelKind, Digest
from jobs.pages.forms import read_lines
from jobs.states import AlertKind

#: What stands in a field of addresses where nobody is to be told.
NOBODY = ("なし", "none")


def read_addresses(text: str) -> list[str]:
    """The e-mail addresses in a text, each once.

    Raises:
        ValidationError: something in it is none; worded for the reader.
    """
    addresses = read_lines(text)
    for address in addresses:
        try:
            validate_email(address)
        except ValidationError:
            message = gettext("「%(address)s」はメールアドレスの形式ではありません。")
            raise ValidationError(message % {"address": address}) from None
    return addresses


class PlanForm(forms.Form):
    """Addresses, quiet hours, whether notices are gathered."""

    use_required_attribute = False

    notify = forms.CharField(
        label=_("通知先メールアドレス"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "off"}),
        help_text=_("1行に1件入力してください。"),
    )
    digest = forms.ChoiceField(
        label=_("送るタイミング"),
        choices=Digest.choices,
        initial=Digest.IMMEDIATE,
        widget=forms.RadioSelect,
        help_text=_("時刻は日本時間です。"),
    )
    quiet_from = forms.TimeField(
        label=_("送らない時間帯の開始"),
        required=False,
        widget=forms.TimeInput(format="%H:%M", attrs={"type": "time", "class": "width-short"}),
        error_messages={"invalid": _("時刻を22:00の形で入力してください。")},
    )
    quiet_until = forms.TimeField(
        label=_("送らない時間帯の終了"),
        required=False,
        widget=forms.TimeInput(format="%H:%M", attrs={"type": "time", "class": "width-short"}),
        help_text=_("この時間帯の通知は、終了の時刻にまとめて送ります。"),
        error_messages={"invalid": _("時刻を7:00の形で入力してください。")},
    )
    urgent_at_once = forms.BooleanField(
        label=_("要対応の通知は、時間帯とまとめの設定にかかわらず、すぐに送る"),
        required=False,
    )

    def __init__(self, *args: Any, origin: Origin, **options: Any) -> None:
        super().__init__(*args, **options)
        self.own_kinds = [] if origin.is_source else list(AlertKind)
        for kind in self.own_kinds:
            self.fields[f"to_{kind}"] = forms.CharField(
                label=kind.label,
                required=False,
                widget=forms.Textarea(attrs={"rows": 1, "autocomplete": "off"}),
            )
        if not self.is_bound:
            self.initial = _initial(origin)

    @property
    def by_kind(self) -> list[forms.BoundField]:
        """The fields of addresses for one kind of alert each."""
        return [self[f"to_{kind}"] for kind in self.own_kinds]

    @property
    def opens_kinds(self) -> bool:
        """Whether some kind goes elsewhere, or is in error."""
        return any(field.value() or field.errors for field in self.by_kind)

    @property
    def values(self) -> PlanValues:
        """What the valid form says beside `notify`."""
        given = self.cleaned_data
        addresses = {str(kind): given[f"to_{kind}"] for kind in self.own_kinds}
        return PlanValues(
            addresses={kind: one for kind, one in addresses.items() if one is not None},
            quiet_from=given["quiet_from"],
            quiet_until=given["quiet_until"],
            urgent_at_once=given["urgent_at_once"],
            digest=given["digest"],
        )

    def clean_notify(self) -> list[str]:
        """The addresses, each once."""
        return read_addresses(self.cleaned_data["notify"])

    def clean(self) -> dict[str, Any]:
        """Addresses by kind (None: as the others), and quiet hours with both ends or none."""
        given = super().clean() or self.cleaned_data
        for kind in self.own_kinds:
            name = f"to_{kind}"
            try:
                given[name] = _own_addresses(given.get(name, ""))
            except ValidationError as error:
                self.add_error(name, error)
        begin, end = given.get("quiet_from"), given.get("quiet_until")
        if not self.errors.keys() & {"quiet_from", "quiet_until"}:
            if (begin is None) != (end is None):
                missing = "quiet_from" if begin is None else "quiet_until"
                self.add_error(missing, _("開始と終了の両方を入力するか、両方を空にしてください。"))
            elif begin is not None and begin == end:
                self.add_error("quiet_until", _("開始とは別の時刻を入力してください。"))
        return given


def _own_addresses(text: str) -> list[str] | None:
    """None where the kind goes where all others go."""
    if not text.strip():
        return None
    return [] if text.strip().lower() in NOBODY else read_addresses(text)


def _initial(origin: Origin) -> dict[str, object]:
    plan = origin.plan
    own = {
        f"to_{kind}": "\n".join(addresses) or gettext("なし")
        for kind, addresses in plan.addresses.items()
    }
    return {
        "notify": "\n".join(origin.notify),
        "digest": plan.digest,
        "quiet_from": plan.quiet_from,
        "quiet_until": plan.quiet_until,
        "urgent_at_once": plan.urgent_at_once,
        **own,
    }


class ChannelForm(forms.Form):
    """One channel of a given kind; empty secrets keep what is stored."""

    use_required_attribute = False

    name = forms.CharField(
        label=_("名前"),
        max_length=64,
        help_text=_("この画面で使う名前です。例：情報システム部"),
        error_messages={"required": _("名前を入力してください。")},
    )
    url = forms.CharField(
        label=_("WebhookのURL"),
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    room = forms.CharField(
        label=_("ルームID"),
        required=False,
        help_text=_("Chatworkでルームを開いたときの、URLの#!ridの後の数字です。"),
        validators=[RegexValidator(r"\A[0-9]{1,20}\Z", _("数字だけを入力してください。"))],
        widget=forms.TextInput(attrs={"inputmode": "numeric", "class": "width-medium"}),
    )
    secret = forms.CharField(
        required=False, widget=forms.PasswordInput(attrs={"autocomplete": "new-password"})
    )
    unsigned = forms.BooleanField(label=_("署名を付けない"), required=False)
    kinds = forms.MultipleChoiceField(
        label=_("送る通知"),
        choices=AlertKind.choices,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("1つ以上選択してください。")},
    )
    enabled = forms.BooleanField(label=_("有効にする"), required=False, initial=True)
    sealed = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, channel: NoticeChannel, origin: Origin, **options: Any) -> None:
        super().__init__(*args, **options)
        self.channel = channel
        self.kind = ChannelKind(channel.kind)
        self.typed: dict[str, str] = {}
        for name in self._unwanted(origin):
            del self.fields[name]
        if "secret" in self.fields:
            self._word_secret()
        self.fields["url" if "url" in self.fields else "room"].required = False
        if not self.is_bound:
            all_kinds = list(AlertKind.values)
            self.initial = {
                "name": channel.name or self.kind.label,
                "room": channel.room,
                "kinds": channel.kinds or all_kinds,
                "enabled": channel.enabled,
            }

    def _unwanted(self, origin: Origin) -> set[str]:
        """The fields that this kind of channel, or this origin, has no use for."""
        unwanted = {"kinds"} if kinds_of(origin.thing) == [SOURCE] else set()
        if self.kind == ChannelKind.CHATWORK:
            return unwanted | {"url", "unsigned"}
        if self.kind != ChannelKind.WEBHOOK:
            return unwanted | {"room", "secret", "unsigned"}
        return unwanted | {"room"} | (set() if self.channel.secret else {"unsigned"})

    def _word_secret(self) -> None:
        field = self.fields["secret"]
        if self.kind == ChannelKind.CHATWORK:
            field.label = _("APIトークン")
            field.help_text = _("Chatworkの［サービス連携］で発行します。暗号化して保存します。")
        else:
            field.label = _("署名の鍵")
            field.help_text = _(
                "受け取る側が、hpsyncからの通知であることを確かめるために使います。"
                "受け取る側と同じ鍵を、whsec_で始まる形で入力してください。暗号化して保存します。"
            )

    @property
    def knows(self) -> Mapping[str, bool]:
        """Secret → whether it is stored already or was typed a moment ago."""
        return {
            name: bool(getattr(self.channel, name)) or bool(self.typed.get(name))
            for name in ("url", "secret")
        }

    @property
    def needs_secret(self) -> bool:
        """Whether nothing can be sent without it."""
        return self.kind == ChannelKind.CHATWORK

    @property
    def sealed_secrets(self) -> str:
        """What was typed, for the hidden field of the form that comes back."""
        return seal(self.typed)

    def clean(self) -> dict[str, Any]:
        """With all that the kind needs; secrets that were typed before an error count too."""
        given = super().clean() or self.cleaned_data
        before = unseal(given.get("sealed") or "")
        checks = {"url": check_url, "secret": self._check_secret}
        for name, check in checks.items():
            text = given.get(name) or before.get(name, "")
            if name not in self.fields or not text:
                continue
            try:
                self.typed[name] = check(text)
            except ValidationError as error:
                self.add_error(name, error)
        self._need("url", _("WebhookのURLを入力してください。"))
        if self.needs_secret:
            self._need("secret", _("APIトークンを入力してください。"))
            if not given.get("room") and "room" not in self.errors:
                self.add_error("room", _("ルームIDを入力してください。"))
        self._refuse_second(given.get("name", ""))
        return given

    def _check_secret(self, text: str) -> str:
        return check_key(text) if self.kind == ChannelKind.WEBHOOK else check_token(text)

    def _need(self, name: str, missing: Any) -> None:
        if name in self.fields and name not in self.errors and not self.knows[name]:
            self.add_error(name, missing)

    def _refuse_second(self, name: str) -> None:
        others = NoticeChannel.objects.filter(plan=self.channel.plan_id, name=name)
        if self.channel.plan_id and others.exclude(pk=self.channel.pk).exists():
            self.add_error("name", _("同じ名前の送信先があります。別の名前を入力してください。"))

    def fill(self) -> NoticeChannel:
        """The channel as the valid form says it; not stored."""
        given, channel = self.cleaned_data, self.channel
        channel.name = given["name"]
        channel.room = given.get("room", "")
        channel.enabled = given["enabled"]
        kinds = given.get("kinds", [])
        channel.kinds = [] if len(kinds) == len(AlertKind) else kinds
        for name, value in self.typed.items():
            setattr(channel, name, value)
        if given.get("unsigned"):
            channel.secret = ""
        return channel
