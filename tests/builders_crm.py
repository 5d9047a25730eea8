"""Customer data with defaults, written as the product writes it: through `crm.writing`.

Values are given by column name (`name="…"`), custom ones as `custom={"rank": "A"}`; rows that a row
belongs to are handed over as rows.
"""

from collections.abc import Mapping, Sequence
from itertools import count
from typing import Any

from common.types import Kind, RecordType
from crm import writing
from crm.models import Company, CustomItem, Department, Lead, Member

_numbers = count(1)


def make_custom_item(
    key: str,
    *,
    record_type: RecordType = RecordType.COMPANY,
    kind: Kind = Kind.TEXT,
    label: str = "",
) -> CustomItem:
    """The definition of a custom item."""
    return CustomItem.objects.create(
        record_type=record_type, key=key, label=label or key, kind=kind
    )


def make_member(**values: Any) -> Member:
    """A member; name, e-mail and login are made up where not given."""
    number = next(_numbers)
    defaults = {"name": f"社員{number}", "email": f"member{number}@example.com"}
    return writing.save_member(**{**defaults, **values})


def make_company(**values: Any) -> Company:
    """A company; name and external ID are made up where not given."""
    number = next(_numbers)
    defaults = {"external_id": f"C{number:05}", "name": f"株式会社テスト{number}"}
    return Company.objects.get(pk=_saved(RecordType.COMPANY, {**defaults, **values}))


def make_companies(number: int, **values: Any) -> list[Company]:
    """So many companies, in the order of their ids."""
    rows = []
    for _count in range(number):
        serial = next(_numbers)
        rows.append({"external_id": f"C{serial:05}", "name": f"株式会社テスト{serial}", **values})
    report = writing.upsert(RecordType.COMPANY, [_row(row) for row in rows])
    assert report.count(writing.RowOutcome.CREATED) == number, report
    ids = [result.id for result in report.results if result.id is not None]
    return list(Company.objects.filter(pk__in=ids).order_by("pk"))


def make_department(company: Company | None = None, **values: Any) -> Department:
    """A department, under `parent` where given; of a made up company where none is given."""
    number = next(_numbers)
    parent = values.get("parent")
    owner = company or (parent.company if parent else make_company())
    defaults = {"external_id": f"D{number:05}", "name": f"第{number}営業部", "company": owner}
    return Department.objects.get(pk=_saved(RecordType.DEPARTMENT, {**defaults, **values}))


def make_lead(company: Company | None = None, **values: Any) -> Lead:
    """A lead everyone sees; of a made up company where none is given."""
    number = next(_numbers)
    department = values.get("department")
    owner = company or (department.company if department else make_company())
    defaults = {
        "external_id": f"L{number:05}",
        "family_name": f"山田{number}",
        "first_name": "太郎",
        "company": owner,
    }
    return Lead.objects.get(pk=_saved(RecordType.LEAD, {**defaults, **values}))


def change(row: Company | Department | Lead, **values: Any) -> None:
    """Give the row these values, as an edit on screen does, and read it again."""
    record_type = RecordType(type(row).__name__.lower())
    result = writing.save_one(record_type, _row(values), row_id=row.pk)
    assert result.outcome is not writing.RowOutcome.REFUSED, result.reason
    row.refresh_from_db()


def _saved(record_type: RecordType, values: Mapping[str, Any]) -> int:
    result = writing.save_one(record_type, _row(values))
    assert result.id is not None, result.reason
    return result.id


def _row(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values by item key."""
    row: dict[str, Any] = {}
    for name, value in values.items():
        if name == "custom":
            row.update({f"custom.{key}": entry for key, entry in value.items()})
        elif name == "owner":
            row["owner.email"] = value.email if value else ""
        elif name in ("company", "department", "parent"):
            row[f"{name}.external_id"] = value.external_id if value else ""
        elif name == "groups":
            row[name] = _group_names(value)
        else:
            row[name] = value
    return row


def _group_names(groups: Sequence[Any]) -> tuple[str, ...]:
    return tuple(str(group) for group in groups)
