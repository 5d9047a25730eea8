"""Forms for IDs that change: a file of pairs, and one new ID typed by hand."""

import csv
import io
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from common.types import RecordType
from crm.importing.encoding import CsvError
from crm.importing.pairs import PairLine, headings, read_pairs

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Beyond it, nobody could write customer data for too long: `manage.py aliases` takes any number.
MOST_PAIRS = 2000
#: A file of so many pairs is never larger.
_LARGEST_FILE = 1024 * 1024


class PairsForm(forms.Form):
    """Old and new IDs, as a file or as lines."""

    use_required_attribute = False
    file = forms.FileField(
        label=gettext_lazy("CSVファイル"),
        required=False,
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ".csv,text/csv"}),
    )
    lines = forms.CharField(
        label=gettext_lazy("旧IDと新ID"),
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false"}),
    )

    def __init__(self, *args: Any, record_type: RecordType, **options: Any) -> None:
        super().__init__(*args, **options)
        self.record_type = record_type
        self.pairs: Sequence[PairLine] = ()
        old, new = headings(record_type)
        self.initial["lines"] = f"{old},{new}\n"
        self.fields["file"].help_text = _(
            "「%(old)s」と「%(new)s」の列があるCSVを選択してください。新しいIDが空の行は読み飛ばします。"
        ) % {"old": old, "new": new}
        self.fields["lines"].help_text = _(
            "ファイルの代わりに、1行に1組ずつ入力できます。1行目は見出しです。"
        )

    def clean(self) -> None:
        """Read the pairs, from the file if one is given."""
        upload = self.cleaned_data.get("file")
        name = "file" if upload else "lines"
        content = upload or io.BytesIO(self.cleaned_data["lines"].encode())
        if upload and (upload.size or 0) > _LARGEST_FILE:
            self.add_error("file", _too_many())
            return
        try:
            self.pairs = read_pairs(self.record_type, content)
        except CsvError as error:
            self.add_error(name, str(error))
            return
        if len(self.pairs) > MOST_PAIRS:
            self.add_error(name, _too_many())
        elif not self.pairs:
            self.add_error(name, _("旧IDと新IDの組がありません。"))

    def as_lines(self) -> str:
        """The pairs as the text field takes them; lines that cannot be read are left out."""
        written = io.StringIO()
        writer = csv.writer(written, lineterminator="\n")
        writer.writerow(headings(self.record_type))
        writer.writerows((pair.old, pair.new) for pair in self.pairs if not pair.reason)
        return written.getvalue()


class NewIdForm(forms.Form):
    """The ID that a record has from now on."""

    use_required_attribute = False
    new_id = forms.CharField(
        label=gettext_lazy("新しいID"),
        max_length=128,
        error_messages={"required": gettext_lazy("新しいIDを入力してください。")},
    )


def _too_many() -> str:
    return (
        _(
            "画面で登録できるのは%s件までです。"
            "分割するか、コマンド manage.py aliases を使用してください。"
        )
        % f"{MOST_PAIRS:,}"
    )
