"""Reconciliation: one anti-join between rows and ledger, whatever the clock says.

A run does the same once a day by itself; what it finds is owed and goes with it.
"""

from dataclasses import dataclass

from common.types import RecordType
from jobs.ledger import ledger_of, ledger_to_read, owed_rows
from jobs.models import Ledger
from jobs.source import OVERLAP
from mapping.models import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """Rows that the ledger does not account for."""

    all: int
    missed: int
    """Of them, those that no run by the clock would look at: changed before the watermark."""


def look(mapping: Mapping) -> Owed:
    """Count what is owed; nothing is changed."""
    ledger = ledger_to_read(mapping)
    rows = owed_rows(ledger, RecordType(mapping.record_type))
    hidden = 0
    if ledger.watermark is not None:
        hidden = rows.filter(changed_at__lt=ledger.watermark - OVERLAP).count()
    return Owed(all=rows.count(), missed=hidden)


def demand(mapping: Mapping) -> None:
    """Let the mapping's next run look at every row."""
    Ledger.objects.filter(pk=ledger_of(mapping).pk).update(reconciled_at=None)
