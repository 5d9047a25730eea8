"""What a source row must be like as a whole, and what follows from what came in."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from django.utils.translation import gettext as _

from common.types import RecordType
from crm.catalogue.items import Item
from crm.writing.departments import closes_circle
from crm.writing.parse import problem
from crm.writing.references import References
from crm.writing.results import RowProblem

_LEGAL_FORM: Final = re.compile(
    r"株式会社|有限会社|合同会社|合資会社|合名会社|相互会社"
    r"|[(（](?:株|有|同|資|名)[)）]|[㈱㈲]"
    r"|(?:一般|公益|特定非営利活動|独立行政|地方独立行政|国立大学|学校|医療|社会福祉|宗教)?"
    r"(?:社団法人|財団法人)|(?:特定非営利活動|独立行政|地方独立行政|国立大学|学校|社会福祉|宗教)法人"
)


def short_name(name: str) -> str:
    """The name without its legal form at either end; the name itself if nothing else is left."""
    for form in _LEGAL_FORM.finditer(name):
        rest = name[form.end() :] if form.start() == 0 else name[: form.start()]
        if rest.strip() and (form.start() == 0 or form.end() == len(name)):
            return rest.strip()
    return name


def complete(
    record_type: RecordType, row: Any, columns: dict[str, Any], *, references: References
) -> None:
    """Add to `columns` what follows from them.

    A company's blank short name is made from its name. A new department or lead without company
    belongs to its parent's or department's one; moved to another company, it leaves its old parent
    or department.
    """
    if record_type is RecordType.COMPANY:
        _complete_short_name(row, columns)
    elif record_type is RecordType.DEPARTMENT:
        _complete_company(row, columns, "parent_id", references=references)
    else:
        _complete_company(row, columns, "department_id", references=references)


def _complete_short_name(row: Any, columns: dict[str, Any]) -> None:
    name = columns.get("name", row.name)
    given = columns.get("name_disp", row.name_disp)
    follows = "name_disp" not in columns and given == short_name(row.name)
    if not given or follows:
        columns["name_disp"] = short_name(name)


def _complete_company(
    row: Any, columns: dict[str, Any], inside: str, *, references: References
) -> None:
    holder = columns.get(inside)
    if row.pk is None and "company_id" not in columns and holder is not None:
        columns["company_id"] = references.company_of[holder]
    moved = columns.get("company_id", row.company_id) != row.company_id
    if row.pk is not None and moved and inside not in columns:
        columns[inside] = None


class Check:
    """Checks of whole rows within one chunk."""

    def __init__(self, *, references: References, items: Mapping[str, Item]) -> None:
        self._references = references
        self._items = items
        self.parents: dict[int, int | None] = {}
        """Department → parent, of those changed in this chunk but not yet written."""

    def problems(
        self, record_type: RecordType, row: Any, columns: Mapping[str, Any]
    ) -> Sequence[RowProblem]:
        """What is wrong with the row as it would be."""
        missing = [
            problem(item, _("入力してください。"))
            for item in self._items.values()
            if item.required and not columns.get(item.key, getattr(row, item.key))
        ]
        if record_type is RecordType.COMPANY:
            return missing
        whole = self.department if record_type is RecordType.DEPARTMENT else self.lead
        return [*missing, *whole(row, columns)]

    def department(self, row: Any, columns: Mapping[str, Any]) -> Sequence[RowProblem]:
        """It is in the company of its parent, and no ancestor of itself."""
        parent_id = columns.get("parent_id", row.parent_id)
        found = self._inside(row, columns, parent_id, "parent.external_id")
        if parent_id is None or row.pk is None or "parent_id" not in columns:
            return found
        if closes_circle(row.pk, parent_id=parent_id, parents=self.parents):
            reason = _("上位部署をたどると、この部署に戻ってしまいます。")
            return [*found, problem(self._items["parent.external_id"], reason)]
        return found

    def lead(self, row: Any, columns: Mapping[str, Any]) -> Sequence[RowProblem]:
        """It is in the company of its department."""
        department_id = columns.get("department_id", row.department_id)
        return self._inside(row, columns, department_id, "department.external_id")

    def _inside(
        self, row: Any, columns: Mapping[str, Any], holder: int | None, key: str
    ) -> list[RowProblem]:
        company_id = columns.get("company_id", row.company_id)
        if company_id is None:
            reason = _("会社を指定してください。")
            return [problem(self._items["company.external_id"], reason)]
        if holder is None or not {"company_id", key.split(".")[0] + "_id"} & columns.keys():
            return []
        if self._references.company_of.get(holder, company_id) != company_id:
            reason = _("別の会社の部署です。")
            return [problem(self._items[key], reason, waits=key == "parent.external_id")]
        return []
