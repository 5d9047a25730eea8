"""One chunk of incoming rows, compared with what is stored and written, inside one transaction."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from django.db.models import TextField
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast
from django.utils.translation import gettext as _

from common import setwise
from common.types import RecordType
from crm.catalogue.custom import PREFIX
from crm.catalogue.items import Item
from crm.changes import model_of
from crm.models import Department
from crm.writing.checks import Check, complete
from crm.writing.departments import carry_down, set_paths
from crm.writing.explaining import before, changes_of, shown_items
from crm.writing.fanout import touch_companies, touch_dependents
from crm.writing.groups import GroupBook
from crm.writing.likeness import likeness
from crm.writing.old_ids import follow
from crm.writing.parse import ParsedRow, parse, problem
from crm.writing.references import columns_of, find, settle_owner
from crm.writing.results import IncomingRow, RowOutcome, RowProblem, RowResult, refused
from crm.writing.searching import keep_changed, keep_searchable

#: Columns that are written whenever anything of the row is.
_ALWAYS: Final = frozenset({"version", "updated_at", "changed_at"})

#: Beyond it, databases do not even compare.
_LARGEST_ID: Final = 2**63 - 1


@dataclass(slots=True, kw_only=True, eq=False)
class Draft:
    """One source row on its way into the database."""

    row: Any
    is_new: bool
    changed: set[str] = field(default_factory=set)
    left: set[int] = field(default_factory=set)
    """Companies that a department left."""
    queued: bool = False
    """Whether it is among those that will be written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """What all rows of a chunk have in common."""

    record_type: RecordType
    items: Mapping[str, Item]
    key: str | None
    now: datetime
    explain: bool = False
    """Whether results tell what changes; costs statements for each row."""


def write_chunk(rows: Sequence[IncomingRow], *, chunk: Chunk) -> list[RowResult]:
    """One result per row, in order; what is accepted is written. Must run in a transaction.

    Raises:
        IntegrityError: another transaction added a row of the same key meanwhile.
        UnknownItemError: a row holds an item that nobody may fill.
    """
    parsed = [
        parse(row, record_type=chunk.record_type, items=chunk.items, key=chunk.key) for row in rows
    ]
    work = _Work(parsed, chunk=chunk)
    results = [work.accept(row) for row in parsed]
    work.write()
    return [result if draft is None else _placed(result, draft) for result, draft in results]


def judge_chunk(rows: Sequence[IncomingRow], *, chunk: Chunk) -> list[RowResult]:
    """The results that `write_chunk` would give, rows not written. Must run in a transaction.

    Owners nobody knows yet are written all the same: it must be rolled back.
    """
    parsed = [
        parse(row, record_type=chunk.record_type, items=chunk.items, key=chunk.key) for row in rows
    ]
    work = _Work(parsed, chunk=chunk)
    return [work.accept(row)[0] for row in parsed]


def _placed(result: RowResult, draft: Draft) -> RowResult:
    return RowResult(outcome=result.outcome, id=draft.row.pk)


class _Work:
    """The drafts of one chunk, and everything that they are checked against."""

    def __init__(self, parsed: Sequence[ParsedRow], *, chunk: Chunk) -> None:
        self.chunk = chunk
        self.model: Any = model_of(chunk.record_type)
        follow(parsed, record_type=chunk.record_type, key=chunk.key)
        self.references = find(parsed)
        self.existing = self._locate([row.key for row in parsed if row.key])
        self.taken = self._taken(parsed)
        self.groups = GroupBook(parsed, rows=[d.row for ds in self.existing.values() for d in ds])
        self.check = Check(references=self.references, items=chunk.items)
        self.drafts: list[Draft] = []

    def accept(self, parsed: ParsedRow) -> tuple[RowResult, Draft | None]:
        """Lay the row's values over what is stored, or refuse all of it."""
        draft = self._draft_of(parsed)
        columns = columns_of(parsed, references=self.references, items=self.chunk.items)
        if draft is None or parsed.problems:
            return refused(*parsed.problems), None
        columns = {**parsed.columns, **columns}
        if parsed.custom:
            columns["custom"] = _merged(draft.row.custom, parsed.custom)
        complete(self.chunk.record_type, draft.row, columns, references=self.references)
        problems = [
            *self.check.problems(self.chunk.record_type, draft.row, columns),
            *self._clash(draft, columns),
        ]
        if problems:
            return refused(*problems), None
        if parsed.references.get("owner.email"):
            columns["owner_id"] = settle_owner(
                parsed, references=self.references, now=self.chunk.now
            )
        return self._lay(draft, columns, parsed), draft

    def _lay(self, draft: Draft, columns: Mapping[str, Any], parsed: ParsedRow) -> RowResult:
        changed = {name for name, value in columns.items() if getattr(draft.row, name) != value}
        shown = shown_items(parsed, columns, self.chunk.items) if self.chunk.explain else ()
        old = before(draft.row, shown)
        if self.groups.differ(draft.row, parsed.groups):
            self.groups.want(draft.row, parsed.groups or ())
            changed.add("groups")
        if "company_id" in changed and not draft.is_new:
            draft.left.add(draft.row.company_id)
        for name in changed - {"groups"}:
            setattr(draft.row, name, columns[name])
        changed |= self._liken(draft) if changed else set()
        first = draft.is_new and not draft.queued
        if changed or first:
            draft.changed |= changed
            if not draft.queued:
                draft.queued = True
                self.drafts.append(draft)
            self._remember(draft, parsed)
        changes = changes_of(draft.row, shown, old=old, groups=parsed.groups)
        if first:
            return RowResult(outcome=RowOutcome.CREATED, changes=changes)
        outcome = RowOutcome.UPDATED if changed else RowOutcome.UNCHANGED
        return RowResult(outcome=outcome, changes=changes)

    def _liken(self, draft: Draft) -> set[str]:
        """Keep up what duplicates are told by; the columns of it that changed."""
        wanted = likeness(draft.row)
        changed = {name for name, value in wanted.items() if getattr(draft.row, name) != value}
        for name in changed:
            setattr(draft.row, name, wanted[name])
        return changed

    def _remember(self, draft: Draft, parsed: ParsedRow) -> None:
        """Let the following rows of the chunk see this one."""
        if draft.is_new and parsed.key:
            self.existing[parsed.key] = [draft]
        if draft.row.external_id:
            self.taken[draft.row.external_id] = draft
        if isinstance(draft.row, Department) and not draft.is_new:
            self.references.company_of[draft.row.pk] = draft.row.company_id
            self.check.parents[draft.row.pk] = draft.row.parent_id

    def _draft_of(self, parsed: ParsedRow) -> Draft | None:
        """The stored row that is meant, or a new one; None (and a problem) if that is unclear."""
        found = self.existing.get(parsed.key, []) if parsed.key else []
        if len(found) == 1:
            return found[0]
        if found:
            reason = _("同じ値のデータが%(count)s件あり、どれか決められません。")
            self._refuse_key(parsed, reason % {"count": len(found)})
            return None
        if self.chunk.key == "id" and parsed.key:
            self._refuse_key(parsed, _("このIDのデータはありません。"))
            return None
        now = self.chunk.now
        row = self.model(created_at=now, updated_at=now, changed_at=now)
        return Draft(row=row, is_new=True)

    def _refuse_key(self, parsed: ParsedRow, reason: str) -> None:
        assert self.chunk.key is not None
        parsed.problems.append(problem(self.chunk.items[self.chunk.key], reason))

    def _locate(self, keys: Sequence[Any]) -> dict[Any, list[Draft]]:
        """The stored rows of these keys, locked, as drafts."""
        found: dict[Any, list[Draft]] = defaultdict(list)
        key = self.chunk.key
        if key == "id":
            keys = [pk for pk in keys if pk == int(pk) and 0 < pk <= _LARGEST_ID]
        if key is None or not keys:
            return found
        query = self.model._default_manager.all()
        name = key
        if key.startswith(PREFIX):
            name = "found_by"
            text = KeyTextTransform(key.removeprefix(PREFIX), "custom")
            query = query.annotate(found_by=Cast(text, TextField()))
        query = query.filter(**{f"{name}__in": keys})
        for row in query.select_for_update(no_key=True).order_by("pk"):
            found[getattr(row, name)].append(Draft(row=row, is_new=False))
        return found

    def _taken(self, parsed: Sequence[ParsedRow]) -> dict[str, Draft | int]:
        """External ID → who has it, where rows are found by something else."""
        if self.chunk.key == "external_id":
            return {}
        wanted = {row.columns.get("external_id") for row in parsed} - {None}
        rows = self.model._default_manager.filter(external_id__in=wanted)
        return {name: pk for name, pk in rows.values_list("external_id", "pk") if name}

    def _clash(self, draft: Draft, columns: Mapping[str, Any]) -> list[RowProblem]:
        """The external ID belongs to another row already."""
        holder = self.taken.get(columns.get("external_id") or "")
        if holder is None or holder is draft or holder == draft.row.pk:
            return []
        reason = _("ほかのデータが同じ外部IDを使っています。")
        return [problem(self.chunk.items["external_id"], reason)]

    def write(self) -> None:
        """Write the drafts, and raise the version of every row that shows what changed."""
        now = self.chunk.now
        if self.chunk.record_type is RecordType.DEPARTMENT:
            for position in set_paths([draft.row for draft in self.drafts]):
                self.drafts[position].changed.add("path")
        new = [draft for draft in self.drafts if draft.is_new]
        changed = [draft for draft in self.drafts if not draft.is_new]
        setwise.create([draft.row for draft in new])
        self._update(changed)
        self.groups.write()
        changes = {draft.row.pk: draft.changed for draft in changed}
        below = self._carry_down(changes) if self.model is Department else ()
        keep_searchable(self.chunk.record_type, [draft.row.pk for draft in new])
        keep_changed(self.chunk.record_type, changes)
        touch_dependents(self.chunk.record_type.value, changes, now=now, raised=below)

    def _update(self, drafts: Sequence[Draft]) -> None:
        columns = set(_ALWAYS)
        for draft in drafts:
            draft.row.version += 1
            draft.row.updated_at = draft.row.changed_at = self.chunk.now
            columns |= draft.changed
        # The rows are locked and were read in this transaction: no other writer's columns are lost.
        setwise.save([draft.row for draft in drafts], columns - {"groups"})

    def _carry_down(self, changes: dict[int, set[str]]) -> Collection[int]:
        """Mend what lies below and add it to `changes`; the departments that this raised."""
        below = carry_down(changes, now=self.chunk.now)
        for pk, columns in below.items():
            changes[pk] = changes.get(pk, set()) | columns
        companies = set(
            Department.objects.filter(pk__in=changes).values_list("company_id", flat=True)
        )
        for draft in self.drafts:
            companies |= draft.left | ({draft.row.company_id} if draft.is_new else set())
        touch_companies(companies, now=self.chunk.now)
        return below.keys()


def _merged(stored: Mapping[str, Any], incoming: Mapping[str, Any]) -> dict[str, Any]:
    merged = {**stored, **incoming}
    return {key: value for key, value in merged.items() if value is not None}
