"""Reading a whole kintone app, page by page, in the order of its record numbers."""

from collections.abc import Iterator, Mapping, Sequence

from integrations.kintone.client import KintoneClient
from integrations.kintone.values import JsonValue
from mapping.plan import MappingPlan

#: Records of one page. Source: GET records.json.
PAGE = 500

#: Record number → field code → value.
Page = Mapping[int, Mapping[str, JsonValue]]


def requests_for(records: int) -> int:
    """How many requests reading so many records takes."""
    return records // PAGE + 1


def pages(
    client: KintoneClient, app: int, *, plan: MappingPlan
) -> Iterator[tuple[Page, int | None]]:
    """The records with the fields that the plan fills, and up to which number there are no others.

    The last page's number is None. By number and not by offset, kintone reads as fast at the end.

    Raises:
        KintoneError, AllowanceSpentError
    """
    fields = _fields_of(plan)
    last = 0
    while True:
        query = f"$id > {last} order by $id asc limit {PAGE}"
        records = client.get_records(app, query=query, fields=fields)
        page = {int(str(record["$id"])): record for record in records}
        last = max(page, default=last)
        yield page, last if len(records) == PAGE else None
        if len(records) < PAGE:
            return


def _fields_of(plan: MappingPlan) -> Sequence[str]:
    codes = [column.rule.table or column.rule.field for column in plan.columns]
    return ["$id", *dict.fromkeys(codes)]
