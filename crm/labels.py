"""The words for record types, kinds of items, values, and single rows."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from common.types import ItemValue, Kind, RecordType, UserRef

TYPE_LABELS: Final[Mapping[RecordType, Promise]] = {
    RecordType.COMPANY: _("会社"),
    RecordType.DEPARTMENT: _("部署"),
    RecordType.LEAD: _("リード"),
}

KINDS: Final[Mapping[Kind, Promise]] = {
    Kind.TEXT: _("文字列（1行）"),
    Kind.LONG_TEXT: _("文字列（複数行）"),
    Kind.RICH_TEXT: _("リッチテキスト"),
    Kind.NUMBER: _("数値"),
    Kind.DATE: _("日付"),
    Kind.TIME: _("時刻"),
    Kind.DATETIME: _("日時"),
    Kind.CHOICE: _("選択（1つ）"),
    Kind.CHOICES: _("選択（複数）"),
    Kind.USER: pgettext_lazy("種類", "ユーザー"),
    Kind.USERS: _("ユーザー（複数）"),
    Kind.URL: _("URL"),
    Kind.EMAIL: _("メールアドレス"),
    Kind.PHONE: _("電話番号"),
    Kind.FLAG: _("はい・いいえ"),
    Kind.ROWS: _("複数行"),
}


def record_type_label(record_type: RecordType) -> str:
    """What the type is called in the reader's language."""
    return str(TYPE_LABELS[record_type])


def kind_label(kind: Kind) -> str:
    """What the kind is called in the reader's language."""
    return str(KINDS[kind])


#: The columns that `row_label` reads.
LABEL_COLUMNS: Final[Mapping[RecordType, tuple[str, ...]]] = {
    RecordType.COMPANY: ("name",),
    RecordType.DEPARTMENT: ("path", "company__name"),
    RecordType.LEAD: ("family_name", "first_name", "company__name"),
}


def row_label(record_type: RecordType, row: Any) -> str:
    """What a person calls the row; a department and a lead with their company (loaded already)."""
    match record_type:
        case RecordType.COMPANY:
            return str(row.name)
        case RecordType.DEPARTMENT:
            return f"{row.path}（{row.company.name}）"
        case RecordType.LEAD:
            name = f"{row.family_name} {row.first_name}".strip()
            return f"{name}（{row.company.name}）"


def value_label(value: ItemValue) -> str:
    """A value of an item as text; several ones one below the other; "" where it is empty."""
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return str(_("はい") if value else _("いいえ"))
    if isinstance(value, tuple):
        return "\n".join(value_label(part) for part in value)
    if isinstance(value, UserRef):
        return f"{value.name}（{value.email}）"
    return _plain(value)


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return timezone.localtime(value).strftime("%Y/%m/%d %H:%M")
    if isinstance(value, date):
        return value.strftime("%Y/%m/%d")
    if isinstance(value, Decimal):
        return f"{value.normalize():f}" if value else "0"
    return str(value)
