"""Writing the invented data of `crm.demo`: whatever is there already stays as it is."""

from collections.abc import Sequence

from common.types import RecordType
from crm import custom_items, writing
from crm.demo import CUSTOM_ITEMS, MEMBERS, DemoData
from crm.models import CustomItem, Member
from crm.writing.results import IncomingRow, RowOutcome


class DemoRefusedError(Exception):
    """A row of the invented data was refused; nothing of the later types was written."""


def load(data: DemoData) -> dict[RecordType, int]:
    """How many rows of each type were added; rows that were there already are not counted.

    Raises:
        DemoRefusedError: `crm.writing` refused a row.
    """
    _load_members()
    _load_custom_items()
    return {
        RecordType.COMPANY: _added(RecordType.COMPANY, data.companies),
        RecordType.DEPARTMENT: _added(RecordType.DEPARTMENT, data.departments),
        RecordType.LEAD: _added(RecordType.LEAD, data.leads),
    }


def _load_members() -> None:
    known = set(Member.objects.values_list("email", flat=True))
    for member in MEMBERS:
        if member.email not in known:
            writing.save_member(
                email=member.email,
                name=member.name,
                login=member.login,
                active=member.active,
                groups=member.groups,
                section=member.section,
            )


def _load_custom_items() -> None:
    known = set(CustomItem.objects.values_list("record_type", "key"))
    for item in CUSTOM_ITEMS:
        if (item.record_type.value, item.key) not in known:
            custom_items.add(item.record_type, key=item.key, label=item.label, kind=item.kind)


def _added(record_type: RecordType, rows: Sequence[IncomingRow]) -> int:
    report = writing.upsert(record_type, rows)
    refused = [result.reason for result in report.results if result.outcome is RowOutcome.REFUSED]
    if refused:
        raise DemoRefusedError(refused[0])
    return report.count(RowOutcome.CREATED)
