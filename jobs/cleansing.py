"""クレンジング中: the mappings of a connection rest while their source's data is cleansed.

They are switched off and on as by a person (`jobs.enabling`), with the reason kept, so that what
changes meanwhile is owed when they go on.
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef

from audit.kinds import Kind
from audit.recording import Change, Document, changing
from integrations.models import Connection
from jobs import enabling
from jobs.engine.preview import TO_SEND
from jobs.models import LedgerEntry, Preview, PreviewItem
from jobs.states import PreviewStatus
from jobs.takeover import left_over
from mapping.document import connection_thing
from mapping.models import Mapping, OffFor


@dataclass(frozen=True, slots=True, kw_only=True)
class Cleansing:
    """A connection whose mappings rest."""

    connection: Connection
    mappings: Sequence[Mapping]

    @property
    def since(self) -> datetime | None:
        """When the first of them was switched off."""
        return min((one.off_since for one in self.mappings if one.off_since), default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What going on would do to the records of one mapping, as the last 事前チェック found it."""

    preview: Preview
    rekeyed: int
    """Records of kintone that would get another update key."""
    left_over: int
    """Records of merged rows that would stay in kintone."""


def begin(connection: Connection, *, now: datetime) -> int:
    """Let the connection's enabled mappings rest; returns how many."""
    with _switching(connection, Kind.CLEANSING_BEGIN):
        enabled = list(Mapping.objects.filter(connection=connection, enabled=True))
        for mapping in enabled:
            enabling.disable(mapping, now=now, off_for=OffFor.CLEANSING)
    return len(enabled)


def end(connection: Connection, *, send_changed_meanwhile: bool, now: datetime) -> int:
    """Let those that rest go on; returns how many.

    Raises:
        NotReadyError: one has no update key or rule any more; none goes on.
    """
    with _switching(connection, Kind.CLEANSING_END):
        resting = resting_of(connection)
        for mapping in resting:
            enabling.enable(mapping, now=now, send_changed_meanwhile=send_changed_meanwhile)
    return len(resting)


def _switching(connection: Connection, kind: Kind) -> AbstractContextManager[Change]:
    """One transaction, written down as one change of all the mappings."""

    def document() -> Document:
        columns = ("pk", "record_type", "app", "enabled")
        stored = Mapping.objects.filter(connection=connection).order_by("pk").values(*columns)
        return {"mappings": {str(one.pop("pk")): one for one in map(dict, stored)}}

    return changing(kind, document, thing=lambda: connection_thing(connection))


def resting_of(connection: Connection) -> list[Mapping]:
    """The connection's mappings that rest for cleansing, in their order."""
    resting = Mapping.objects.filter(connection=connection, off_for=OffFor.CLEANSING)
    return list(resting.select_related("connection").order_by("pk"))


def under_way() -> list[Cleansing]:
    """Every connection of which something rests for cleansing."""
    found: dict[int, list[Mapping]] = {}
    resting = Mapping.objects.filter(off_for=OffFor.CLEANSING).select_related("connection")
    for mapping in resting.defer("form", "made_on").order_by("connection", "pk"):
        found.setdefault(mapping.connection_id, []).append(mapping)
    return [
        Cleansing(connection=mappings[0].connection, mappings=mappings)
        for mappings in found.values()
    ]


def effect_of(mapping: Mapping) -> Effect | None:
    """What the mapping's last 事前チェック says; None if there is none that is ready."""
    preview = Preview.objects.filter(mapping=mapping, status=PreviewStatus.READY).first()
    if preview is None:
        return None
    target = {
        "ledger__mapping": mapping,
        "ledger__host": mapping.connection.host,
        "ledger__app": mapping.app,
        "ledger__key_field": mapping.update_key,
    }
    entries = LedgerEntry.objects.filter(
        **target, source_id=OuterRef("source_id"), record_id__isnull=False
    )
    others = entries.exclude(key=OuterRef("key")).exclude(key="")
    items = PreviewItem.objects.filter(preview=preview, outcome__in=TO_SEND).exclude(key="")
    return Effect(
        preview=preview,
        rekeyed=items.filter(Exists(others)).count(),
        left_over=left_over().filter(**target).count(),
    )
