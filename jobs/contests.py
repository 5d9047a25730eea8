"""What a preview finds of values that kintone holds only once: update keys, and unique fields.

Of the records that want one value the one gets it that a run would give it to; the others are told
who has it. Records go in the order of their rows, as a run that carries a plan out sends them.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import groupby
from typing import Final, NamedTuple

from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from common.among import among
from common.problems import Problem, quote
from jobs import claims, setwise
from jobs.engine.keys import key_taken
from jobs.engine.preview import TO_SEND, Prediction
from jobs.models import KeyClaim, Ledger, Preview, PreviewItem, PreviewValue
from jobs.source import CHUNK_SIZE
from jobs.states import RecordOutcome
from mapping.columns import described
from mapping.plan import MappingPlan

#: Longer values are compared by their hash: an index takes no text of any length.
_LONGEST: Final = 255
#: In place of a row: kintone's record is none of ours, or none that is to be sent.
_NOBODY: Final = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Holder:
    """A row that has a key, by one of the ledgers of an app."""

    entry_of: int
    """Primary key of that ledger."""
    row_id: int
    label: str


class _Wanted(NamedTuple):
    """A value of a unique field that a row is to have, or has."""

    field: str
    value: str
    row_id: int
    label: str
    record_id: int | None
    held_by: int | None
    is_sent: bool

    @property
    def place(self) -> tuple[str, str]:
        """What only one record can have."""
        return self.field, self.value


class Contests:
    """The contests of one preview.

    Args:
        beat: Called before each chunk; raises what ends the making.
    """

    def __init__(
        self, preview: Preview, *, ledger: Ledger, plan: MappingPlan, beat: Callable[[], None]
    ) -> None:
        self._preview = preview
        self._ledger = ledger
        self._unique = {column.target.code: column for column in plan.unique_columns}
        self._beat = beat

    def note(self, predictions: Collection[Prediction]) -> None:
        """Remember what these records would have, or have, in the unique fields."""
        wanted = [
            (one.row_id, one.label[:255], one.record_id, field, _stored(value))
            for one in predictions
            for field, value in one.unique.items()
        ]
        if wanted:
            row_ids, labels, record_ids, fields, values = zip(*wanted, strict=True)
            setwise.insert(
                PreviewValue,
                {
                    "source_id": row_ids,
                    "label": labels,
                    "record_id": record_ids,
                    "field": fields,
                    "value": values,
                },
                same={"preview": self._preview.pk, "held_by": None},
            )

    def note_found(self, found: Mapping[int, int]) -> None:
        """Which record of kintone these rows have: row → record number."""
        values = self._values().filter(among("source_id", found), record_id=None)
        rows = list(values.values_list("pk", "source_id"))
        self._write("record_id", {pk: found[row_id] for pk, row_id in rows})

    def note_held(self, field: str, holders: Mapping[str, int]) -> None:
        """Which records of kintone hold which values; only what another row wants is remembered.

        Args:
            holders: Value as kintone compares it → record number.
        """
        stored = {_stored(value): record_id for value, record_id in holders.items() if value}
        wanted = self._values().filter(among("value", stored), field=field)
        rows = list(wanted.values_list("pk", "record_id", "value"))
        held = {pk: stored[value] for pk, own_id, value in rows if stored[value] != own_id}
        self._write("held_by", held)

    def _write(self, column: str, values: Mapping[int, int]) -> None:
        if values:
            setwise.update(
                PreviewValue,
                {column: list(values.values())},
                same={},
                by={"id": list(values)},
                where={"preview": self._preview.pk},
            )

    def give_out_keys(self) -> None:
        """Give each update key that several records want to one of them."""
        contested = self._contested_keys()
        for start in range(0, len(contested), CHUNK_SIZE):
            with transaction.atomic():
                self._beat()
                self._give_out(contested[start : start + CHUNK_SIZE])

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

    def _give_out(self, keys: Sequence[str]) -> None:
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
        PreviewItem.objects.bulk_update(refused, ["outcome", "problems"])

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

    def give_out_values(self) -> None:
        """Give each value of a unique field that several records want to one of them.

        What stands in kintone stays with the record that has it, unless that record is about to get
        another value. Only what is contested is held in memory.
        """
        contested = self._contested()
        holders = self._held_already(contested)
        refused: dict[int, Problem] = {}
        for row_id, group in groupby(contested, key=lambda one: one.row_id):
            wanted = [one for one in group if one.is_sent]
            lost = next(
                (one for one in wanted if holders.get(one.place, one).row_id != row_id), None
            )
            if lost is not None:
                refused[row_id] = self._value_taken(lost, held_by=holders[lost.place])
            else:
                holders |= {one.place: one for one in wanted}
        row_ids = list(refused)
        for start in range(0, len(row_ids), CHUNK_SIZE):
            with transaction.atomic():
                self._beat()
                self._refuse({each: refused[each] for each in row_ids[start : start + CHUNK_SIZE]})

    def _contested(self) -> list[_Wanted]:
        """The values that several records want or have, in the order of their rows."""
        others = PreviewValue.objects.filter(
            preview=self._preview, field=OuterRef("field"), value=OuterRef("value")
        )
        sent = self._to_send().filter(source_id=OuterRef("source_id"))
        contested = self._values().filter(
            Q(held_by__isnull=False) | Exists(others.exclude(source_id=OuterRef("source_id")))
        )
        rows = contested.order_by("source_id", "field").values_list(
            "field", "value", "source_id", "label", "record_id", "held_by", Exists(sent)
        )
        return [_Wanted(*row) for row in rows.iterator()]

    def _held_already(self, contested: Sequence[_Wanted]) -> dict[tuple[str, str], _Wanted]:
        """Field and value → who has it before anything is sent, and keeps it."""
        by_place: dict[tuple[str, str], list[_Wanted]] = defaultdict(list)
        for one in contested:
            by_place[one.place].append(one)
        held_by = {one.held_by for one in contested if one.held_by is not None}
        sent = self._to_send().filter(among("record_id", held_by))
        changing = {
            record_id for record_id in sent.values_list("record_id", flat=True) if record_id
        }
        find = self._holder_in_kintone if self._preview.reads_kintone else _likely_holder
        found = {place: find(rows, changing) for place, rows in by_place.items()}
        return {place: holder for place, holder in found.items() if holder is not None}

    @staticmethod
    def _holder_in_kintone(rows: Sequence[_Wanted], changing: Collection[int]) -> _Wanted | None:
        held_by = next((one.held_by for one in rows if one.held_by is not None), None)
        if held_by is None:
            return None
        ours = next((one for one in rows if one.record_id == held_by), None)
        if ours is None and held_by not in changing:
            return rows[0]._replace(row_id=_NOBODY, label="", record_id=held_by)
        return ours

    def _value_taken(self, lost: _Wanted, *, held_by: _Wanted) -> Problem:
        column = self._unique[lost.field]
        who: dict[str, str | int] = {"other_label": held_by.label, "other_id": held_by.row_id}
        if held_by.row_id == _NOBODY:
            who = {"record": held_by.record_id or 0}
        return Problem(
            code="value_held" if "record" in who else "value_taken",
            field=column.path,
            item=column.rule.source,
            value=quote(lost.value),
            params={**described(column.target), **who},
        )

    def _refuse(self, problems: Mapping[int, Problem]) -> None:
        items = list(self._to_send().filter(among("source_id", problems)))
        for item in items:
            item.outcome = RecordOutcome.REJECTED
            item.problems = [problems[item.source_id].as_json()]
        PreviewItem.objects.bulk_update(items, ["outcome", "problems"], batch_size=100)

    def _to_send(self) -> QuerySet[PreviewItem]:
        return PreviewItem.objects.filter(preview=self._preview, outcome__in=TO_SEND)

    def _values(self) -> QuerySet[PreviewValue]:
        return PreviewValue.objects.filter(preview=self._preview)

    def _claims(self) -> QuerySet[KeyClaim]:
        ledger = self._ledger
        return KeyClaim.objects.filter(host=ledger.host, app=ledger.app, key_field=ledger.key_field)


def _likely_holder(rows: Sequence[_Wanted], _changing: Collection[int]) -> _Wanted | None:
    """Who has the value as far as is known here: what is unchanged stands in kintone."""
    unchanged = (one for one in rows if not one.is_sent)
    known = (one for one in rows if one.record_id is not None)
    return next(unchanged, None) or next(known, None)


def _without_key(item: PreviewItem, *, held_by: _Holder) -> PreviewItem:
    """The item, refused."""
    problem = key_taken(
        item.key,
        wanted_by=(item.source_id, item.label),
        held_by=(held_by.row_id, held_by.label),
    )
    item.outcome = RecordOutcome.INVALID
    item.problems = [problem.as_json()]
    return item


def _stored(value: str) -> str:
    return value if len(value) <= _LONGEST else sha256(value.encode()).hexdigest()
