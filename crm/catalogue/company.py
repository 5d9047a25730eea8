"""The items of a company (会社)."""

from collections.abc import Callable, Sequence
from typing import Any, Final

from common.types import ItemValue, Kind
from crm.catalogue.items import Item, column, identity, owner_items, times
from crm.models import Company, Department

#: The attribute under which `crm.changes` lays a company's departments, in the order of their path.
DEPARTMENTS: Final = "departments_in_order"


def _departments(read: Callable[[Department], str]) -> Callable[[Company], ItemValue]:
    def getter(company: Any) -> ItemValue:
        return tuple(read(department) for department in getattr(company, DEPARTMENTS))

    return getter


def _department_column(name: str, label_ja: str, label_en: str) -> Item:
    return Item(
        key=f"departments.{name}",
        label_ja=label_ja,
        label_en=label_en,
        kind=Kind.ROWS,
        getter=_departments(lambda department: getattr(department, name) or ""),
        rowset="departments",
        depends_on=frozenset({f"department.{name}"}),
    )


ITEMS: Final[Sequence[Item]] = (
    *identity("会社", "Company"),
    column("name", "会社名", "Company name", max_length=255, required=True),
    column("name_kana", "会社名カナ", "Company name (kana)", max_length=255),
    column("name_disp", "会社名略称", "Company short name", max_length=255),
    column("zip", "郵便番号", "Postal code", max_length=100),
    column("pref", "都道府県", "Prefecture", Kind.CHOICE, max_length=100),
    column("address", "住所", "Address", max_length=255),
    column("latitude", "緯度", "Latitude", Kind.NUMBER),
    column("longitude", "経度", "Longitude", Kind.NUMBER),
    column("main_tel", "代表電話番号", "Main phone number", Kind.PHONE, max_length=255),
    column("url", "URL", "Website", Kind.URL, max_length=255),
    column("mail_domain", "メールドメイン", "Mail domain", max_length=255),
    column("business_category_kbn", "業種", "Industry", Kind.CHOICE, max_length=255),
    column("worker_number_kbn", "従業員数", "Number of employees", Kind.CHOICE, max_length=255),
    column("capital_kbn", "資本金", "Capital", Kind.CHOICE, max_length=255),
    column("ipo_kbn", "上場区分", "Listing", Kind.CHOICE, max_length=255),
    column("sales_last_year", "前年売上", "Sales of last year", max_length=255),
    column("corporate_number", "法人番号", "Corporate number", max_length=13),
    column("note", "メモ", "Note", Kind.LONG_TEXT, max_length=3000),
    column("tags", "タグ", "Tags", Kind.CHOICES, max_length=255),
    *owner_items(),
    _department_column("name", "部署一覧：部署名", "Departments: name"),
    _department_column("path", "部署一覧：部署階層", "Departments: path"),
    _department_column("external_id", "部署一覧：外部ID", "Departments: external ID"),
    *times(),
)
