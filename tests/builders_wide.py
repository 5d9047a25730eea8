"""A mapping as wide as they come: a hundred custom items, two hundred kintone fields."""

from collections.abc import Iterator
from typing import Any

from common.types import Kind, RecordType
from crm import writing
from mapping.models import Mapping
from tests.builders_crm import make_custom_item
from tests.builders_mapping import make_mapping

ITEMS = 100
FIELDS = 200
#: How many of the items have a field, in a mapping that is in use.
MAPPED = 60
COMPANIES = 40

#: Subjects of items and fields, as CRM and kintone users name them; each comes several times.
_SUBJECTS = (
    "契約番号",
    "契約開始日",
    "担当部門",
    "与信限度額",
    "取引区分",
    "請求先住所",
    "最終訪問日時",
    "備考",
    "導入製品",
    "サポート窓口",
)
_KINDS = (
    Kind.TEXT,
    Kind.DATE,
    Kind.TEXT,
    Kind.NUMBER,
    Kind.CHOICE,
    Kind.TEXT,
    Kind.DATETIME,
    Kind.LONG_TEXT,
    Kind.CHOICES,
    Kind.PHONE,
)
_FIELDS: tuple[dict[str, Any], ...] = (
    {"type": "SINGLE_LINE_TEXT", "unique": True},
    {"type": "DATE"},
    {"type": "SINGLE_LINE_TEXT"},
    {"type": "NUMBER"},
    {"type": "DROP_DOWN", "options": ["新規", "既存", "休眠"]},
    {"type": "SINGLE_LINE_TEXT"},
    {"type": "DATETIME"},
    {"type": "MULTI_LINE_TEXT"},
    {"type": "CHECK_BOX", "options": ["販売管理", "会計", "給与"]},
    {"type": "LINK", "protocol": "CALL"},
)
_VALUES: tuple[Any, ...] = (
    "K-{n:05}",
    "2026-01-{day:02}",
    "第{n}営業部",
    "{n}0000",
    ("新規", "既存", "取引停止"),
    "東京都千代田区丸の内{n}-{n}",
    "2026-01-{day:02}T09:30:00+09:00",
    "{n}回目の訪問。\n次回は見積書を持参する。",
    ("販売管理;会計", "給与"),
    "03-0000-{n:04}",
)


def make_wide_mapping(*, in_use: bool = True) -> Mapping:
    """Companies into such an app, with values; without any rule where it is not in use."""
    for number, (subject, kind) in enumerate(_subjects(_KINDS)):
        make_custom_item(f"item{number}", kind=kind, label=f"{subject}{number // 10 + 1}")
    rows = [
        {
            "external_id": f"W{serial:05}",
            "name": f"株式会社青葉商事{serial}",
            **{f"custom.item{number}": _value(number, serial) for number in range(ITEMS)},
        }
        for serial in range(1, COMPANIES + 1)
    ]
    report = writing.upsert(RecordType.COMPANY, rows)
    assert report.count(writing.RowOutcome.CREATED) == COMPANIES, report
    rules = {"key": "external_id"}
    rules |= {f"field{number}": f"custom.item{number}" for number in range(MAPPED)}
    return make_mapping(form=_form(), rules=rules if in_use else {}, update_key="key")


def _form() -> dict[str, dict[str, Any]]:
    """The key, a field like each item, others that no item is like, a table, some closed ones."""
    form: dict[str, dict[str, Any]] = {
        "key": {"type": "SINGLE_LINE_TEXT", "label": "会社ID", "unique": True}
    }
    for number, (subject, field) in enumerate(_subjects(_FIELDS)):
        form[f"field{number}"] = {"label": f"{subject}{number // 10 + 1}", **field}
    others = {f"other{number}": _other(number) for number in range(FIELDS - ITEMS - 1 - 10 - 4)}
    columns = {f"column{number}": _other(number) for number in range(10)}
    table = {"table": {"type": "SUBTABLE", "label": "商談の明細", "fields": columns}}
    closed = {
        "合計": {"type": "CALC"},
        "添付": {"type": "FILE"},
        "作成者": {"type": "CREATOR"},
        "更新日時": {"type": "UPDATED_TIME"},
    }
    return {**form, **others, **table, **closed}


def _other(number: int) -> dict[str, Any]:
    type_ = ("SINGLE_LINE_TEXT", "NUMBER", "DATE", "RICH_TEXT", "MULTI_LINE_TEXT")[number % 5]
    return {"type": type_, "label": f"社内管理用の欄{number + 1}"}


def _subjects(beside: tuple[Any, ...]) -> Iterator[tuple[str, Any]]:
    for number in range(ITEMS):
        place = number % len(_SUBJECTS)
        yield _SUBJECTS[place], beside[place]


def _value(number: int, serial: int) -> str:
    pattern = _VALUES[number % len(_VALUES)]
    if isinstance(pattern, tuple):
        return str(pattern[(number + serial) % len(pattern)])
    return str(pattern).format(n=serial, day=serial % 28 + 1)
