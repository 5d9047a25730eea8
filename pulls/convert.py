"""From a company or lead as Hot Profile describes it to the row that `crm.writing` takes.

Pure: values in, values out. What has no item of ours (latitude of a card, ids of tags) is left out.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from common.types import RecordType
from crm.writing import IncomingRow
from crm.writing.values import RawValue
from integrations.hotprofile.values import Record

#: Our item → theirs, where the value is taken as it is.
_COMPANY: Final[Mapping[str, str]] = {
    **{
        key: key
        for key in (
            *("name", "name_kana", "name_disp", "zip", "pref", "latitude", "longitude"),
            *("main_tel", "url", "mail_domain", "business_category_kbn", "worker_number_kbn"),
            *("capital_kbn", "ipo_kbn", "sales_last_year", "corporate_number", "note"),
        )
    },
}
_LEAD: Final[Mapping[str, str]] = {
    **{
        key: key
        for key in (
            *("family_name", "first_name", "family_name_kana", "first_name_kana", "post", "tel"),
            *("extension", "fax", "mobile_tel", "email", "mobile_email", "zip", "pref", "url"),
            *("latitude", "longitude", "lead_source", "trade_on", "note", "customer_id", "tags"),
        )
    },
    "lead_status": "lead_status_name",
    "lead_source_kbn": "lead_source_kbn_name",
    "interest_products": "interest_product_type_names",
}
_FLAGS: Final = (
    *("error_mail", "error_tel", "error_fax", "error_address", "not_mail", "not_tel", "not_fax"),
    *("not_dm", "competitor", "important_customer", "end_user", "store"),
)
#: How a flag is written when it is off (hotprofile.md A2); anything else means on.
_OFF: Final = frozenset({"", "ー", "-", "－", "―", "0", "false", "off"})

_STATUSES: Final = {"1": "有効", "2": "無効"}


def row_of(record_type: RecordType, record: Record) -> dict[str, RawValue]:
    """The row without custom items, owner and department, which take a look at what we hold.

    What the record does not name at all is left as it is; null and "" clear.
    """
    columns = _COMPANY if record_type is RecordType.COMPANY else _LEAD
    row: dict[str, RawValue] = {
        key: _value(record[name]) for key, name in columns.items() if name in record
    }
    row["external_id"] = str(record["id"])
    if (address := _address(record)) is not None:
        row["address"] = address
    if record_type is RecordType.LEAD:
        row.update(_of_lead(record))
    return row


def label_of(record_type: RecordType, record: Record) -> str:
    """What a person calls the record."""
    if record_type is RecordType.COMPANY:
        return str(record.get("name") or "")[:255]
    names = (record.get("family_name"), record.get("first_name"))
    name = " ".join(str(one) for one in names if one) or str(record.get("name") or "")
    company = str(record.get("client_name") or "")
    return (f"{name}（{company}）" if company else name)[:255]


def owner_of(record_type: RecordType, record: Record) -> tuple[str, str] | None:
    """Code and name of the 営業担当者, "" where it has none; None where the record is silent."""
    before = "user" if record_type is RecordType.COMPANY else "owner_user"
    names = (f"{before}_code", f"{before}_name")
    if not any(name in record for name in names):
        return None
    code, name = (str(record.get(one) or "").strip()[:255] for one in names)
    return code, name


def items_of(record: Record) -> Mapping[str, RawValue]:
    """Label → value of the カスタム項目; the second one of a label is called 「LABEL（2）」."""
    found: dict[str, RawValue] = {}
    items = record.get("items")
    for item in items if isinstance(items, list) else ():
        label = str(item.get("label") or "").strip() if isinstance(item, dict) else ""
        if label:
            found[_free(label, found)] = _value(item.get("value"))
    return found


def hierarchy_of(record: Record) -> tuple[str, ...]:
    """The names of the lead's department from the root down to itself; () for none.

    `organization_hierarchy` may hold the department itself or only what is above it, and
    `organization_name` its own name or the whole path, as 部署出力設定 says (hotprofile.md A2):
    each is understood.
    """
    above = record.get("organization_hierarchy")
    names = [_name(one) for one in above] if isinstance(above, list) else []
    names = [name for name in names if name]
    own = _name(record.get("organization_name"))
    if own and not (names and (own == names[-1] or _bare(own) == _bare("".join(names)))):
        names.append(own)
    return tuple(names)


def department_id_of(record: Record) -> str:
    """Their id of the lead's department; "" for none."""
    return _id(record.get("organization_id"))


def company_id_of(record: Record) -> str:
    """Their id of the lead's company; "" for none."""
    return _id(record.get("client_id"))


def _of_lead(record: Record) -> IncomingRow:
    row: dict[str, RawValue] = {"company.external_id": company_id_of(record)}
    for key in _FLAGS:
        if f"{key}_flg" in record:
            text = str(_value(record[f"{key}_flg"]) or "").strip().casefold()
            row[key] = text not in _OFF
    status = str(record.get("lead_status") or "")
    if not record.get("lead_status_name") and status in _STATUSES:
        row["lead_status"] = _STATUSES[status]
    if not record.get("family_name") and record.get("name"):
        row["family_name"] = str(record["name"])
    return row


def _address(record: Record) -> str | None:
    """住所; put together from its three parts where it is only there in them."""
    if record.get("address"):
        return str(record["address"])
    parts = [str(record.get(f"address{part}") or "") for part in (1, 2, 3)]
    return "".join(parts) if "address" in record or any(parts) else None


def _value(value: Any) -> RawValue:
    """A JSON value as `crm.writing` reads it."""
    if value is None:
        return ""
    if isinstance(value, bool | str | int):
        return value
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, Sequence):
        return tuple(str(one) for one in value if one not in (None, ""))
    return str(value)


def _id(value: Any) -> str:
    return str(value).strip() if value not in (None, "", 0) else ""


def _name(value: Any) -> str:
    return " ".join(str(value or "").split())[:255]


def _bare(text: str) -> str:
    """Without whatever may stand between two names of a path."""
    return "".join(letter for letter in text if letter not in " 　＞>／/・|-→")


def _free(label: str, taken: Mapping[str, object]) -> str:
    label = label[:120]
    number, name = 1, label
    while name in taken:
        number += 1
        name = f"{label}（{number}）"
    return name
