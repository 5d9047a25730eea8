"""The items of a department (部署), and those of its company, which leads have as well."""

from collections.abc import Sequence
from typing import Final

from common.types import Kind
from crm.catalogue.items import Item, column, identity, related, times


def company_items() -> Sequence[Item]:
    """What a row knows of the company that it belongs to."""
    company = "company"
    return (
        related("company.id", "会社の会社ID", "Company: ID", origin=company, kind=Kind.NUMBER),
        related(
            "company.external_id",
            "会社外部ID",
            "Company: external ID",
            origin=company,
            writable=True,
        ),
        related(
            "company.corporate_number",
            "会社の法人番号",
            "Company: corporate number",
            origin=company,
            writable=True,
        ),
        related("company.name", "会社名", "Company: name", origin=company, writable=True),
        related("company.name_kana", "会社名カナ", "Company: name (kana)", origin=company),
        related("company.name_disp", "会社名略称", "Company: short name", origin=company),
        related("company.zip", "会社の郵便番号", "Company: postal code", origin=company),
        related(
            "company.pref",
            "会社の都道府県",
            "Company: prefecture",
            origin=company,
            kind=Kind.CHOICE,
        ),
        related("company.address", "会社の住所", "Company: address", origin=company),
        related(
            "company.main_tel",
            "会社の代表電話番号",
            "Company: main phone number",
            origin=company,
            kind=Kind.PHONE,
        ),
        related("company.url", "会社のURL", "Company: website", origin=company, kind=Kind.URL),
        related(
            "company.business_category_kbn",
            "会社の業種",
            "Company: industry",
            origin=company,
            kind=Kind.CHOICE,
        ),
        related(
            "company.worker_number_kbn",
            "会社の従業員数",
            "Company: number of employees",
            origin=company,
            kind=Kind.CHOICE,
        ),
        related(
            "company.capital_kbn",
            "会社の資本金",
            "Company: capital",
            origin=company,
            kind=Kind.CHOICE,
        ),
        related(
            "company.ipo_kbn",
            "会社の上場区分",
            "Company: listing",
            origin=company,
            kind=Kind.CHOICE,
        ),
    )


ITEMS: Final[Sequence[Item]] = (
    *identity("部署", "Department"),
    column("name", "部署名", "Department name", max_length=255, required=True),
    column("path", "部署階層", "Department path", Kind.LONG_TEXT, writable=False),
    related("parent.id", "上位部署の部署ID", "Parent: ID", origin="department", kind=Kind.NUMBER),
    related(
        "parent.external_id",
        "上位部署外部ID",
        "Parent: external ID",
        origin="department",
        writable=True,
    ),
    related("parent.name", "上位部署名", "Parent: name", origin="department"),
    related(
        "parent.path", "上位部署階層", "Parent: path", origin="department", kind=Kind.LONG_TEXT
    ),
    *company_items(),
    *times(),
)
