"""Departments, which the API does not list: they follow from what leads say of theirs.

A lead names its department's id and the names from the root down to it. Of those above only the
name is known, until a lead of their own brings the id: until then they have an external ID of our
making, and are found by their path. Then they are given theirs, and stay the same rows.
"""

import hashlib
import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from common import clock
from common.types import RecordType
from crm import writing
from crm.models import Company, Department
from crm.writing import IncomingRow, turns
from crm.writing.departments import SEPARATOR
from crm.writing.merging import MergeRefusedError, merge_rows
from integrations.hotprofile.values import Record
from pulls import convert

logger = logging.getLogger(__name__)

#: How an external ID of our making begins.
MADE_UP: Final = "hp:"

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Node:
    """One department that leads speak of."""

    company: str
    """External ID."""
    path: Path
    number: str
    """Their id; "" where only the name is known."""


def bring_in(records: Sequence[Record], *, up_to_date: bool = True) -> dict[int, str]:
    """Make sure that the departments of these leads are there; lead's id → external ID of its own.

    Leads of a company that we do not have are left out: they will be refused for that.

    Args:
        up_to_date: False where the records were read earlier: then departments that are known by
            their id are neither renamed nor moved.
    """
    leads = {int(record["id"]): _leaf(record) for record in records}
    nodes = {node for node in leads.values() if node is not None}
    known = _Known(nodes)
    nodes = {node for node in nodes if node.company in known.companies}
    places: dict[Node | None, str] = {}
    for level in _levels(nodes):
        found = known.place(level, above=places, up_to_date=up_to_date)
        places.update(found.items())
    return {lead: places[node] for lead, node in leads.items() if node in places}


def _leaf(record: Record) -> Node | None:
    path = convert.hierarchy_of(record)
    company = convert.company_id_of(record)
    if not path or not company:
        return None
    return Node(company=company, path=path, number=convert.department_id_of(record))


def _levels(nodes: Iterable[Node]) -> list[list[Node]]:
    """The nodes and all above them, roots first; of one path those with an id first."""
    levels: dict[int, set[Node]] = defaultdict(set)
    for node in nodes:
        levels[len(node.path)].add(node)
        for depth in range(1, len(node.path)):
            levels[depth].add(Node(company=node.company, path=node.path[:depth], number=""))
    return [
        sorted(levels[depth], key=lambda node: (not node.number, node.company, node.path))
        for depth in sorted(levels)
    ]


class _Known:
    """The departments that we have of these companies, and those of these ids."""

    def __init__(self, nodes: Iterable[Node]) -> None:
        nodes = list(nodes)
        names = {node.company for node in nodes}
        self.companies = dict(
            Company.objects.filter(external_id__in=names).values_list("external_id", "pk")
        )
        self._numbers = {node.number for node in nodes if node.number}
        self._load()

    def _load(self) -> None:
        self._by_path: dict[tuple[int, str], list[Department]] = defaultdict(list)
        self._by_id: dict[str, Department] = {}
        of_companies = Department.objects.filter(company_id__in=self.companies.values())
        of_ids = Department.objects.filter(external_id__in=self._numbers)
        for row in (of_companies | of_ids).select_related("parent").order_by("pk"):
            self._by_path[row.company_id, row.path].append(row)
            if row.external_id:
                self._by_id[row.external_id] = row

    def place(
        self, level: Sequence[Node], *, above: Mapping[Node | None, str], up_to_date: bool
    ) -> dict[Node, str]:
        """Node → external ID of its department, which is there now, as the node says."""
        if self._give_ids(level):
            self._load()
        places: dict[Node, str] = {}
        rows: dict[str, IncomingRow] = {}
        for node in level:
            external_id = places[node] = self._external_id(node, taken=places)
            parent = self._parent(node, above=above)
            if self._differs(external_id, node, parent=parent, up_to_date=up_to_date):
                rows.setdefault(external_id, _row(external_id, node, parent=parent))
        if rows:
            writing.upsert(RecordType.DEPARTMENT, list(rows.values()))
            self._load()
        self._merge_made_up(level)
        return places

    def _give_ids(self, level: Sequence[Node]) -> bool:
        """Give departments that were known by their path alone the id that is known now."""
        rows: list[dict[str, Any]] = []
        used: set[int] = set()
        for node in level:
            external_id = node.number or _made_up(node)
            if external_id in self._by_id:
                continue
            nameless = [row for row in self._at(node) if _is_nameless(row) and row.pk not in used]
            if nameless and (node.number or not nameless[0].external_id):
                used.add(nameless[0].pk)
                rows.append({"id": nameless[0].pk, "external_id": external_id})
        if rows:
            writing.upsert(RecordType.DEPARTMENT, rows, key="id")
        return bool(rows)

    def _external_id(self, node: Node, *, taken: Mapping[Node, str]) -> str:
        if node.number:
            return node.number
        # Its id may have come with this very page.
        for other, external_id in taken.items():
            if (other.company, other.path) == (node.company, node.path):
                return external_id
        there = sorted(self._at(node), key=lambda row: (_is_nameless(row), row.pk))
        return (there[0].external_id or "") if there else _made_up(node)

    def _parent(self, node: Node, *, above: Mapping[Node | None, str]) -> str:
        if len(node.path) == 1:
            return ""
        return above[Node(company=node.company, path=node.path[:-1], number="")]

    def _differs(self, external_id: str, node: Node, *, parent: str, up_to_date: bool) -> bool:
        row = self._by_id.get(external_id)
        if row is None:
            return True
        if not (up_to_date and node.number):
            return False
        there = (row.name, row.parent.external_id if row.parent else "", row.company_id)
        return there != (node.path[-1], parent, self.companies[node.company])

    def _merge_made_up(self, level: Sequence[Node]) -> None:
        """Where a department came to the path of one that was made up, that one goes into it."""
        for node in level:
            if not node.number:
                continue
            for row in self._at(node):
                if _is_nameless(row) and row.external_id != node.number:
                    _move_into(row, node.number)

    def _at(self, node: Node) -> Sequence[Department]:
        company = self.companies[node.company]
        return self._by_path.get((company, SEPARATOR.join(node.path)), ())


def _is_nameless(row: Department) -> bool:
    """Whether nothing but its path tells which of theirs it is."""
    return not row.external_id or row.external_id.startswith(MADE_UP)


def _made_up(node: Node) -> str:
    """An external ID for a department of which only the path is known: always the same one."""
    path = hashlib.blake2b(SEPARATOR.join(node.path).encode(), digest_size=6).hexdigest()
    return f"{MADE_UP}{node.company}:{path}"


def _row(external_id: str, node: Node, *, parent: str) -> IncomingRow:
    return {
        "external_id": external_id,
        "name": node.path[-1],
        "company.external_id": node.company,
        "parent.external_id": parent,
    }


def _move_into(row: Department, external_id: str) -> None:
    """Let `row` go into the department of that ID, which gets its kintone record where it has none.

    No alias is noted: an ID of our making stands for a path, which may be another's tomorrow.
    """

    def work() -> None:
        turns.alone()
        into = Department.objects.get(external_id=external_id)
        merge_rows(RecordType.DEPARTMENT, row.pk, into_id=into.pk, now=clock.now())

    try:
        writing.in_transaction(work)
    except (Department.DoesNotExist, MergeRefusedError) as error:
        logger.warning("Department %s stays beside %s: %s", row.pk, external_id, error)
