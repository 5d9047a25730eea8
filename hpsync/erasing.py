"""Erases one lead, a person, from all that hpsync holds; and says where else there is something.

A person is known by the lead's row, its external ID, name and e-mail address: rows that belong to
the row go by its id, what quotes it elsewhere by those texts.
"""

import zlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet

from api.models import IdempotentAnswer
from audit import recording
from audit.kinds import Kind
from audit.models import Entry
from audit.recording import Thing
from common.types import RecordType
from crm import writing
from crm.models import Alias, ImportRun, Lead, LikelyDuplicate, MergedRow
from integrations import connections
from jobs.models import KeptExchange, LedgerEntry, Outcome, PreviewItem, PreviewValue
from pulls.models import Arrival, Refusal

#: A shorter text would be found in what is somebody else's.
SHORTEST: Final = 4
LEAD: Final = RecordType.LEAD


@dataclass(frozen=True, slots=True, kw_only=True)
class InKintone:
    """A record that only somebody in kintone can delete."""

    mapping: str
    record_id: int
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Traces:
    """Where something of one lead is."""

    lead: Lead
    counts: dict[str, int]
    """Table, or `files` → how many rows quote the person."""
    files: tuple[Path, ...]
    in_kintone: tuple[InKintone, ...]


def traces_of(lead: Lead) -> Traces:
    """Everything that `erase` would erase, and what it cannot reach."""
    files = tuple(_files_with(_texts(lead)))
    counts = {rows.model._meta.db_table: rows.count() for rows in _rows_of(lead)}
    counts |= {name: len(found) for name, found in _quoting(_texts(lead)).items()}
    return Traces(
        lead=lead,
        counts={name: count for name, count in {**counts, "files": len(files)}.items() if count},
        files=files,
        in_kintone=tuple(_in_kintone(lead)),
    )


def erase(lead: Lead) -> None:
    """Erase the lead and all that quotes it, in one transaction; then the files.

    That somebody was erased is written down, without saying who. Runs keep their counts: of what
    became of the person's record in them only the kind of problem stays.
    """
    texts = _texts(lead)
    files = list(_files_with(texts))
    with transaction.atomic():
        recording.record(Kind.DATA_ERASE, Thing(record_type=LEAD))
        with recording.said_by_another():
            _forget_outcomes(lead)
            for name, ids in _quoting(texts).items():
                _forget_quotes(name, ids, texts)
            for rows in _rows_of(lead):
                if rows.model not in {Outcome, Lead}:
                    rows.delete()
            writing.delete(LEAD, [lead.pk])
    for path in files:
        path.unlink(missing_ok=True)


def _texts(lead: Lead) -> list[str]:
    name = f"{lead.family_name}{lead.first_name}"
    spaced = f"{lead.family_name} {lead.first_name}"
    found = (lead.external_id, lead.email, name, spaced)
    return [text for text in found if text and len(text) >= SHORTEST]


def _rows_of(lead: Lead) -> list["QuerySet[Any]"]:
    """The rows that are the person's by their key; of many models."""
    mine = {"source_id": lead.pk}
    pair = Q(first_id=lead.pk) | Q(second_id=lead.pk)
    merged = Q(row_id=lead.pk) | Q(into_id=lead.pk)
    ids = Q(old_id=lead.external_id) | Q(new_id=lead.external_id)
    return [
        Lead.objects.filter(pk=lead.pk),
        Outcome.objects.filter(run__mapping__record_type=LEAD, **mine),
        LedgerEntry.objects.filter(ledger__mapping__record_type=LEAD, **mine),
        KeptExchange.objects.filter(lead_id=lead.pk),
        PreviewItem.objects.filter(preview__mapping__record_type=LEAD, **mine),
        PreviewValue.objects.filter(preview__mapping__record_type=LEAD, **mine),
        LikelyDuplicate.objects.filter(pair, record_type=LEAD),
        MergedRow.objects.filter(merged, record_type=LEAD),
        Alias.objects.filter(ids, record_type=LEAD),
        Arrival.objects.filter(record_type=LEAD, external_id=lead.external_id),
        Refusal.objects.filter(record_type=LEAD, external_id=lead.external_id),
    ]


def _quoting(texts: Collection[str]) -> dict[str, list[int]]:
    """Rows of which only a part is the person's: table → primary keys."""
    imports = [
        run.pk
        for run in ImportRun.objects.only("refused").iterator()
        if any(_says(str(line), texts) for line in run.refused)
    ]
    answers = [
        answer.pk
        for answer in IdempotentAnswer.objects.exclude(body=b"").iterator()
        if _says(zlib.decompress(bytes(answer.body)).decode(errors="replace"), texts)
    ]
    entries = [
        entry.pk
        for entry in Entry.objects.filter(record_type=LEAD).iterator()
        if _says(f"{entry.label} {entry.before} {entry.after} {entry.details}", texts)
    ]
    return {
        ImportRun._meta.db_table: imports,
        IdempotentAnswer._meta.db_table: answers,
        Entry._meta.db_table: entries,
    }


def _forget_quotes(table: str, ids: Collection[int], texts: Collection[str]) -> None:
    if table == ImportRun._meta.db_table:
        for run in ImportRun.objects.filter(pk__in=ids):
            run.refused = [line for line in run.refused if not _says(str(line), texts)]
            run.save(update_fields=["refused"])
    elif table == IdempotentAnswer._meta.db_table:
        IdempotentAnswer.objects.filter(pk__in=ids).delete()
    else:
        Entry.objects.filter(pk__in=ids).update(
            label="", before=None, after=None, details={}, erased=True
        )


def _forget_outcomes(lead: Lead) -> None:
    mine = Outcome.objects.filter(run__mapping__record_type=LEAD, source_id=lead.pk)
    for outcome in mine.only("problems").iterator():
        kinds = [{"code": one["code"], "field": one.get("field", "")} for one in outcome.problems]
        Outcome.objects.filter(pk=outcome.pk).update(label="", key="", problems=kinds)


def _in_kintone(lead: Lead) -> Iterator[InKintone]:
    entries = LedgerEntry.objects.filter(
        ledger__mapping__record_type=LEAD, source_id=lead.pk, record_id__isnull=False
    )
    for entry in entries.select_related("ledger__mapping__connection"):
        mapping = entry.ledger.mapping
        assert entry.record_id is not None
        address = connections.app_url(
            mapping.connection, mapping.app, mapping.guest_space, entry.record_id
        )
        yield InKintone(mapping=str(mapping), record_id=entry.record_id, address=address)


def _files_with(texts: Collection[str]) -> Iterator[Path]:
    """Files of imports, which are kept for a while, that quote the person."""
    for path in sorted((settings.VAR_DIR / "imports").glob("*")):
        if path.is_file() and _says(path.read_bytes().decode(errors="replace"), texts):
            yield path


def _says(text: str, texts: Collection[str]) -> bool:
    return any(one in text for one in texts)
