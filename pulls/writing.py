"""One page of companies or leads, written; what does not fit is kept with its reason."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from django.db.models import Q

from common.types import RecordType
from crm.aliases import current_ids
from crm.models import Alias, Company
from crm.writing import RowOutcome, RowResult, in_transaction, upsert
from crm.writing.identity import settle
from crm.writing.values import RawValue
from integrations.hotprofile.values import Record
from pulls import convert, departments
from pulls.labels import LabelBook
from pulls.models import Arrival, Refusal
from pulls.owners import OwnerBook

#: So many companies that leads name and that have not come in are asked for in one cycle, each with
#: a call; and so many for leads that were refused before.
MOST_ASKED_FOR: Final = 500
MOST_ASKED_FOR_AGAIN: Final = 20

#: Fetches the company of that id; None if there is none.
AskForCompany = Callable[[int], Record | None]


@dataclass(slots=True, kw_only=True)
class Counts:
    """What became of records."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: int = 0

    def add(self, outcome: RowOutcome) -> None:
        """One more that ended so."""
        setattr(self, outcome.value, getattr(self, outcome.value) + 1)

    def as_dict(self) -> dict[str, int]:
        """The counts by the names of a pull's columns."""
        return {outcome.value: getattr(self, outcome.value) for outcome in RowOutcome}


@dataclass(slots=True, kw_only=True)
class PageWriter:
    """Writes pages of one pull."""

    reading: int
    """The number of the reading of everything that is under way, or was last."""
    now: Callable[[], datetime]
    ask_for_company: AskForCompany
    _absent: set[str] = field(default_factory=set)
    """Companies that were asked for in vain."""
    _asked: int = 0
    """How many were asked for."""

    def write(self, record_type: RecordType, records: Sequence[Record]) -> Counts:
        """Write these records, which may have been written before; what became of them."""
        return self._write(
            record_type, records, seen=dict.fromkeys(map(_id, records), self.reading)
        )

    def write_again(self, record_type: RecordType, refusals: Sequence[Refusal]) -> Counts:
        """Write what was refused earlier, as it was read then; what became of it."""
        seen = {refusal.external_id: refusal.reading for refusal in refusals}
        records = [refusal.record for refusal in refusals]
        return self._write(record_type, records, seen=seen, up_to_date=False)

    def _write(
        self,
        record_type: RecordType,
        records: Sequence[Record],
        *,
        seen: Mapping[str, int],
        up_to_date: bool = True,
    ) -> Counts:
        """See `write`.

        Args:
            seen: External ID → the reading of everything during which it was seen last.
        """
        if record_type is RecordType.LEAD:
            records = _under_present_ids(records)
            most = MOST_ASKED_FOR if up_to_date else MOST_ASKED_FOR_AGAIN
            records = self._with_companies(records, most=most)
        rows, unknown = self._rows(record_type, records, up_to_date=up_to_date)
        report = upsert(record_type, rows, now=self.now())
        counts = Counts()
        for result in report.results:
            counts.add(result.outcome)
        self._keep(record_type, records, report.results, seen=seen)
        self._note_arrivals(record_type, records, report.results, unknown, seen=seen)
        return counts

    def _rows(
        self, record_type: RecordType, records: Sequence[Record], *, up_to_date: bool
    ) -> tuple[list[Mapping[str, RawValue]], list[bool]]:
        """The rows of these records, and whether the owner of each is unknown."""
        labels, owners = LabelBook(record_type), OwnerBook()
        items = [convert.items_of(record) for record in records]
        labels.learn(items)
        places: Mapping[int, str] = {}
        if record_type is RecordType.LEAD:
            places = departments.bring_in(records, up_to_date=up_to_date)
        rows: list[Mapping[str, RawValue]] = []
        unknown: list[bool] = []
        for record, described in zip(records, items, strict=True):
            owner, is_unknown = owners.row(convert.owner_of(record_type, record))
            row = {**convert.row_of(record_type, record), **labels.values(described), **owner}
            if record_type is RecordType.LEAD:
                row["department.external_id"] = places.get(int(record["id"]), "")
            rows.append(row)
            unknown.append(is_unknown)
        return rows, unknown

    def _with_companies(self, records: Sequence[Record], *, most: int) -> Sequence[Record]:
        """The leads, once their companies are there: those that are not yet are asked for.

        A company that was merged answers by the name of the one that stayed; then the lead is that
        one's.
        """
        named = {convert.company_id_of(record) for record in records} - {""}
        known = Company.objects.filter(external_id__in=named).values_list("external_id", flat=True)
        missing = sorted(named - set(known) - self._absent)[: max(most - self._asked, 0)]
        self._asked += len(missing)
        found: dict[str, Record] = {}
        for number in missing:
            company = self.ask_for_company(int(number)) if number.isdecimal() else None
            if company is None:
                self._absent.add(number)
            else:
                found[number] = company
        if not found:
            return records
        # Two that were merged may answer by the same one.
        self.write(RecordType.COMPANY, list({one["id"]: one for one in found.values()}.values()))
        note_merged(
            {number: _id(one) for number, one in found.items() if _id(one) != number},
            now=self.now(),
        )
        stayed = {number: company["id"] for number, company in found.items()}
        return [_of_company(record, stayed) for record in records]

    def _keep(
        self,
        record_type: RecordType,
        records: Sequence[Record],
        results: Sequence[RowResult],
        *,
        seen: Mapping[str, int],
    ) -> None:
        """Keep what was refused, forget what was refused earlier and fits now."""
        pairs = list(zip(records, results, strict=True))
        fit = [str(one["id"]) for one, result in pairs if not _is_refused(result)]
        refusals = Refusal.objects.filter(record_type=record_type)
        if fit:
            refusals.filter(external_id__in=fit).delete()
        refused = [
            Refusal(
                record_type=record_type,
                external_id=_id(record),
                label=convert.label_of(record_type, record),
                record=record,
                reason=result.reason,
                reading=seen[_id(record)],
                refused_at=self.now(),
            )
            for record, result in pairs
            if _is_refused(result)
        ]
        Refusal.objects.bulk_create(
            refused,
            update_conflicts=True,
            unique_fields=["record_type", "external_id"],
            update_fields=["label", "record", "reason", "reading", "refused_at"],
        )

    def _note_arrivals(
        self,
        record_type: RecordType,
        records: Sequence[Record],
        results: Sequence[RowResult],
        unknown: Sequence[bool],
        *,
        seen: Mapping[str, int],
    ) -> None:
        """Remember what came from there; of what was refused, that it is still there."""
        arrivals: list[Arrival] = []
        still_there: list[str] = []
        for record, result, is_unknown in zip(records, results, unknown, strict=True):
            if _is_refused(result):
                # What is only tried again was not seen there again.
                if seen[_id(record)] == self.reading:
                    still_there.append(_id(record))
                continue
            code, name = convert.owner_of(record_type, record) or ("", "")
            arrivals.append(
                Arrival(
                    record_type=record_type,
                    external_id=_id(record),
                    reading=seen[_id(record)],
                    owner_code=code,
                    owner_name=name,
                    owner_unknown=is_unknown,
                )
            )
        Arrival.objects.bulk_create(
            arrivals,
            update_conflicts=True,
            unique_fields=["record_type", "external_id"],
            update_fields=["reading", "gone", "owner_code", "owner_name", "owner_unknown"],
        )
        if still_there:
            of_them = Q(record_type=record_type, external_id__in=still_there)
            Arrival.objects.filter(of_them).update(reading=self.reading, gone=False)


def note_merged(ids: Mapping[str, str], *, now: datetime) -> None:
    """Companies that answer under another ID were merged there; so they are here."""
    if not ids:
        return

    def work() -> None:
        settle(RecordType.COMPANY, list(ids.items()), origin=Alias.Origin.SOURCE, now=now)

    in_transaction(work)


def _under_present_ids(records: Sequence[Record]) -> Sequence[Record]:
    """The leads with the company and the department that theirs became, where these have others."""
    companies = current_ids(RecordType.COMPANY, map(convert.company_id_of, records))
    departments = current_ids(RecordType.DEPARTMENT, map(convert.department_id_of, records))
    if not (companies or departments):
        return records
    return [
        {
            **record,
            "client_id": companies.get(convert.company_id_of(record), record.get("client_id")),
            "organization_id": departments.get(
                convert.department_id_of(record), record.get("organization_id")
            ),
        }
        for record in records
    ]


def _of_company(record: Record, stayed: Mapping[str, int]) -> Record:
    company = convert.company_id_of(record)
    return {**record, "client_id": stayed[company]} if company in stayed else record


def _is_refused(result: RowResult) -> bool:
    return result.outcome is RowOutcome.REFUSED


def _id(record: Record) -> str:
    return str(record["id"])
