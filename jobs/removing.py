"""Deletes mappings and connections with all that is remembered of them; kintone's records stay."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from audit.kinds import Kind
from integrations.models import Connection
from jobs import alerts, connection_log
from jobs.models import Alert, KeptExchange, KeyClaim, Ledger, LedgerEntry, Outcome, Run
from jobs.states import ACTIVE_STATUSES, EntryState
from mapping.models import Mapping


class StillActiveError(Exception):
    """A run is queued, running or held: a person must cancel it first."""


#: Beyond it the exact number makes nobody think twice.
MOST_COUNTED = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """What goes with one mapping, in numbers."""

    mapping: Mapping
    synced: int
    """Records that stand in the present kintone app, up to `MOST_COUNTED`; there they stay."""
    failed: int
    runs: int
    active: Sequence[Run]
    """What must be canceled first."""

    @property
    def has_more(self) -> bool:
        """Whether more may stand in kintone than was counted."""
        return self.synced >= MOST_COUNTED


def extent_of(mapping: Mapping) -> Extent:
    """What deleting the mapping takes with it."""
    entries = LedgerEntry.objects.filter(
        ledger__mapping=mapping,
        ledger__host=mapping.connection.host,
        ledger__app=mapping.app,
        ledger__key_field=mapping.update_key,
    )
    return Extent(
        mapping=mapping,
        synced=entries.filter(record_id__isnull=False).order_by()[:MOST_COUNTED].count(),
        failed=entries.filter(state=EntryState.FAILED).count(),
        runs=Run.objects.filter(mapping=mapping).count(),
        active=sorted(_active(Mapping.objects.filter(pk=mapping.pk)), key=lambda run: run.pk),
    )


def delete_mapping(mapping: Mapping, *, now: datetime) -> None:
    """Delete the mapping with its rules, ledger, failed records and runs.

    Raises:
        StillActiveError: it has a run that has not ended; nothing was deleted.
    """
    connection = mapping.connection
    with connection_log.removing(mapping):
        _delete(Mapping.objects.filter(pk=mapping.pk))
    alerts.review_connection(connection, now=now)


def delete_connection(connection: Connection) -> None:
    """Delete the connection with its login, schedule and mappings, as `delete_mapping` does.

    Raises:
        StillActiveError: a mapping has a run that has not ended; nothing was deleted.
    """
    # `delete` takes the key from the instance.
    known = Connection(pk=connection.pk)
    with connection_log.changing(known, Kind.CONNECTION_DELETE, whole=True):
        _delete(Mapping.objects.filter(connection=connection), then=connection)


def _delete(mappings: QuerySet[Mapping], *, then: Connection | None = None) -> None:
    try:
        with transaction.atomic():
            # A run that starts now either is seen here, or breaks on the mapping that is gone.
            locked = [mapping.pk for mapping in mappings.select_for_update()]
            if _active(mappings).exists():
                raise StillActiveError
            _forget(locked)
            mappings.filter(pk__in=locked).delete()
            if then is not None:
                then.delete()
    except IntegrityError as error:
        raise StillActiveError from error


def _forget(mappings: Sequence[int]) -> None:
    """Delete what grows with records and runs: few statements, and nothing of it in memory."""
    _drop(KeyClaim.objects.filter(entry__ledger__mapping__in=mappings))
    _drop(LedgerEntry.objects.filter(ledger__mapping__in=mappings))
    _drop(Ledger.objects.filter(mapping__in=mappings))
    _drop(Outcome.objects.filter(run__mapping__in=mappings))
    _drop(KeptExchange.objects.filter(mapping__in=mappings))
    # An alert of the whole connection stays, without the run that it was first heard from.
    Alert.objects.filter(run__mapping__in=mappings).update(run=None)
    _drop(Run.objects.filter(mapping__in=mappings))


def _drop(rows: QuerySet[Any]) -> None:
    """Delete the rows without loading them; what refers to them is gone already."""
    rows._raw_delete(rows.db)  # noqa: SLF001 — `delete` would load each row to look for others


def _active(mappings: QuerySet[Mapping]) -> QuerySet[Run]:
    active = Run.objects.filter(mapping__in=mappings, status__in=ACTIVE_STATUSES)
    # In no order: SQLite would go through all runs to find them in one.
    return active.select_related("mapping__connection").order_by()
