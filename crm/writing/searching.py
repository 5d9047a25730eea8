"""Keeping what is searched of a row true, in the transaction that changes the row."""

from collections.abc import Collection, Sequence
from itertools import islice
from typing import Any, Final

from django.db import DEFAULT_DB_ALIAS, transaction
from django.db.models import QuerySet

from common import setwise
from common.types import RecordType
from crm.changes import model_of
from crm.searching.finding import SEARCHES
from crm.searching.index import tables_exist
from crm.searching.texts import SEARCHED, pairs, searchable

_BATCH: Final = 500


def keep_searchable(record_type: RecordType, ids: Collection[int]) -> None:
    """Write anew what is searched of these rows."""
    remaining = iter(sorted(ids))
    while batch := list(islice(remaining, _BATCH)):
        _keep(record_type, batch)


def keep_changed(record_type: RecordType, changes: dict[int, set[str]]) -> None:
    """Write anew what is searched of rows that changed, and of those that show it of them.

    Args:
        changes: Row → its columns that changed.
    """
    columns = _columns(record_type) | {"company_id"}
    keep_searchable(record_type, [pk for pk, names in changes.items() if columns & names])
    if record_type is RecordType.COMPANY:
        renamed = [pk for pk, names in changes.items() if {"name", "name_kana"} & names]
        for below in (RecordType.DEPARTMENT, RecordType.LEAD):
            if renamed:
                rows = _rows(below).filter(company_id__in=renamed)
                keep_searchable(below, rows.values_list("pk", flat=True))


def fill_missing(*, using: str = DEFAULT_DB_ALIAS, **_migrated: Any) -> None:
    """Make searchable what somebody put into the database without `crm.writing`."""
    if not tables_exist(using):
        return
    for record_type in RecordType:
        ids, last = _rows(record_type).order_by("pk").values_list("pk", flat=True), 0
        known = SEARCHES[record_type]._default_manager.values_list("pk", flat=True)
        while batch := list(ids.filter(pk__gt=last)[:_BATCH]):
            last = batch[-1]
            # Two ranges of keys: one question for both is a join of the whole tables to PostgreSQL.
            there = set(known.filter(pk__gte=batch[0], pk__lte=last))
            if missing := [pk for pk in batch if pk not in there]:
                with transaction.atomic():
                    _keep(record_type, missing)


def _keep(record_type: RecordType, ids: Sequence[int]) -> None:
    groups = SEARCHED[record_type]
    names = [name for group in groups for name in group]
    rows = _rows(record_type).filter(pk__in=ids).order_by("pk")
    found = [(pk, searchable(values, groups)) for pk, *values in rows.values_list("pk", *names)]
    texts = [text for _pk, text in found]
    setwise.insert(
        SEARCHES[record_type],
        {"row": [pk for pk, _text in found], "text": texts, "pairs": list(map(pairs, texts))},
        unique=["row"],
        renew=["text", "pairs"],
    )


def _rows(record_type: RecordType) -> QuerySet[Any]:
    return model_of(record_type)._default_manager.all()


def _columns(record_type: RecordType) -> frozenset[str]:
    return frozenset(name for group in SEARCHED[record_type] for name in group)
