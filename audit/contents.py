"""Forgets: what a record said when the record is deleted, and entries that are too old."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings

from audit.models import Entry
from common.among import among

#: Entries that go in one transaction; the next minute takes the next ones.
AT_ONCE = 5000


def erase_rows(record_type: str, ids: Iterable[int]) -> None:
    """Forget what these source rows said; that they were edited, and which items, stays.

    Call it in the transaction that deletes them, before it does.
    """
    entries = Entry.objects.filter(record_type=record_type, row_id__isnull=False, erased=False)
    found = entries.filter(among("row_id", list(ids)))
    for entry in found.only("pk", "before", "after", "details"):
        items = sorted({*(entry.before or {}), *(entry.after or {})})
        Entry.objects.filter(pk=entry.pk).update(
            before=None,
            after=None,
            label="",
            erased=True,
            details={**entry.details, "items_changed": items},
        )


def forget_old(*, now: datetime) -> int:
    """Delete entries older than `AUDIT_DAYS`, some at a time; returns how many."""
    too_old = Entry.objects.filter(at__lt=now - timedelta(days=settings.AUDIT_DAYS))
    ids = list(too_old.order_by("at").values_list("pk", flat=True)[:AT_ONCE])
    if ids:
        Entry.objects.filter(among("pk", ids)).delete()
    return len(ids)
