"""Which record of a preview gets a key that several want; the others are told who has it."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from jobs import claims
from jobs.causes import REFUSED_COLUMNS, refuse
from jobs.engine.keys import key_taken
from jobs.engine.preview import TO_SEND
from jobs.models import KeyClaim, Ledger, Preview, PreviewItem
from jobs.source import CHUNK_SIZE
from jobs.states import RecordOutcome


@dataclass(frozen=True, slots=True, kw_only=True)
class _Holder:
    """A row that has a key, by one of the ledgers of an app."""

    entry_of: int
    """Primary key of that ledger."""
    row_id: int
    label: str


class KeyContests:
    """The contests of one preview.

    Args:
        beat: Called before each chunk; raises what ends the making.
    """

    def __init__(self, preview: Preview, *, ledger: Ledger, beat: Callable[[], None]) -> None:
        self._preview = preview
        self._ledger = ledger
        self._beat = beat

    def give_out(self) -> None:
        """Each key goes to the one that a run would give it to."""
        contested = self._contested_keys()
        for start in range(0, len(contested), CHUNK_SIZE):
            with transaction.atomic():
                self._beat()
                self._give_out_some(contested[start : start + CHUNK_SIZE])

    def _contested_keys(self) -> list[str]:
        """Keys that several records want, or that another entry holds."""
        to_send = self._to_send().exclude(key="")
        several = to_send.values("key").annotate(count=Count("pk")).filter(count__gt=1)
        held = self._claims().filter(key=OuterRef("key"))
        own = Q(entry__ledger=self._ledger, entry__source_id=OuterRef("source_id"))
        by_others = to_send.filter(Exists(held.exclude(own)))
        return sorted(
            {*several.order_by().values_list("key", flat=True)}
            | {*by_others.values_list("key", flat=True)}
        )

    def _give_out_some(self, keys: Sequence[str]) -> None:
        wanting: dict[str, list[PreviewItem]] = defaultdict(list)
        for item in self._to_send().filter(key__in=keys).order_by("source_id"):
            wanting[item.key].append(item)
        holders = self._holders(keys)
        refused: list[PreviewItem] = []
        for key, items in wanting.items():
            first = _Holder(
                entry_of=self._ledger.pk, row_id=items[0].source_id, label=items[0].label
            )
            holder = holders.get(key, first)
            refused += [
                _without_key(item, held_by=holder)
                for item in items
                if (holder.entry_of, holder.row_id) != (self._ledger.pk, item.source_id)
            ]
        PreviewItem.objects.bulk_update(refused, REFUSED_COLUMNS)

    def _holders(self, keys: Sequence[str]) -> dict[str, _Holder]:
        """Key → who holds it, and keeps it."""
        held = self._claims().filter(key__in=keys)
        found = list(held.select_related("entry__ledger__mapping__connection"))
        labels = claims.labels_of(claim.entry for claim in found)
        ours = [one.entry.source_id for one in found if one.entry.ledger_id == self._ledger.pk]
        moves = dict(self._to_send().filter(source_id__in=ours).values_list("source_id", "key"))
        holders = {}
        for claim in found:
            entry = claim.entry
            gives_up = (
                entry.ledger_id == self._ledger.pk
                and moves.get(entry.source_id, claim.key) != claim.key
            )
            if claim.entry_id in labels and not gives_up:
                holders[claim.key] = _Holder(
                    entry_of=entry.ledger_id, row_id=entry.source_id, label=labels[claim.entry_id]
                )
        return holders

    def _to_send(self) -> QuerySet[PreviewItem]:
        return PreviewItem.objects.filter(preview=self._preview, outcome__in=TO_SEND)

    def _claims(self) -> QuerySet[KeyClaim]:
        ledger = self._ledger
        return KeyClaim.objects.filter(host=ledger.host, app=ledger.app, key_field=ledger.key_field)


def _without_key(item: PreviewItem, *, held_by: _Holder) -> PreviewItem:
    """The item, refused."""
    problem = key_taken(
        item.key,
        wanted_by=(item.source_id, item.label),
        held_by=(held_by.row_id, held_by.label),
    )
    return refuse(item, problem, outcome=RecordOutcome.INVALID)
