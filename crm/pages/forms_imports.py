"""Forms for the import of a file: the file, and which item each of its columns fills."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from common.types import RecordType
from crm.catalogue import items_by_key
from crm.catalogue.custom import PREFIX
from crm.importing import columns as csv_columns
from crm.importing import limits
from crm.importing.files import Matching
from crm.importing.limits import MEGABYTES
from crm.importing.uploads import Head
from crm.writing import key_items

if TYPE_CHECKING:
    from django.core.files.uploadedfile import UploadedFile


class UploadForm(forms.Form):
    """The file to import."""

    file = forms.FileField(
        label=gettext_lazy("ファイル"),
        help_text=gettext_lazy(
            "1行目が見出しのCSVまたはExcel（.xlsx）のファイルを選択してください。"
            "CSVの文字コードはUTF-8またはShift_JIS、大きさは50MBまでです。"
        ),
        error_messages={
            "required": gettext_lazy("ファイルを選択してください。"),
            "empty": gettext_lazy(
                "ファイルが空です。見出しとデータのあるファイルを選択してください。"
            ),
        },
        widget=forms.FileInput(attrs={"accept": ".csv,text/csv,.xlsx"}),
    )

    def __init__(self, *args: Any, too_large: bool = False, **kwargs: Any) -> None:
        """`too_large`: the request was, so its file was not taken (`crm.importing.limits`)."""
        super().__init__(*args, **kwargs)
        if too_large:
            self.fields["file"].error_messages["required"] = _too_large()

    def clean_file(self) -> "UploadedFile[bytes]":
        """A file that is not larger than what can be kept."""
        upload: UploadedFile[bytes] = self.cleaned_data["file"]
        if (upload.size or 0) > MEGABYTES * 1024 * 1024:
            raise ValidationError(_too_large())
        return upload


def upload_form(request: HttpRequest) -> UploadForm:
    """The form as it was posted, or a blank one; a file that is too large was not taken."""
    if request.method != "POST":
        return UploadForm()
    too_large = limits.is_too_large(int(request.META.get("CONTENT_LENGTH") or 0))
    return UploadForm(request.POST, request.FILES, too_large=too_large)


def _too_large() -> str:
    return _("ファイルが%sMBを超えています。分割してから取り込んでください。") % MEGABYTES


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of the file on the matching screen."""

    heading: str
    samples: tuple[str, ...]
    field: forms.BoundField | None
    """None where the column cannot be told from others, and so cannot be imported."""


class MatchForm(forms.Form):
    """Which item each column fills, and by which item rows are found."""

    def __init__(
        self,
        data: Any = None,
        *,
        record_type: RecordType,
        head: Head,
        chosen: Matching | None = None,
    ) -> None:
        super().__init__(data)
        self.record_type, self.head = record_type, head
        self.items = items_by_key(record_type)
        remembered = csv_columns.recall(record_type, head.headings)
        self.suggested = csv_columns.suggest(record_type, head.headings)
        matched = remembered.columns if remembered else self.suggested
        key = remembered.key if remembered else csv_columns.usual_key(record_type, matched)
        if chosen is not None:  # a moment ago, before its forecast
            matched, key = {k: v for k, v in chosen.columns.items() if v}, chosen.key
        self.remembered = remembered is not None and chosen is None
        items = {heading: item for item, heading in matched.items()}
        for position, heading in enumerate(head.headings):
            if heading and head.headings.count(heading) == 1:
                self.fields[f"column-{position}"] = forms.ChoiceField(
                    label=heading,
                    required=False,
                    choices=self._item_choices(),
                    initial=items.get(heading, ""),
                )
        self.fields["key"] = forms.ChoiceField(
            label=_("キー"),
            choices=[(key, self.items[key].label) for key in key_items(record_type)],
            initial=key,
            help_text=_(
                "この項目の値が同じデータは更新し、ない場合は追加します。"
                "データごとに異なる値を持つ項目を選択してください。"
            ),
        )

    def columns(self) -> Iterator[Column]:
        """The columns of the file in their order, with the first values of each."""
        for position, heading in enumerate(self.head.headings):
            name = f"column-{position}"
            yield Column(
                heading=heading,
                samples=tuple(line[position] for line in self.head.samples),
                field=self[name] if name in self.fields else None,
            )

    def clean(self) -> dict[str, Any]:
        """Every item filled by one column at most, the key by one."""
        taken: dict[str, str] = {}
        for name, item in self._chosen():
            if item in taken:
                message = _(
                    "「%(item)s」は、列「%(heading)s」で選択済みです。どちらかを変更してください。"
                )
                values = {"item": self.items[item].label, "heading": taken[item]}
                self.add_error(name, message % values)
            taken[item] = str(self.fields[name].label)
        key = self.cleaned_data.get("key")
        if key and key not in taken:
            message = _(
                "「%s」に取り込む列がありません。列を選択するか、別のキーを選択してください。"
            )
            self.add_error("key", message % self.items[key].label)
        elif "id" in taken and key != "id":
            self._refuse_id()
        return self.cleaned_data

    def matching(self) -> Matching:
        """What was chosen; items whose headings fit but were not chosen are not to be filled."""
        return Matching(
            key=self.cleaned_data["key"],
            columns={**dict.fromkeys(self.suggested), **self.chosen_columns()},
        )

    def chosen_columns(self) -> Mapping[str, str]:
        """Item key → heading, as chosen."""
        return {item: str(self.fields[name].label) for name, item in self._chosen()}

    def _chosen(self) -> list[tuple[str, str]]:
        """(field name, item key) of the columns for which an item was chosen."""
        return [
            (name, item)
            for name, item in self.cleaned_data.items()
            if name.startswith("column-") and item
        ]

    def _refuse_id(self) -> None:
        for name, item in self._chosen():
            if item == "id":
                message = _("「%s」は、キーに選択した場合だけ取り込めます。")
                self.add_error(name, message % self.items[item].label)

    def _item_choices(self) -> list[Any]:
        writable = [
            (item.key, item.label)
            for item in self.items.values()
            if item.writable or item.key == "id"
        ]
        custom = [choice for choice in writable if choice[0].startswith(PREFIX)]
        standard = [choice for choice in writable if not choice[0].startswith(PREFIX)]
        groups: list[Any] = [("", _("取り込まない")), (_("標準の項目"), standard)]
        return [*groups, (_("カスタム項目"), custom)] if custom else groups
