"""What the pages about the tenant show: its state, its pulls, the rows that need a look."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from common.problems import Problem
from common.types import RecordType
from crm.labels import row_label
from crm.models import Company, Lead
from jobs.models import Schedule
from pulls import troubles, words
from pulls.models import Arrival, Pull, Refusal, Tenant, Trouble
from pulls.owners import UnknownOwner, unknown_owners
from pulls.words import Described

_ROWS: Final[Mapping[RecordType, Any]] = {
    RecordType.COMPANY: Company.objects,
    RecordType.LEAD: Lead.objects.select_related("company"),
}
#: Pulls that the page lists.
LISTED = 10
#: Owners whom we do not know that the page names.
NAMED = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class PullLine:
    """One pull with what went wrong in it."""

    pull: Pull
    problem: Described | None

    @property
    def percent(self) -> int:
        """How far it is in its stage, 0 to 99."""
        return min(99, 100 * self.pull.done // max(self.pull.total, 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceState:
    """How the tenant is."""

    tenant: Tenant
    active: PullLine | None
    lines: Sequence[PullLine]
    trouble: Trouble | None
    described: Described | None
    details: str
    refused: int
    gone: int
    owners: Sequence[UnknownOwner]
    next_at: datetime | None
    """When the next slot falls due; None where no connection has a schedule."""


def state_of(tenant: Tenant) -> SourceState:
    """Everything that the page says of the tenant: a constant number of queries."""
    pulls = Pull.objects.filter(tenant=tenant).order_by("-id")[:LISTED]
    lines = [_line(pull) for pull in pulls]
    trouble = troubles.open_trouble(tenant)
    problem = Problem.from_json(trouble.problem) if trouble else None
    return SourceState(
        tenant=tenant,
        active=next((line for line in lines if line.pull.status in Pull.ACTIVE), None),
        lines=lines,
        trouble=trouble,
        described=words.describe(problem) if problem else None,
        details=words.details(problem) if problem else "",
        refused=Refusal.objects.count(),
        gone=Arrival.objects.filter(gone=True).count(),
        owners=unknown_owners(most=NAMED),
        next_at=Schedule.objects.order_by("next_due_at")
        .values_list("next_due_at", flat=True)
        .first()
        if tenant.enabled
        else None,
    )


def source_trouble() -> Described | None:
    """What keeps data from coming in, for other pages; None if nothing does."""
    trouble = Trouble.objects.filter(ended_at=None).order_by("id").first()
    return words.describe(Problem.from_json(trouble.problem)) if trouble else None


def _line(pull: Pull) -> PullLine:
    problem = Problem.from_json(pull.message) if pull.message else None
    return PullLine(pull=pull, problem=words.describe(problem) if problem else None)


@dataclass(frozen=True, slots=True, kw_only=True)
class GoneRow:
    """A row of ours that the tenant no longer has."""

    record_type: RecordType
    external_id: str
    pk: int | None
    label: str


def gone_rows(arrivals: Sequence[Arrival]) -> list[GoneRow]:
    """These arrivals with the rows that they are; two queries at most."""
    found: dict[tuple[str, str], Any] = {}
    for record_type in (RecordType.COMPANY, RecordType.LEAD):
        ids = [one.external_id for one in arrivals if one.record_type == record_type]
        if ids:
            rows = _ROWS[record_type].filter(external_id__in=ids)
            found |= {(record_type.value, row.external_id or ""): row for row in rows}
    lines = []
    for one in arrivals:
        record_type = RecordType(one.record_type)
        row = found.get((one.record_type, one.external_id))
        lines.append(
            GoneRow(
                record_type=record_type,
                external_id=one.external_id,
                pk=row.pk if row else None,
                label=row_label(record_type, row) if row else "",
            )
        )
    return lines
