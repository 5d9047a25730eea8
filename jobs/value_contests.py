"""Which record of a preview gets a value that kintone holds once; the others are told who has it.

The update key has contests of its own (`jobs.key_contests`); these are of the other unique fields.
Records go in the order of their rows, as a run that carries a plan out sends them.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from hashlib import sha256
from itertools import groupby
from typing import Final, NamedTuple

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from common import setwise
from common.among import among
from common.problems import Problem, quote
from jobs.causes import REFUSED_COLUMNS, refuse
from jobs.engine.preview import TO_SEND, Prediction
from jobs.models import Preview, PreviewItem, PreviewValue
from jobs.source import CHUNK_SIZE
from jobs.states import RecordOutcome
from mapping.columns import described
from mapping.plan import MappingPlan

#: Longer values are compared by their hash: an index takes no text of any length.
_LONGEST: Final = 255
#: In place of a row: kintone's record is none of ours, or none that is to be sent.
_NOBODY: Final = 0


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


class ValueContests:
    """The contests of one preview.

    Args:
        beat: Called before each chunk; raises what ends the making.
    """

    def __init__(self, preview: Preview, *, plan: MappingPlan, beat: Callable[[], None]) -> None:
        self._preview = preview
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

    def give_out(self) -> None:
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
        found = {
            place: _holder_in_kintone(rows, changing)
            if self._preview.reads_kintone
            else _likely_holder(rows)
            for place, rows in by_place.items()
        }
        return {place: holder for place, holder in found.items() if holder is not None}

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
            refuse(item, problems[item.source_id], outcome=RecordOutcome.REJECTED)
        PreviewItem.objects.bulk_update(items, REFUSED_COLUMNS, batch_size=100)

    def _to_send(self) -> QuerySet[PreviewItem]:
        return PreviewItem.objects.filter(preview=self._preview, outcome__in=TO_SEND)

    def _values(self) -> QuerySet[PreviewValue]:
        return PreviewValue.objects.filter(preview=self._preview)


def _holder_in_kintone(rows: Sequence[_Wanted], changing: Collection[int]) -> _Wanted | None:
    """Who has the value there and keeps it: one of the rows, or a record that is none of them."""
    held_by = next((one.held_by for one in rows if one.held_by is not None), None)
    if held_by is None:
        return None
    ours = next((one for one in rows if one.record_id == held_by), None)
    if ours is None and held_by not in changing:
        return rows[0]._replace(row_id=_NOBODY, label="", record_id=held_by)
    return ours


def _likely_holder(rows: Sequence[_Wanted]) -> _Wanted | None:
    """Who has the value as far as is known here: what is unchanged stands in kintone."""
    unchanged = (one for one in rows if not one.is_sent)
    known = (one for one in rows if one.record_id is not None)
    return next(unchanged, None) or next(known, None)


def _stored(value: str) -> str:
    return value if len(value) <= _LONGEST else sha256(value.encode()).hexdigest()
