"""Records that look their parent up in kintone: named by it, and woken when it has arrived.

A lead's company, or a department's parent, may not be in kintone yet: then kintone refuses the
record for want of a lookup source. Which parents a mapping looks up is told by the catalogue (whose
value an item shows) and by the form (which fields are lookups, and into which app).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery

from common.problems import Problem
from common.types import RecordType
from crm import changes
from crm.catalogue import Parent, parents_by_item
from jobs.engine.values import Settled
from jobs.ledger import ANEW
from jobs.models import Ledger, LedgerEntry
from jobs.states import EntryState
from mapping.columns import origin_items
from mapping.plan import MappingPlan

#: kintone found no record in the source of a lookup.
MISSING = "GAIA_LO04"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """A parent that records of a mapping look up in kintone."""

    field: str
    """The lookup's field code; of a table's column `TABLE.COLUMN`."""
    parent: Parent
    app: int | None
    """The kintone app that it is looked up in; None: we may not see which."""


def sought_by(plan: MappingPlan, record_type: RecordType) -> list[Sought]:
    """The parents that records of this plan look up."""
    parents = parents_by_item(record_type)
    return [
        Sought(field=column.path, parent=parents[item], app=column.target.lookup.app)
        for column in plan.columns
        if column.target.lookup is not None
        for item in origin_items(column.rule)
        if item in parents
    ]


def own_parent(ledger: Ledger, sought: Sequence[Sought]) -> Parent | None:
    """The parent that records of this ledger look up among themselves, if they do."""
    record_type = ledger.mapping.record_type
    for one in sought:
        if one.parent.record_type == record_type and one.app in (ledger.app, None):
            return one.parent
    return None


def wake_children(ledger: Ledger, sought: Sequence[Sought], *, now: datetime) -> int:
    """Make due what was refused for want of a parent that has arrived since; returns how many.

    One statement over the failed entries. What may still be on its way comes back by itself.
    """
    arrived = Q(pk__in=[])
    for one in sought:
        of_field = Q(problems__0__field__in=[one.field, ""])
        arrived |= of_field & Q(Exists(_arrived_since(ledger, one)))
    waiting = LedgerEntry.objects.filter(
        Q(due_at=None) | Q(due_at__gt=now),
        Q(doubt_until=None) | Q(doubt_until__lte=now),
        ledger=ledger,
        state=EntryState.FAILED,
        problems__0__params__code=MISSING,
    )
    return waiting.filter(arrived).update(due_at=now, **ANEW) if sought else 0


def name_parents(
    settled: Sequence[Settled], sought: Sequence[Sought], *, record_type: RecordType
) -> Sequence[Settled]:
    """The same, with the parent named in the reason of each record that was refused for want of it.

    Costs two queries for each lookup concerned, none where nothing was refused so.
    """
    for one in sought:
        rows = [each.row_id for each in settled if any(_lacks(p, one) for p in each.problems)]
        if rows:
            names = _names_of_parents(one.parent, rows, record_type=record_type)
            settled = [_named(each, one, name=names.get(each.row_id, "")) for each in settled]
    return settled


def _arrived_since(ledger: Ledger, sought: Sought) -> QuerySet[LedgerEntry]:
    """The entry of an outer entry's parent, if kintone took the parent after it was refused."""
    children = changes.model_of(RecordType(ledger.mapping.record_type))._default_manager
    parent_id = children.filter(pk=OuterRef(OuterRef("source_id"))).values(
        f"{sought.parent.relation}_id"
    )
    ledgers = Ledger.objects.filter(
        host=ledger.host, mapping__record_type=sought.parent.record_type
    )
    if sought.app is not None:
        ledgers = ledgers.filter(app=sought.app)
    return LedgerEntry.objects.filter(
        ledger__in=list(ledgers.values_list("pk", flat=True)),
        source_id=Subquery(parent_id[:1]),
        state=EntryState.SYNCED,
        record_id__isnull=False,
        touched_at__gt=OuterRef("touched_at"),
    )


def _names_of_parents(
    parent: Parent, row_ids: Sequence[int], *, record_type: RecordType
) -> dict[int, str]:
    """Row → what a person calls its parent."""
    rows = changes.model_of(record_type)._default_manager.filter(pk__in=row_ids)
    parents = dict(rows.values_list("pk", f"{parent.relation}_id"))
    found = changes.load(
        parent.record_type,
        [pk for pk in parents.values() if pk is not None],
        item_keys=(),
        viewer_id=None,
    )
    names = {record.id: record.full_label for record in found}
    return {row_id: names.get(parent_id, "") for row_id, parent_id in parents.items()}


def _lacks(problem: Problem, sought: Sought) -> bool:
    return problem.field == sought.field and problem.params.get("code") == MISSING


def _named(settled: Settled, sought: Sought, *, name: str) -> Settled:
    return replace(
        settled,
        problems=tuple(
            replace(problem, params={**problem.params, "parent": name})
            if name and _lacks(problem, sought)
            else problem
            for problem in settled.problems
        ),
    )
