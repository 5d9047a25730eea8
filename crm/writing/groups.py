"""The groups that leads are visible to: named by incoming rows, added where they are new."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from crm.models import Group, Lead
from crm.writing.parse import ParsedRow


class GroupBook:
    """Which groups the leads of a chunk have and shall have. Other types have none."""

    def __init__(self, parsed: Sequence[ParsedRow], *, rows: Sequence[Any]) -> None:
        self._wanted: dict[int, tuple[Any, frozenset[str]]] = {}
        self._stored: dict[int, frozenset[str]] = {}
        leads = [row.pk for row in rows if isinstance(row, Lead)]
        if leads and any(row.groups is not None for row in parsed):
            self._stored = _names_of(leads)

    def differ(self, row: Any, names: tuple[str, ...] | None) -> bool:
        """Whether the row shall have other groups than it has."""
        if names is None:
            return False
        wanted = self._wanted.get(id(row))
        current = wanted[1] if wanted else self._stored.get(row.pk, frozenset())
        return current != frozenset(names)

    def want(self, row: Any, names: Sequence[str]) -> None:
        """Note that the row shall have these groups and no others."""
        self._wanted[id(row)] = (row, frozenset(names))

    def write(self) -> None:
        """Make it so; the rows are written already."""
        if not self._wanted:
            return
        names = frozenset[str]().union(*(names for _row, names in self._wanted.values()))
        Group.objects.bulk_create(
            (Group(name=name) for name in sorted(names)), ignore_conflicts=True
        )
        ids = dict(Group.objects.filter(name__in=names).values_list("name", "pk"))
        through = Lead.groups.through
        through.objects.filter(
            lead_id__in=[row.pk for row, _names in self._wanted.values()]
        ).delete()
        through.objects.bulk_create(
            through(lead_id=row.pk, group_id=ids[name])
            for row, names in self._wanted.values()
            for name in sorted(names)
        )


def _names_of(leads: Sequence[int]) -> dict[int, frozenset[str]]:
    found: dict[int, set[str]] = defaultdict(set)
    rows = Lead.groups.through.objects.filter(lead_id__in=leads)
    for lead_id, name in rows.values_list("lead_id", "group__name"):
        found[lead_id].add(name)
    return {lead_id: frozenset(names) for lead_id, names in found.items()}
