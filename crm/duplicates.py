"""Rows that are likely the same, found by the database alone; merging them is for a person.

Rows that share a value make one pair each with the lowest of them, so that a thousand rows alike
are 999 pairs and not half a million.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.db.models import F, Min, Q, QuerySet, Window

from audit import recording
from audit.kinds import Kind
from audit.recording import Thing
from common.types import RecordType
from crm.changes import model_of
from crm.models import LikelyDuplicate

Reason = LikelyDuplicate.Reason

#: By which columns, all of them filled, rows are taken for the same; the surest reason first.
_SAME: Final[Mapping[RecordType, Sequence[tuple[Reason, tuple[str, ...]]]]] = {
    RecordType.COMPANY: (
        (Reason.NUMBER, ("corporate_number",)),
        (Reason.PHONE, ("match_name", "match_tel")),
        (Reason.ADDRESS, ("match_name", "match_address")),
        (Reason.ZIP, ("match_name", "match_zip")),
    ),
    RecordType.DEPARTMENT: ((Reason.PATH, ("company_id", "path")),),
    RecordType.LEAD: (
        (Reason.EMAIL, ("match_email",)),
        (Reason.PERSON, ("company_id", "match_name")),
    ),
}
_AT_ONCE: Final = 2000


def find(record_type: RecordType, *, now: datetime) -> int:
    """Look for them among all rows; how many are listed now. What was dismissed stays so."""
    with transaction.atomic():
        for reason, columns in _SAME[record_type]:
            pairs = _pairs(record_type, columns).iterator(chunk_size=_AT_ONCE)
            batch: list[LikelyDuplicate] = []
            for first, second in pairs:
                batch.append(
                    LikelyDuplicate(
                        record_type=record_type,
                        first_id=first,
                        second_id=second,
                        reason=reason,
                        found_at=now,
                    )
                )
                if len(batch) == _AT_ONCE:
                    _keep(batch)
                    batch = []
            _keep(batch)
        listed(record_type).exclude(found_at=now).delete()
    return listed(record_type).count()


def listed(record_type: RecordType) -> QuerySet[LikelyDuplicate]:
    """The pairs that nobody has judged."""
    return LikelyDuplicate.objects.filter(record_type=record_type, dismissed=False)


def last_search(record_type: RecordType) -> datetime | None:
    """When the listed pairs were found; None if there are none."""
    return listed(record_type).order_by("-id").values_list("found_at", flat=True).first()


def dismiss(record_type: RecordType, first: int, second: int) -> None:
    """A person says that the pair is two, for good."""
    pair = LikelyDuplicate.objects.filter(record_type=record_type, first_id=first, second_id=second)
    with transaction.atomic():
        if pair.filter(dismissed=False).update(dismissed=True):
            about = Thing(record_type=record_type)
            recording.record(Kind.DATA_DISTINCT, about, first=first, second=second)


def reconsider(record_type: RecordType, first: int, second: int) -> bool:
    """Nobody has judged the pair; False if one of the two is gone, and the pair with it."""
    pair = LikelyDuplicate.objects.filter(record_type=record_type, first_id=first, second_id=second)
    with transaction.atomic():
        if found := pair.filter(dismissed=True).update(dismissed=False):
            about = Thing(record_type=record_type)
            recording.record(Kind.DATA_DISTINCT, about, first=first, second=second)
    return bool(found)


def _pairs(record_type: RecordType, columns: Sequence[str]) -> QuerySet[Any, tuple[int, int]]:
    filled = Q()
    for column in columns:
        if column.startswith(("match_", "corporate_")):
            filled &= Q(**{f"{column}__gt": ""})
    rows = model_of(record_type)._default_manager.filter(filled)
    lowest = Window(Min("pk"), partition_by=[F(column) for column in columns])
    return rows.annotate(first=lowest).filter(pk__gt=F("first")).values_list("first", "pk")


def _keep(pairs: Sequence[LikelyDuplicate]) -> None:
    """Add these; those that are known already keep their reason, and stay dismissed."""
    LikelyDuplicate.objects.bulk_create(
        pairs,
        update_conflicts=True,
        unique_fields=["record_type", "first_id", "second_id"],
        update_fields=["found_at"],
    )
