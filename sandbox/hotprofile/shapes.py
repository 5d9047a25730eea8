"""Companies and leads as the API shows them: every item, in Hot Profile's own value shapes.

Flags are 「ー」 when they are off, empty texts "", empty choices null, times without a zone.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sandbox.hotprofile.world import Entry, Tenant

_COMPANY_TEXTS: Final = (
    *("name", "name_kana", "name_disp", "zip", "address", "address1", "address2", "address3"),
    *("latitude", "longitude", "sales_last_year", "main_tel", "url", "mail_domain", "note"),
    *("user_name", "user_code"),
)
_COMPANY_CHOICES: Final = (
    *("pref", "business_category_kbn", "worker_number_kbn", "capital_kbn", "ipo_kbn"),
    "corporate_number",
)
_LEAD_TEXTS: Final = (
    *("family_name", "first_name", "family_name_kana", "first_name_kana", "post", "tel"),
    *("extension", "fax", "mobile_tel", "email", "mobile_email", "zip", "address", "address1"),
    *("address2", "address3", "url", "latitude", "longitude", "lead_source", "note"),
    *("customer_id", "owner_user_name", "owner_user_code", "trade_on"),
)
_LEAD_CHOICES: Final = ("pref", "pref_id", "lead_source_kbn_id", "lead_source_kbn_name")
_LEAD_LISTS: Final = (
    *("tags", "tag_ids", "interest_product_type_names", "interest_product_type_ids"),
    "user_names",
)
FLAGS: Final = (
    *("error_mail_flg", "error_tel_flg", "error_fax_flg", "error_address_flg", "not_mail_flg"),
    *("not_tel_flg", "not_fax_flg", "not_dm_flg", "competitor_flg", "important_customer_flg"),
    *("end_user_flg", "store_flg"),
)
_ON, _OFF = "○", "ー"
_STATUSES: Final = {1: "有効", 2: "無効"}


def show(tenant: Tenant, listing: str, number: int, entry: Entry) -> dict[str, Any]:
    """The record as an answer holds it."""
    shown = _company(entry) if listing == "clients" else _lead(tenant, entry)
    return {
        "id": number,
        **shown,
        "items": [dict(item) for item in entry.values.get("items", ())],
        "created_at": moment(entry.created_at),
        "updated_at": moment(entry.updated_at),
    }


def moment(at: datetime) -> str:
    """`2026/11/22 14:05:00`, Japan's time."""
    return f"{at:%Y/%m/%d %H:%M:%S}"


def _company(entry: Entry) -> dict[str, Any]:
    return _filled(entry.values, texts=_COMPANY_TEXTS, choices=_COMPANY_CHOICES)


def _lead(tenant: Tenant, entry: Entry) -> dict[str, Any]:
    values = entry.values
    company = tenant.companies.by_id.get(values["client_id"])
    department = values.get("organization_id")
    hierarchy = tenant.hierarchy(department)
    status = values.get("lead_status", 1)
    names = [values.get(name, "") for name in ("family_name", "first_name")]
    kana = [values.get(name, "") for name in ("family_name_kana", "first_name_kana")]
    return {
        **_filled(values, texts=_LEAD_TEXTS, choices=_LEAD_CHOICES),
        **{name: list(values.get(name, ())) for name in _LEAD_LISTS},
        **{name: _ON if values.get(name) else _OFF for name in FLAGS},
        "client_id": values["client_id"],
        "client_name": company.values["name"] if company else "",
        "name": " ".join(filter(None, names)),
        "name_kana": " ".join(filter(None, kana)),
        "organization_id": department,
        "organization_name": hierarchy[-1] if hierarchy else "",
        "organization_hierarchy": hierarchy,
        "owner_user_id": values.get("owner_user_id"),
        "lead_status": status,
        "lead_status_name": _STATUSES[status],
    }


def _filled(
    values: Mapping[str, Any], *, texts: tuple[str, ...], choices: tuple[str, ...]
) -> dict[str, Any]:
    return {
        **{name: values.get(name, "") for name in texts},
        **{name: values.get(name) for name in choices},
    }
