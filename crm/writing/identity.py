"""Records whose ID changes: renumbered, or merged with another one (docs/decisions/0025).

An alias says for good that the old ID means the new one. What it does to rows depends on which are
there: only the old one is renumbered, and stays the same row; both become one, the new one; of none
it is only noted, for lines that come later.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db import transaction
from django.utils.translation import gettext as _

from common.types import RecordType
from crm.aliases import current_ids
from crm.catalogue import items_by_key
from crm.changes import model_of
from crm.models import Alias
from crm.writing import turns
from crm.writing.merging import Merged, MergeRefusedError, merge_rows
from crm.writing.parse import key_value
from crm.writing.results import IncomingRow, RowOutcome
from crm.writing.rows import Chunk, write_chunk

LONGEST_ID = 128

#: Old ID, new ID.
Pair = tuple[str, str]


class Change(StrEnum):
    """What became of one pair."""

    RENUMBERED = "renumbered"
    MERGED = "merged"
    NOTED = "noted"
    KNOWN = "known"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class PairResult:
    """What became of one pair; `reason` says why it was refused."""

    change: Change
    merged: Merged | None = None
    reason: str = ""


def settle(
    record_type: RecordType, pairs: Sequence[Pair], *, origin: Alias.Origin, now: datetime
) -> list[PairResult]:
    """Note these aliases and do to the rows what they say; one result per pair, in order.

    Must run in a transaction. Nobody else writes customer data until it ends: pass hundreds, not
    thousands.
    """
    turns.alone()
    item = items_by_key(record_type)["external_id"]
    pairs = [
        (str(key_value(item, old) or ""), str(key_value(item, new) or "")) for old, new in pairs
    ]
    work = _Work(record_type, origin=origin, now=now)
    plain = work.renumber_plain(pairs)
    return [
        plain[number] if number in plain else work.settle_one(*pair)
        for number, pair in enumerate(pairs)
    ]


def merge(record_type: RecordType, row_id: int, *, into_id: int, now: datetime) -> Merged:
    """Let a row go into another one, as a person chose; its external ID is an old one from now on.

    A row without an external ID takes over that of the one that goes into it. Must run in a
    transaction.

    Raises:
        MergeRefusedError: see there.
    """
    turns.alone()
    rows = model_of(record_type)._default_manager
    ids = dict(rows.filter(pk__in=[row_id, into_id]).values_list("pk", "external_id"))
    merged = merge_rows(record_type, row_id, into_id=into_id, now=now)
    old, new = ids[row_id], ids[into_id]
    if old and new:
        note_alias(record_type, old, new, origin=Alias.Origin.HAND, now=now)
    elif old:
        _give_ids(record_type, {into_id: old}, now=now)
    return merged


class _Work:
    """Pairs of one delivery."""

    def __init__(self, record_type: RecordType, *, origin: Alias.Origin, now: datetime) -> None:
        self._record_type = record_type
        self._origin = origin
        self._now = now

    def renumber_plain(self, pairs: Sequence[Pair]) -> Mapping[int, PairResult]:
        """Renumber, by few statements for all, what has nothing to do with other pairs, aliases
        or rows; returns position → result."""
        named = Counter(one for pair in pairs for one in pair)
        rows = self._rows(named)
        aliased = {*current_ids(self._record_type, named), *self._targets(named)}
        plain = {
            number: (old, new)
            for number, (old, new) in enumerate(pairs)
            if named[old] == named[new] == 1
            and old in rows
            and new not in rows
            and not aliased.intersection((old, new))
            and not _complaint(old, new)
        }
        given = {rows[old]: new for old, new in plain.values()}
        try:
            with transaction.atomic():
                _give_ids(self._record_type, given, now=self._now)
        except MergeRefusedError:
            return {}  # whichever it is, it is told one by one
        _note(self._record_type, [*plain.values()], origin=self._origin, now=self._now)
        return dict.fromkeys(plain, PairResult(change=Change.RENUMBERED))

    def settle_one(self, old: str, new: str) -> PairResult:
        """Note one alias and do what it says."""
        try:
            with transaction.atomic():
                return self._settle(old, new)
        except MergeRefusedError as error:
            return PairResult(change=Change.REFUSED, reason=str(error))

    def _settle(self, old: str, new: str) -> PairResult:
        if complaint := _complaint(old, new):
            raise MergeRefusedError(complaint)
        current = current_ids(self._record_type, [old, new])
        target = current.get(new, new)
        if target == old:
            raise MergeRefusedError(
                _("逆の対応（「%(new)s」→「%(old)s」）が登録済みで、循環します。")
                % {"old": old, "new": new}
            )
        if old in current:
            if current[old] == target:
                return PairResult(change=Change.KNOWN)
            raise MergeRefusedError(
                _(
                    "「%(old)s」の新しいIDは「%(known)s」として登録済みです。"
                    "正しくない場合は、登録済みの対応を削除してください。"
                )
                % {"old": old, "known": current[old]}
            )
        result = self._change_rows(old, target)
        _note(self._record_type, [(old, target)], origin=self._origin, now=self._now)
        return result

    def _change_rows(self, old: str, new: str) -> PairResult:
        rows = self._rows([old, new])
        if old not in rows:
            return PairResult(change=Change.NOTED)
        if new not in rows:
            _give_ids(self._record_type, {rows[old]: new}, now=self._now)
            return PairResult(change=Change.RENUMBERED)
        merged = merge_rows(self._record_type, rows[old], into_id=rows[new], now=self._now)
        return PairResult(change=Change.MERGED, merged=merged)

    def _rows(self, ids: Sequence[str] | Counter[str]) -> dict[str, int]:
        rows = model_of(self._record_type)._default_manager.filter(external_id__in=list(ids))
        return {one: pk for one, pk in rows.values_list("external_id", "pk") if one}

    def _targets(self, ids: Counter[str]) -> set[str]:
        """Those that older IDs stand for already."""
        aliases = Alias.objects.filter(record_type=self._record_type, new_id__in=list(ids))
        return set(aliases.values_list("new_id", flat=True))


def note_alias(
    record_type: RecordType, old: str, new: str, *, origin: Alias.Origin, now: datetime
) -> None:
    """Note that the ID `old` means `new` from now on; the rows are as they shall be.

    Both were in use, so whatever was noted of them as old ones is outdated.

    Must run in a transaction, with `turns.alone`.
    """
    Alias.objects.filter(record_type=record_type, old_id__in=[old, new]).delete()
    _note(record_type, [(old, new)], origin=origin, now=now)


def _complaint(old: str, new: str) -> str:
    if not old or not new:
        return _("旧IDと新IDの両方を入力してください。")
    if old == new:
        return _("旧IDと新IDが同じです。")
    if len(old) > LONGEST_ID or len(new) > LONGEST_ID:
        return _("IDは%s文字までです。") % LONGEST_ID
    return ""


def _give_ids(record_type: RecordType, ids: Mapping[int, str], *, now: datetime) -> None:
    """Give these rows these external IDs."""
    chunk = Chunk(record_type=record_type, items=items_by_key(record_type), key="id", now=now)
    rows: list[IncomingRow] = [
        {"id": pk, "external_id": external_id} for pk, external_id in ids.items()
    ]
    for result in write_chunk(rows, chunk=chunk):
        if result.outcome is RowOutcome.REFUSED:
            raise MergeRefusedError(result.reason)


def _note(
    record_type: RecordType, pairs: Sequence[Pair], *, origin: Alias.Origin, now: datetime
) -> None:
    """Write the aliases down; what stood for the old IDs stands for the new ones."""
    Alias.objects.bulk_create(
        Alias(record_type=record_type, old_id=old, new_id=new, origin=origin, made_at=now)
        for old, new in pairs
    )
    replaced = dict(pairs)
    longer = list(Alias.objects.filter(record_type=record_type, new_id__in=list(replaced)))
    for alias in longer:
        alias.new_id = replaced[alias.new_id]
    Alias.objects.bulk_update(longer, ["new_id"])
