"""What kintone answers about rights, as values; what is of another shape raises as it comes."""

from collections.abc import Mapping
from typing import Any, Final

from integrations.kintone.values import RecordRights, RightsRow

#: Our name → kintone's, of a row of app/acl.json.
_GRANTS: Final = {"view": "recordViewable", "add": "recordAddable", "edit": "recordEditable"}


def record_rights(answer: Mapping[str, Any]) -> RecordRights:
    """The rights of the first record of records/acl/evaluate.json."""
    one = answer["rights"][0]
    return RecordRights(
        editable=one["record"]["editable"] is True,
        fields={
            str(code): (given["viewable"] is True, given["editable"] is True)
            for code, given in one["fields"].items()
        },
    )


def rights_rows(answer: Mapping[str, Any]) -> list[RightsRow]:
    """The rows of app/acl.json in their order."""
    return [
        RightsRow(
            kind=str(row["entity"]["type"]),
            code=str(row["entity"].get("code") or ""),
            granted=frozenset(name for name, theirs in _GRANTS.items() if row[theirs] is True),
        )
        for row in answer["rights"]
    ]
