"""What the pages on IDs and duplicates show: pairs, rows side by side, records left in kintone."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from common.types import RecordType
from crm import selectors
from crm.changes import model_of
from crm.labels import LABEL_COLUMNS, row_label, value_label
from crm.models import Company, Department, LikelyDuplicate, MergedRow, SourceRow
from integrations import connections
from jobs.models import LedgerEntry
from mapping.models import Mapping as MappingModel


@dataclass(frozen=True, slots=True, kw_only=True)
class KintoneRecord:
    """A record of kintone that a row has."""

    mapping: MappingModel
    record_id: int | None
    """None: kintone may have made one, under `key`."""
    key: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One of two rows that are held side by side."""

    row: SourceRow
    label: str
    belonging: Mapping[str, int]
    records: Sequence[KintoneRecord]


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One item of both rows."""

    label: str
    values: tuple[str, str]

    @property
    def differs(self) -> bool:
        """Whether a value goes away by a merge."""
        return self.values[0] != self.values[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class LikelyPair:
    """Two rows that look like one."""

    pair: LikelyDuplicate
    labels: tuple[str, str]
    ids: tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOver:
    """A kintone record of a row that went into another one."""

    entry: LedgerEntry
    record_type: RecordType
    label: str
    external_id: str
    into: SourceRow | None
    into_label: str
    record: KintoneRecord
    merged_at: datetime | None


def side_of(record_type: RecordType, row: SourceRow) -> Side:
    """The row with what belongs to it and what kintone has of it."""
    return Side(
        row=row,
        label=row_label(record_type, row),
        belonging=_belonging(row),
        records=kintone_records(record_type, [row.pk]).get(row.pk, []),
    )


def compared(record_type: RecordType, first: int, second: int) -> list[Compared]:
    """The items of both rows that have a value in either, those that differ first."""
    one = {item.key: item for item in selectors.shown_items(record_type, first)}
    other = {item.key: item for item in selectors.shown_items(record_type, second)}
    rows = [
        Compared(
            label=item.label,
            values=(value_label(item.value), value_label(other[key].value) if key in other else ""),
        )
        for key, item in one.items()
        if key != "id"
    ]
    return sorted((row for row in rows if any(row.values)), key=lambda row: not row.differs)


def likely_pairs(record_type: RecordType, pairs: Sequence[LikelyDuplicate]) -> list[LikelyPair]:
    """The pairs with what people call their rows; those of which one is gone are left out."""
    rows = rows_of(record_type, {pk for pair in pairs for pk in (pair.first_id, pair.second_id)})
    return [
        LikelyPair(
            pair=pair,
            labels=(
                row_label(record_type, rows[pair.first_id]),
                row_label(record_type, rows[pair.second_id]),
            ),
            ids=(rows[pair.first_id].external_id or "", rows[pair.second_id].external_id or ""),
        )
        for pair in pairs
        if pair.first_id in rows and pair.second_id in rows
    ]


def left_over_rows(entries: Sequence[LedgerEntry]) -> list[LeftOver]:
    """These entries (`takeover.left_over`) as the page shows them."""
    merged = {
        (one.record_type, one.row_id): one
        for one in MergedRow.objects.filter(row_id__in={entry.source_id for entry in entries})
    }
    survivors = {
        kind: rows_of(kind, {one.into_id for one in merged.values() if one.record_type == kind})
        for kind in RecordType
    }
    found = []
    for entry in entries:
        kind = RecordType(entry.ledger.mapping.record_type)
        one = merged[kind, entry.source_id]
        into = survivors[kind].get(one.into_id)
        found.append(
            LeftOver(
                entry=entry,
                record_type=kind,
                label=one.label,
                external_id=one.external_id,
                into=into,
                into_label=row_label(kind, into) if into else "",
                record=_kintone_record(entry),
                merged_at=one.merged_at,
            )
        )
    return found


def kintone_records(
    record_type: RecordType, row_ids: Collection[int]
) -> dict[int, list[KintoneRecord]]:
    """Row → what kintone has of it, mapping by mapping."""
    entries = LedgerEntry.objects.filter(
        ledger__mapping__record_type=record_type,
        source_id__in=row_ids,
        record_id__isnull=False,
    ).select_related("ledger__mapping__connection")
    found: dict[int, list[KintoneRecord]] = {}
    for entry in entries.order_by("ledger__mapping", "-ledger"):
        if entry.ledger.is_current:
            found.setdefault(entry.source_id, []).append(_kintone_record(entry))
    return found


def rows_of(record_type: RecordType, ids: Collection[int]) -> dict[int, Any]:
    """The rows of these ids, with what `row_label` reads."""
    joined = {name.rpartition("__")[0] for name in LABEL_COLUMNS[record_type] if "__" in name}
    rows = model_of(record_type)._default_manager.filter(pk__in=ids)
    return {row.pk: row for row in (rows.select_related(*joined) if joined else rows)}


def _belonging(row: SourceRow) -> dict[str, int]:
    if isinstance(row, Company):
        return selectors.belonging_to(row)
    if isinstance(row, Department):
        return {"departments": row.children.count(), "leads": row.leads.count()}
    return {}


def _kintone_record(entry: LedgerEntry) -> KintoneRecord:
    ledger, mapping = entry.ledger, entry.ledger.mapping
    return KintoneRecord(
        mapping=mapping,
        record_id=entry.record_id,
        key=entry.key,
        url=connections.app_url(
            mapping.connection, ledger.app, mapping.guest_space, entry.record_id
        )
        if ledger.host == mapping.connection.host
        else "",
    )
