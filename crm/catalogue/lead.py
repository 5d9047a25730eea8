"""The items of a lead (リード)."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from common.types import ItemValue, Kind
from crm.catalogue.department import company_items
from crm.catalogue.items import Item, column, identity, owner_items, related, times
from crm.models import Lead

#: What a visibility is called in kintone and in CSV files, whatever the reader's language.
VISIBILITY_NAMES: Final[Mapping[str, str]] = {
    Lead.Visibility.EVERYONE: "全体",
    Lead.Visibility.GROUPS: "グループ",
    Lead.Visibility.OWNER: "営業担当者のみ",
}


def _joined(key: str, label_ja: str, label_en: str, *, of: tuple[str, str]) -> Item:
    def getter(lead: Any) -> ItemValue:
        return " ".join(part for part in (getattr(lead, name) for name in of) if part)

    return Item(
        key=key, label_ja=label_ja, label_en=label_en, kind=Kind.TEXT, getter=getter, reads=of
    )


def _group_names(lead: Any) -> ItemValue:
    return tuple(sorted(group.name for group in lead.groups.all()))


_PERSON: Final[Sequence[Item]] = (
    column("family_name", "姓", "Family name", max_length=100, required=True),
    column("first_name", "名", "First name", max_length=100),
    _joined("name", "氏名", "Full name", of=("family_name", "first_name")),
    column("family_name_kana", "姓カナ", "Family name (kana)", max_length=100),
    column("first_name_kana", "名カナ", "First name (kana)", max_length=100),
    _joined(
        "name_kana", "氏名カナ", "Full name (kana)", of=("family_name_kana", "first_name_kana")
    ),
    column("post", "役職", "Position", max_length=255),
    column("tel", "電話番号", "Phone number", Kind.PHONE, max_length=100),
    column("extension", "内線番号", "Extension", max_length=8),
    column("fax", "FAX", "Fax", Kind.PHONE, max_length=100),
    column("mobile_tel", "携帯電話番号", "Mobile number", Kind.PHONE, max_length=100),
    column("email", "メールアドレス", "E-mail", Kind.EMAIL, max_length=200),
    column("mobile_email", "携帯メールアドレス", "Mobile e-mail", Kind.EMAIL, max_length=100),
    column("zip", "郵便番号", "Postal code", max_length=50),
    column("pref", "都道府県", "Prefecture", Kind.CHOICE, max_length=100),
    column("address", "住所", "Address", max_length=255),
    column("url", "URL", "Website", Kind.URL, max_length=255),
    column("latitude", "緯度", "Latitude", Kind.NUMBER),
    column("longitude", "経度", "Longitude", Kind.NUMBER),
)

_SALES: Final[Sequence[Item]] = (
    column("lead_status", "ステータス", "Status", Kind.CHOICE, max_length=100),
    column("lead_source_kbn", "リードソース区分", "Lead source type", Kind.CHOICE, max_length=255),
    column("lead_source", "リードソース", "Lead source", Kind.LONG_TEXT, max_length=3000),
    column("trade_on", "情報取得日", "Acquired on", Kind.DATE),
    column("note", "メモ", "Note", Kind.LONG_TEXT, max_length=3000),
    column("customer_id", "顧客ID", "Customer ID", max_length=255),
    column("tags", "タグ", "Tags", Kind.CHOICES, max_length=255),
    column(
        "interest_products",
        "興味のある商品",
        "Products of interest",
        Kind.CHOICES,
        max_length=255,
    ),
)

_FLAGS: Final[Sequence[Item]] = (
    column("error_mail", "メールエラー", "Mail error", Kind.FLAG),
    column("error_tel", "電話エラー", "Phone error", Kind.FLAG),
    column("error_fax", "FAXエラー", "Fax error", Kind.FLAG),
    column("error_address", "住所エラー", "Address error", Kind.FLAG),
    column("not_mail", "メール不可", "No mail", Kind.FLAG),
    column("not_tel", "電話不可", "No phone calls", Kind.FLAG),
    column("not_fax", "FAX不可", "No fax", Kind.FLAG),
    column("not_dm", "DM不可", "No direct mail", Kind.FLAG),
    column("competitor", "競合", "Competitor", Kind.FLAG),
    column("important_customer", "重要顧客", "Important customer", Kind.FLAG),
    column("end_user", "エンドユーザー", "End user", Kind.FLAG),
    column("store", "販売店", "Store", Kind.FLAG),
)

_DEPARTMENT: Final[Sequence[Item]] = (
    related(
        "department.id", "部署の部署ID", "Department: ID", origin="department", kind=Kind.NUMBER
    ),
    related(
        "department.external_id",
        "部署外部ID",
        "Department: external ID",
        origin="department",
        writable=True,
    ),
    related("department.name", "部署名", "Department: name", origin="department"),
    related(
        "department.path",
        "部署階層",
        "Department: path",
        origin="department",
        kind=Kind.LONG_TEXT,
    ),
)

_ACCESS: Final[Sequence[Item]] = (
    Item(
        key="visibility",
        label_ja="公開範囲",
        label_en="Visible to",
        kind=Kind.CHOICE,
        getter=lambda lead: VISIBILITY_NAMES[lead.visibility],
        writable=True,
        reads=("visibility",),
    ),
    Item(
        key="groups",
        label_ja="公開グループ",
        label_en="Groups",
        kind=Kind.CHOICES,
        getter=_group_names,
        rowset="groups",
        max_length=255,
        writable=True,
        depends_on=frozenset({"group.name"}),
    ),
)

ITEMS: Final[Sequence[Item]] = (
    *identity("リード", "Lead"),
    *_PERSON,
    *company_items(),
    *_DEPARTMENT,
    *_SALES,
    *_FLAGS,
    *owner_items(),
    *_ACCESS,
    *times(),
)
